"""How soon a source with few key pictures is seen: a snapshot, and the first picture of each kind of viewer.

.venv/bin/python -m scripts.bench.first_picture [--size 1280x720] [--kbps 2000] [--at 0.9] [--rounds 3]

A camera (RTSP, H.264, 25 fps) sends one IDR in 1, 8 and 20 s, or none at all (intra refresh). Nobody has looked before;
each asks when a share of ``--at`` of the time between two IDRs is over. In ms, until the first picture is there whole
(RTSP: until its first access unit is, after DESCRIBE, SETUP and PLAY), and how much processor time the program spent
until then, which a busy machine does not change. The picture is a noisy one, as many bits as are asked for: the more of
them, the longer it takes to decode.
"""

import argparse
import asyncio
import json
import ssl
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from websockets.asyncio.client import connect

from actors.camera.open_source import LINGER_S
from actors.runtime.rings import RingReader
from models.messages.camera import CAMERA, GetCamera
from models.messages.settings import SETTINGS, ChangeSettings
from scripts.bench import machine
from tests.actors.rtsp.wire import Client
from tests.actors.shared.media.clips import RATE, Clip, clip
from tests.actors.shared.media.rtsp_stand_in import StandIn
from tests.ports import free_port
from tests.wire.server import INSECURE, RunningServer

Ask = Callable[[], Awaitable[float]]  # when the first picture was there
NOISE = 4.0  # of 255, as of a cheap sensor by day
REFRESH_S = 2  # a cycle of intra refresh
SETTLE_S = LINGER_S + 15.0  # until whatever the one before kept running has ended
TIERS = ("main", "sub")


def camera(size: tuple[int, int], gop_s: int, kbps: int) -> Clip:
    """``gop_s`` 0: no IDR, not even the first picture."""
    about = {"preset": "veryfast", "b": f"{kbps}k", "maxrate": f"{kbps}k", "bufsize": f"{kbps}k"}
    if gop_s:
        return clip(pictures=max(2, gop_s) * RATE, size=size, noise=NOISE, g=str(gop_s * RATE), **about)
    cycle = {"g": str(REFRESH_S * RATE), "intra_refresh": "1", **about}
    whole = clip(pictures=8 * RATE, size=size, noise=NOISE, **cycle)
    second = next(number for number, unit in enumerate(whole.units) if unit.key and number)
    begin = whole.units[second]
    return replace(
        whole, units=tuple(replace(u, pts=u.pts - begin.pts, dts=u.dts - begin.dts) for u in whole.units[second:])
    )


def fetched(server: RunningServer, path: str) -> Ask:
    """The first 100 kB of a stream hold its first picture; a snapshot is as long as it is."""

    def fetch() -> float:
        request = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {server.token}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30, context=INSECURE) as answer:  # noqa: S310
            seen = b""
            while b"\xff\xd9" not in seen and (part := answer.read1()):
                seen += part
            assert b"\xff\xd9" in seen, path
            return time.monotonic()

    async def ask() -> float:
        return await asyncio.to_thread(fetch)

    return ask


def by_websocket(server: RunningServer, tier: str) -> Ask:
    async def ask() -> float:
        insecure: ssl.SSLContext = INSECURE
        headers = {"Authorization": f"Bearer {server.token}"}
        async with connect(server.ws_url, ssl=insecure, additional_headers=headers, max_size=None) as socket:
            await socket.send(json.dumps({"type": "enableH264", "tier": tier}))
            while not isinstance(await socket.recv(), bytes):
                continue
            return time.monotonic()

    return ask


def by_rtsp(port: int, path: str) -> Ask:
    async def ask() -> float:
        async with Client(port, path) as client:
            assert (await client.ask("DESCRIBE")).status == 200
            assert (await client.set_up(0)).status == 200
            assert (await client.ask("PLAY")).status == 200
            while not any(
                channel == 0 and data[1] & 0x80 for channel, data in client.frames
            ):  # the marker: it is whole
                await client.collect(len(client.frames) + 1)
            return time.monotonic()

    return ask


async def late_in_the_group(server: RunningServer, gop_s: int, at: float) -> None:
    """Wait until a share of ``at`` of the time between two IDRs is over."""
    reader = RingReader(server.shm_dir, server.run_dir, "video")
    while True:
        pictures = 0
        if reader.seek_key():
            while reader.take_next() is not None:
                pictures += 1
        if at * gop_s * RATE <= pictures < gop_s * RATE:
            break
        await asyncio.sleep(0.05)
    reader.close()


async def measure(
    server: RunningServer, port: int, gop_s: int, at: float, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """(ms, ms of processor time) of each round."""
    asks: dict[str, Ask] = {"snapshot": fetched(server, "/snapshot")}
    asks["snapshot 320"] = fetched(server, "/snapshot?width=320")
    for tier in TIERS:
        path = "/stream" if tier == "main" else "/stream2"
        asks |= {
            f"RTSP {tier}": by_rtsp(port, path),
            f"WebSocket {tier}": by_websocket(server, tier),
            f"MJPEG {tier}": fetched(server, f"/stream?tier={tier}"),
        }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in asks}
    for _ in range(rounds):
        for name, ask in asks.items():
            await asyncio.sleep(SETTLE_S)
            if gop_s:
                await late_in_the_group(server, gop_s, at)
            before, begin = spent_s(server), time.monotonic()
            took_s = await ask() - begin
            found[name].append((took_s * 1000, (spent_s(server) - before) * 1000))
    return found


def spent_s(server: RunningServer) -> float:
    return sum(map(machine.cpu_seconds, machine.processes(server.process.pid)))


def one(size: str, gop_s: int, kbps: int, at: float, rounds: int) -> None:
    width, _, height = size.partition("x")
    with (
        StandIn(camera((int(width), int(height)), gop_s, kbps)) as stand_in,
        tempfile.TemporaryDirectory() as directory,
    ):
        server = RunningServer(Path(directory) / "data", source=stand_in.url, audio_source="none")
        try:
            server.wait_for(lambda: size in server.get("/capabilities")[1]["resolutions"], 30)
            wish = {"resolution": size, "frameRate": 30, "rtspOpen": True}
            assert server.ask(SETTINGS, ChangeSettings(wish, "cli")).errors == ()
            port = free_port()
            assert server.post("/api/rtsp/apply-settings", {"rtspPort": port})[0] == 200
            assert server.post("/api/rtsp/start")[0] == 200
            found = asyncio.run(measure(server, port, gop_s, at, rounds))
            own = ", ".join(server.ask(CAMERA, GetCamera()).passthrough) or "nothing"
        finally:
            server.stop()
    print(f"{f'an IDR in {gop_s} s' if gop_s else 'intra refresh'} ({own} passed through)")
    for who, rows in found.items():
        took, spent = zip(*rows, strict=True)
        print(f"  {who:16} {statistics.median(took):6.0f}  (worst {max(took):.0f})  {statistics.median(spent):6.0f}")
    print(machine.describe(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--kbps", type=int, default=2000)
    parser.add_argument("--at", type=float, default=0.9)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--gops", default="1,8,20,0", help="seconds; 0: intra refresh")
    options = parser.parse_args()
    print(machine.describe())
    for gop_s in map(int, options.gops.split(",")):
        one(options.size, gop_s, options.kbps, options.at, options.rounds)


if __name__ == "__main__":
    main()
