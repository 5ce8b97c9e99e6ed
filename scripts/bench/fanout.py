"""Viewers of one picture: what each costs the facade, as MJPEG and as H.264 over WebSocket.

.venv/bin/python -m scripts.bench.fanout [--device /dev/video0] [--seconds 6] [--viewers 1,10,50]

With a device, ustreamer serves the same camera in the same run, and the ratio is printed. Plain HTTP is measured
through the reverse-proxy door, as ustreamer speaks no TLS. The viewers are a process of its own and only count bytes.
"""

import argparse
import asyncio
import json
import multiprocessing
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.bench import machine
from tests.wire.server import INSECURE, RunningServer

SETTLE_S = 2.0
SIZE, FPS = "1280x720", 30


@dataclass(frozen=True)
class Door:
    """Where the viewers come in. ``hello``: what each sends after the request, as WebSocket frames."""

    port: int
    tls: bool
    request: bytes
    hello: bytes = b""


@dataclass(frozen=True)
class Figures:
    viewers: int
    megabytes: float
    cpu_s: float
    seconds: float
    pss_mb: float

    @property
    def ms_per_mb(self) -> float:
        return 1000 * self.cpu_s / self.megabytes if self.megabytes else float("nan")

    def line(self, name: str) -> str:
        share, rate = 100 * self.cpu_s / self.seconds, 8 * self.megabytes / self.seconds
        return (
            f"{name:<28} {self.viewers:>4} viewers {rate:8.1f} Mbit/s {share:6.1f} % CPU "
            f"{self.ms_per_mb:6.2f} ms/MB {self.pss_mb:6.1f} MB PSS"
        )


class _Counter(asyncio.Protocol):
    """Reads and forgets."""

    total = 0

    def __init__(self, door: Door) -> None:
        self._door = door
        self._asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._door.request)

    def data_received(self, data: bytes) -> None:
        _Counter.total += len(data)
        if self._door.hello and not self._asked:
            self._asked = True
            self._transport.write(self._door.hello)


def _view(door: Door, viewers: int, seconds: float, counted: "multiprocessing.Queue[int]") -> None:
    async def all_of_them() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(viewers):
            tls = INSECURE if door.tls else None
            await loop.create_connection(lambda: _Counter(door), "127.0.0.1", door.port, ssl=tls)
        await asyncio.sleep(SETTLE_S)
        counted.put(0)
        before = _Counter.total
        await asyncio.sleep(seconds)
        counted.put(_Counter.total - before)

    asyncio.run(all_of_them())


def measure(process: psutil.Process, door: Door, viewers: int, seconds: float) -> Figures:
    """CPU of ``process`` alone, while so many viewers look."""
    counted: multiprocessing.Queue[int] = multiprocessing.Queue()
    viewing = multiprocessing.Process(target=_view, args=(door, viewers, seconds, counted))
    viewing.start()
    counted.get(timeout=60)
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    received = counted.get(timeout=60 + seconds)
    cpu_s, elapsed = sum(process.cpu_times()[:2]) - before, time.monotonic() - began
    pss_mb = process.memory_full_info().pss / 2**20
    viewing.join(10)
    return Figures(viewers, received / 1e6, cpu_s, elapsed, pss_mb)


def mjpeg_door(server: RunningServer, tls: bool) -> Door:
    proxied = "" if tls else "X-Forwarded-Proto: https\r\n"
    request = f"GET /stream?token={server.token} HTTP/1.1\r\nHost: x\r\n{proxied}\r\n"
    return Door(server.https_port if tls else server.http_port, tls, request.encode())


def ws_door(server: RunningServer) -> Door:
    upgrade = (
        f"GET /ws?token={server.token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    wish = json.dumps({"type": "enableH264"}).encode()
    return Door(server.https_port, True, upgrade.encode(), bytes((0x81, 0x80 | len(wish), 0, 0, 0, 0)) + wish)


@contextmanager
def ustreamer(device: str) -> Iterator[tuple[psutil.Process, Door]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    camera = ("--device", device, "--resolution", SIZE, "--desired-fps", str(FPS), "--format", "MJPEG")
    command = ("ustreamer", *camera, "--encoder", "HW", "--host", "127.0.0.1", "--port", str(port))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(3)
        yield psutil.Process(process.pid), Door(port, False, b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    finally:
        process.terminate()
        process.wait(10)


def row(name: str, process: psutil.Process, door: Door, viewers: list[int], seconds: float) -> list[Figures]:
    found = [measure(process, door, count, seconds) for count in viewers]
    for figures in found:
        print(figures.line(name))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--viewers", default="1,10,50")
    given = parser.parse_args()
    viewers = [int(count) for count in given.viewers.split(",")]
    print(machine.describe())
    with tempfile.TemporaryDirectory() as directory:
        source = f"v4l2:{given.device}" if given.device else "pattern:"
        server = RunningServer(Path(directory) / "data", source)
        try:
            server.post("/settings", {"resolution": SIZE, "frameRate": FPS, "reverseProxyEnabled": True})
            facade = psutil.Process(server.rows()["facade"].pid)
            row("MJPEG over HTTPS", facade, mjpeg_door(server, tls=True), viewers, given.seconds)
            plain = row("MJPEG over HTTP", facade, mjpeg_door(server, tls=False), viewers, given.seconds)
            row("H.264 over WSS", facade, ws_door(server), [min(count, 8) for count in viewers], given.seconds)
        finally:
            server.stop()
    _compare(given.device, plain, viewers, given.seconds)


def _compare(device: str, ours: list[Figures], viewers: list[int], seconds: float) -> None:
    if not device or shutil.which("ustreamer") is None:
        print("ustreamer: not compared (it needs --device, and to be installed)")
        return
    with ustreamer(device) as (process, door):
        theirs = row("ustreamer over HTTP", process, door, viewers, seconds)
    for mine, other in zip(ours, theirs, strict=True):
        print(f"{mine.viewers:>4} viewers: {mine.ms_per_mb / other.ms_per_mb:.2f} of ustreamer's CPU per MB")


if __name__ == "__main__":
    main()
