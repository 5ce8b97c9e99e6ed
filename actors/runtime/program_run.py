"""One run of the program on this machine: its lock, its directories, and the remains of an unclean end."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.boot import Boot
from config.places import OWNER_CODE
from models.errors import Conflict

LOCK, STATE = "lock", "session.json"


def processes_of(session_id: int) -> list[int]:
    """Living pids of a Unix session (setsid)."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))) and int(fields[3]) == session_id and fields[0] != "Z":
            found.append(int(name))
    return found


def _stat(pid: int) -> list[str]:
    """/proc/PID/stat from the state on: state, ppid, pgrp, session, …"""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _started(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


def _world() -> str:
    """This boot of this container or machine; only within it are session ids and ticks since boot comparable."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            boot = file.read().strip()
    except OSError:
        boot = ""
    return f"{boot} {_started(1)}"


@dataclass(slots=True)
class ProgramRun:
    """Held by the launcher. ``session_id`` is the Unix session of the actors' processes."""

    boot: Boot
    lock: IO[str]
    session_id: int = 0

    def remember(self, session_id: int) -> None:
        """Record which processes to reap after an unclean end."""
        self.session_id = session_id
        state = {"session": session_id, "since": _started(os.getpid()), "world": _world()}
        (self.boot.run_dir / STATE).write_text(json.dumps(state))

    def reap(self) -> None:
        """Kill and reap whatever is left of the actors."""
        _kill_session(self.session_id, 0)

    def leave(self) -> None:
        """Clean up after a stop: no process, no socket, no file in shared memory remains."""
        self.reap()
        shutil.rmtree(self.boot.shm_dir, ignore_errors=True)
        shutil.rmtree(self.boot.run_dir, ignore_errors=True)
        self.lock.close()


def enter(boot: Boot) -> ProgramRun:
    """Take the lock; raises ``Conflict`` where another run of the same data directory lives."""
    boot.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = open(boot.run_dir / LOCK, "a+")  # noqa: SIM115 — held until the end
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Conflict(f"another camera server already uses {boot.data_dir}") from None
    _reap_former(boot.run_dir / STATE)
    (boot.run_dir / OWNER_CODE).unlink(missing_ok=True)  # it is valid for one run, however that ended
    for directory in (boot.shm_dir, boot.run_dir / "bells"):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700, parents=True)
    return ProgramRun(boot, lock)


def _reap_former(state: Path) -> None:
    with contextlib.suppress(OSError, ValueError, KeyError):
        former = json.loads(state.read_text())
        if former["world"] == _world():
            _kill_session(int(former["session"]), int(former["since"]))


def _kill_session(session_id: int, since: int) -> None:
    # ``since`` (ticks of this boot) prevents killing an unrelated process whose session has the same number.
    if session_id <= 1:
        return
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        left = [pid for pid in processes_of(session_id) if _started(pid) >= since]
        if not left:
            break
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        collect()
        time.sleep(0.005)
    collect()


def collect() -> None:
    """Reap ended children, adopted ones included."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
