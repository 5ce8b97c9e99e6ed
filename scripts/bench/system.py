"""The system as a whole: start to first picture, restart per actor, processor time and memory at rest and at work.

.venv/bin/python -m scripts.bench.system
"""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from models.errors import ServerError
from models.messages.supervisor import SUPERVISOR, ActorRow, GetActors
from scripts.bench import machine
from tests.wire.server import RunningServer

RESTARTS = 3
IDLE_S = 10.0
STANDBY_S = 12.0  # until a camera that nobody looks at has gone to rest
RTSP_PORT = 18554
SWITCHES = (
    "motionEnabled",
    "soundEnabled",
    "dogBarkClassificationEnabled",
    "babyCryClassificationEnabled",
    "objectPersonDetectionEnabled",
    "objectDogDetectionEnabled",
)


def main() -> None:
    print(machine.describe())
    with tempfile.TemporaryDirectory() as directory:
        began = time.monotonic()
        server = RunningServer(Path(directory) / "data")
        ready = time.monotonic()
        assert server.request("GET", "/snapshot")[0] == 200
        print(f"start to ready        {ready - began:.2f} s; to the first picture {time.monotonic() - began:.2f} s")
        try:
            time.sleep(STANDBY_S)
            _weigh(server, "idle, no viewer", each=True)
            assert server.post("/settings", {"cameraStandbyMode": True})[0] == 200
            time.sleep(STANDBY_S)
            _weigh(server, "in standby")
            server.post("/settings", {"cameraStandbyMode": False})
            _requests(server)
            _restarts(server)
            _with_viewers(server)
            _with_detectors(server)
        finally:
            stopping = time.monotonic()
            server.stop()
            print(f"stop                  {time.monotonic() - stopping:.2f} s")


def _requests(server: RunningServer) -> None:
    times = []
    for _ in range(50):
        began = time.perf_counter()
        server.get("/auth/status", token="")
        times.append(time.perf_counter() - began)
    print(f"HTTPS request         {machine.spread(times)}, a new connection each time")


@contextlib.contextmanager
def _background(*command: str) -> Iterator[None]:
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.kill()
        running.wait()


def _with_viewers(server: RunningServer) -> None:
    """One over RTSP, and one who looks at the dashboard's picture."""
    assert server.post("/settings", {"rtspUsername": "viewer", "rtspPort": RTSP_PORT, "rtspEnabled": True})[0] == 200
    login = server.post("/api/rtsp/new-login")[1]["login"] or {}
    url = f"rtsp://viewer:{login.get('password', '')}@127.0.0.1:{RTSP_PORT}/stream"
    rtsp = ("ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "null", "-")
    browser = ("curl", "-skN", "-o", os.devnull, f"{server.url}/stream?token={server.token}")
    with _background(*rtsp), _background(*browser):
        time.sleep(STANDBY_S)
        _weigh(server, "RTSP and dashboard")


def _with_detectors(server: RunningServer) -> None:
    wanted = dict.fromkeys(SWITCHES, True)
    assert server.post("/settings", wanted)[0] == 200
    time.sleep(3 * STANDBY_S)
    _weigh(server, "all six detectors", each=True)


def _pss_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _weigh(server: RunningServer, what: str, each: bool = False) -> None:
    """Processor time over some seconds, and memory, of every process of the program."""
    names = machine.processes(server.process.pid)
    before = {pid: machine.cpu_seconds(pid) for pid in names}
    time.sleep(IDLE_S)
    used = {pid: 100 * (machine.cpu_seconds(pid) - before[pid]) / IDLE_S for pid in names}
    weights = {pid: _pss_mb(pid) for pid in names}
    for pid, name in names.items():
        if each and weights[pid]:  # a zombie has none
            print(f"  {name:<18} {used[pid]:5.1f} % CPU  {weights[pid]:6.1f} MB PSS")
    print(f"{what:<21} {sum(used.values()):.1f} % of a core, {sum(weights.values()):.0f} MB PSS")


def _restarts(server: RunningServer) -> None:
    """kill -9 to answering heartbeats again."""
    for name in [row.name for row in server.rows().values() if row.pid]:
        times = []
        for _ in range(RESTARTS):
            row = server.rows()[name]
            began = time.perf_counter()
            os.kill(row.pid, signal.SIGKILL)
            while not _is_back(server, row):
                time.sleep(0.005)
            times.append(time.perf_counter() - began)
            time.sleep(0.3)
        print(f"restart {name:<18} {machine.spread(times)}")


def _is_back(server: RunningServer, before: ActorRow) -> bool:
    try:
        rows = {row.name: row for row in server.ask(SUPERVISOR, GetActors()).rows}
    except ServerError:
        return False
    return rows[before.name].state == "up" and rows[before.name].pid not in (0, before.pid)


if __name__ == "__main__":
    main()
