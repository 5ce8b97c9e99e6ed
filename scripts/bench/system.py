"""The system as a whole: start to first picture, ask round trip, restart per actor, CPU and memory idle.

.venv/bin/python -m scripts.bench.system
"""

import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path

from models.errors import ServerError
from models.messages.license import LICENSE
from models.messages.supervisor import SUPERVISOR, ActorRow, GetActors
from scripts.bench import machine
from tests.wire.server import RunningServer

ASKS = 500
RESTARTS = 3
IDLE_S = 10.0


def main() -> None:
    print(machine.describe())
    with tempfile.TemporaryDirectory() as directory:
        began = time.monotonic()
        server = RunningServer(Path(directory) / "data", audio_source="tone:")
        ready = time.monotonic()
        assert server.request("GET", "/snapshot")[0] == 200
        print(f"start to ready        {ready - began:.2f} s; to the first picture {time.monotonic() - began:.2f} s")
        try:
            _ask_round_trip(server)
            _idle(server)
            _restarts(server)
        finally:
            stopping = time.monotonic()
            server.stop()
            print(f"stop                  {time.monotonic() - stopping:.2f} s")


def _ask_round_trip(server: RunningServer) -> None:
    """Over the control socket and the supervisor to ``settings`` and back: two hops more than between actors."""
    from actors.runtime.control import Control
    from models.messages.license import GetLicense

    times = []
    with Control(server.run_dir) as control:
        for _ in range(ASKS):
            began = time.perf_counter()
            control.ask(LICENSE, GetLicense())
            times.append(time.perf_counter() - began)
    print(f"ask round trip        {machine.spread(times)}")
    times = []
    for _ in range(50):
        began = time.perf_counter()
        server.get("/auth/status", token="")
        times.append(time.perf_counter() - began)
    print(f"HTTPS request         {machine.spread(times)}, a new connection each time")


def _processes(root: int) -> dict[int, str]:
    """The program's processes and their names: launcher, Thespian's, supervisor, actors."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in sorted(found)}


def _cpu_seconds(pid: int) -> float:
    """Of all threads, to the nanosecond."""
    with contextlib.suppress(OSError):
        return (
            sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9
        )
    return 0.0


def _pss_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _idle(server: RunningServer) -> None:
    names = _processes(server.process.pid)
    before = {pid: _cpu_seconds(pid) for pid in names}
    time.sleep(IDLE_S)
    used = {pid: 100 * (_cpu_seconds(pid) - before[pid]) / IDLE_S for pid in names}
    weights = {pid: _pss_mb(pid) for pid in names}
    for pid, name in names.items():
        if weights[pid]:  # a zombie has none
            print(f"  {name:<18} {used[pid]:5.1f} % CPU  {weights[pid]:6.1f} MB PSS")
    print(f"idle, no viewer       {sum(used.values()):.1f} % of a core, {sum(weights.values()):.0f} MB PSS")


def _restarts(server: RunningServer) -> None:
    """kill -9 to answering heartbeats again."""
    for name in server.rows():
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
