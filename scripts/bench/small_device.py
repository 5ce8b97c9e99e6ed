"""A 512 MB board: the whole program in a control group of 400 MB without swap, with a viewer, motion and sound on.

sudo .venv/bin/python -m scripts.bench.small_device [--seconds 600] [--megabytes 400]

Fails (exit 1) if the kernel had to kill anybody, an actor was restarted, or the viewer saw pictures missing.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from models.messages.supervisor import SUPERVISOR, GetActors
from scripts.bench import machine
from tests.wire.server import RunningServer

NAME = "ipcamera-small-device"
VERSION_2, VERSION_1 = Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory")
LOST_AT_MOST = 0.01  # share of pictures: what the first and the last second may cost


class Group:
    """A memory control group, of either version of the kernel's interface."""

    def __init__(self, megabytes: int) -> None:
        self._new = (VERSION_2 / "cgroup.controllers").exists()
        self.path = (VERSION_2 if self._new else VERSION_1) / NAME
        self.path.mkdir(exist_ok=True)
        limit = str(megabytes << 20)
        if self._new:
            self._write("memory.max", limit)
            self._write("memory.swap.max", "0")
        else:
            self._write("memory.limit_in_bytes", limit)
            with contextlib.suppress(OSError):  # where swap is not accounted there is none in the group
                self._write("memory.memsw.limit_in_bytes", limit)

    def _write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)

    def enter(self) -> None:
        """This process and all that it starts from now on."""
        self._write("cgroup.procs", str(os.getpid()))

    @property
    def kills(self) -> int:
        lines = (self.path / ("memory.events" if self._new else "memory.oom_control")).read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)

    @property
    def peak_mb(self) -> int:
        return int((self.path / ("memory.peak" if self._new else "memory.max_usage_in_bytes")).read_text()) >> 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--megabytes", type=int, default=400)
    asked = parser.parse_args()
    print(machine.describe())
    group = Group(asked.megabytes)
    pid = os.fork()
    if pid == 0:
        group.enter()
        os._exit(_run(group, asked.seconds, asked.megabytes))
    _, status = os.waitpid(pid, 0)
    time.sleep(0.5)
    group.path.rmdir()
    sys.exit(os.waitstatus_to_exitcode(status))


def _run(group: Group, seconds: float, megabytes: int) -> int:
    wanted = {
        "motionEnabled": True,
        "soundEnabled": True,
        "rtspEnabled": True,
        "rtspPort": 18554,
    }
    with tempfile.TemporaryDirectory() as directory:
        server = RunningServer(Path(directory) / "data", audio_source="tone:")
        try:
            assert server.post("/settings", {"rtspUsername": "viewer", **wanted})[0] == 200
            login = server.post("/api/rtsp/new-login")[1]["login"] or {}
            user = f"{login.get('username', 'viewer')}:{login.get('password', '')}@"
            pictures = _pictures(f"rtsp://{user}127.0.0.1:18554/stream", seconds)
            rows = server.ask(SUPERVISOR, GetActors()).rows
        finally:
            server.stop()
    restarts = {row.name: row.last_reason for row in rows if row.restarts}
    expected = int(seconds * 30)
    held_mb = sum(row.pss_bytes for row in rows) >> 20
    print(f"memory      {held_mb} MB of all actors at the end, {group.peak_mb} MB at most")
    print(f"pictures    {pictures} of {expected} in {seconds:.0f} s")
    print(f"killed      {group.kills} by the kernel in a group of {megabytes} MB; restarted: {restarts or 'nobody'}")
    return 0 if not group.kills and not restarts and pictures >= expected * (1 - LOST_AT_MOST) - 60 else 1


def _pictures(url: str, seconds: float) -> int:
    """Pictures that ffprobe has read over RTSP (TCP) in so many seconds."""
    command = ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-read_intervals", f"%+{seconds}", "-count_packets"]
    command += ["-select_streams", "v", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", url]
    for _ in range(20):
        ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
        if ran.returncode == 0 and ran.stdout.strip():
            return int(ran.stdout.split()[0].strip(","))
        time.sleep(0.5)
    raise RuntimeError(f"the viewer saw nothing: {ran.stderr.strip()}")


if __name__ == "__main__":
    main()
