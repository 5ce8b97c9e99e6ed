"""RTSP fan-out: CPU per megabyte and per session, ours and GStreamer's in the same run.

    .venv/bin/python -m scripts.bench.rtsp [seconds for each figure] [rounds]

The servers take turns; the figures are medians over the rounds. Ours reads its pictures from a ring, as in the product;
GStreamer's reads and demultiplexes the clip itself.
"""

import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.bench import machine

LOADS = (("tcp", 10), ("tcp", 50), ("tcp", 100), ("tcp", 200), ("udp", 10), ("udp", 50))
CLIP_S, BIT_RATE = 60, "3000k"
SYSTEM_PYTHON = "/usr/bin/python3"  # where Debian puts GStreamer's bindings


@dataclass
class Figures:
    cpu_s: float
    received: int  # bytes
    seconds: float
    sessions: int

    @property
    def ms_per_mb(self) -> float:
        return 1000 * self.cpu_s / (self.received / 1e6)

    def __str__(self) -> str:
        cpu = 100 * self.cpu_s / self.seconds
        rate = self.received * 8 / self.seconds / self.sessions / 1e6
        return (
            f"{self.ms_per_mb:5.2f} ms/MB  {cpu:5.1f} % of a core  "
            f"{cpu / self.sessions:5.2f} % per session  {rate:4.2f} Mbit/s each"
        )


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    print(machine.describe())
    with tempfile.TemporaryDirectory() as directory:
        clip = make_clip(Path(directory) / "clip.mp4")
        servers = {"ours": [sys.executable, "-m", "scripts.bench.rtsp_server", str(clip), directory]}
        if shutil.which("gst-launch-1.0"):
            servers["gstreamer"] = [SYSTEM_PYTHON, "scripts/bench/rtsp_gstreamer.py", str(clip)]
        for transport, sessions in LOADS:
            figures: dict[str, list[Figures]] = {name: [] for name in servers}
            for _ in range(rounds):
                for name, command in servers.items():
                    with running(command) as (port, pid):
                        figures[name].append(measure(port, pid, transport, sessions, seconds))
            middles = {
                name: sorted(found, key=lambda one: one.ms_per_mb)[rounds // 2] for name, found in figures.items()
            }
            for name, middle in middles.items():
                spread = "–".join(f"{pick(one.ms_per_mb for one in figures[name]):.2f}" for pick in (min, max))
                print(f"{transport} {sessions:4d}  {name:10s} {middle} ({spread})")
            if "gstreamer" in middles:
                ratio = middles["ours"].ms_per_mb / middles["gstreamer"].ms_per_mb
                print(f"{transport} {sessions:4d}  ratio      {ratio:.2f}", flush=True)


def make_clip(path: Path) -> Path:
    """720p30 at 3 Mbit/s with some noise, an IDR every two seconds."""
    picture = f"testsrc2=s=1280x720:r=30:d={CLIP_S},noise=alls=8:allf=t"
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "60", "-bf", "0")
    rate = ("-b:v", BIT_RATE, "-maxrate", BIT_RATE, "-bufsize", "1500k", "-threads", "1", "-pix_fmt", "yuv420p")
    command = ("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture, *encode, *rate, str(path))
    subprocess.run(command, check=True)
    return path


@contextmanager
def running(command: list[str]) -> Iterator[tuple[int, int]]:
    """(port, pid) of a server that prints its port first."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def cpu_s(pid: int) -> float:
    """Of all threads, to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def measure(port: int, pid: int, transport: str, sessions: int, seconds: float) -> Figures:
    selector = selectors.DefaultSelector()
    received = 0
    viewers = []
    for _ in range(sessions):
        viewers.append(Viewer(port, transport, selector))
        drain(selector, 0.02)  # a viewer that does not read while others come would hold up GStreamer
    try:
        drain(selector, 2.0)
        before, began = cpu_s(pid), time.monotonic()
        received = drain(selector, seconds)
        return Figures(cpu_s(pid) - before, received, time.monotonic() - began, sessions)
    finally:
        for viewer in viewers:
            viewer.close()


def drain(selector: selectors.BaseSelector, seconds: float) -> int:
    """Read and throw away; how many bytes."""
    received = 0
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            take: Callable[[], int] = key.data
            received += take()
    return received


class Viewer:
    """One session that throws away what it gets."""

    def __init__(self, port: int, transport: str, selector: selectors.BaseSelector) -> None:
        self.url = f"rtsp://127.0.0.1:{port}/stream"
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.ports: list[socket.socket] = []
        self._room = bytearray(1 << 18)
        self._cseq = 0
        described = self.ask("DESCRIBE", self.url)
        control = re.findall(r"a=control:(\S+)", described)[-1]
        base = re.search(r"Content-Base: (\S+)", described)
        track = control if control.startswith("rtsp:") else (base[1] if base else self.url + "/") + control
        offer = "RTP/AVP/TCP;unicast;interleaved=0-1"
        if transport == "udp":
            self.ports = [bound() for _ in range(2)]
            offer = f"RTP/AVP;unicast;client_port={'-'.join(str(sock.getsockname()[1]) for sock in self.ports)}"
        session = re.search(r"Session: ([^;\s]+)", self.ask("SETUP", track, Transport=offer))
        assert session is not None, "SETUP was refused"
        self.write("PLAY", self.url, Session=session[1], Range="npt=0-")
        for sock in (self.socket, *self.ports):
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ, lambda sock=sock: self.take(sock))

    def write(self, method: str, url: str, **headers: str) -> None:
        self._cseq += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._cseq}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def ask(self, method: str, url: str, **headers: str) -> str:
        self.write(method, url, **headers)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(65536)
        length = re.search(rb"Content-Length: (\d+)", answer)
        while length and len(answer) < answer.index(b"\r\n\r\n") + 4 + int(length[1]):
            answer += self.socket.recv(65536)
        return answer.decode()

    def take(self, sock: socket.socket) -> int:
        try:
            return sock.recv_into(self._room)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        for sock in (self.socket, *self.ports):
            sock.close()


def bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    return sock


if __name__ == "__main__":
    main()
