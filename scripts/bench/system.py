"""The system as a whole: start to first picture, ask round trip, restart per actor, CPU and memory idle.

.venv/bin/python -m scripts.bench.system
"""

import os
import signal
import tempfile
import time
from pathlib import Path

from models.errors import ServerError
from models.messages.supervisor import ActorRow, GetActors
from scripts.bench import machine
from tests.wire.server import RunningServer

ASKS = 500
RESTARTS = 3
IDLE_S = 10.0
TICK = os.sysconf("SC_CLK_TCK")


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
            control.ask("license", GetLicense())
            times.append(time.perf_counter() - began)
    print(f"ask round trip        {machine.spread(times)}")
    times = []
    for _ in range(50):
        began = time.perf_counter()
        server.get("/auth/status", token="")
        times.append(time.perf_counter() - began)
    print(f"HTTPS request         {machine.spread(times)}, a new connection each time")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _idle(server: RunningServer) -> None:
    rows = server.rows()
    before = {row.pid: _cpu_seconds(row.pid) for row in rows.values() if row.pid}
    time.sleep(IDLE_S)
    total = 0.0
    for name, row in server.rows().items():
        cpu = 100 * (_cpu_seconds(row.pid) - before[row.pid]) / IDLE_S if row.pid in before else 0.0
        total += cpu
        print(f"  {name:<18} {cpu:5.1f} % CPU  {row.pss_bytes / 2**20:6.1f} MB PSS")
    print(
        f"idle, no viewer       {total:.1f} % of a core, {sum(r.pss_bytes for r in rows.values()) / 2**20:.0f} MB PSS"
    )


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
        rows = {row.name: row for row in server.ask("supervisor", GetActors()).rows}
    except ServerError:
        return False
    return rows[before.name].state == "up" and rows[before.name].pid not in (0, before.pid)


if __name__ == "__main__":
    main()
