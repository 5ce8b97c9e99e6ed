"""One child of the supervisor: its process, its record, what it said last."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass, field

from actors.runtime.budget import Restarts
from actors.runtime.process import CANNOT_START, CRASHED
from actors.runtime.spec import Child
from actors.runtime.starvation import Silence, waited_s
from actors.runtime.thespian_layer import Created

NO_PROCESS = Created("", 0)
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Living:
    """``state``: new, starting, up, restarting, degraded, stopped."""

    spec: Child
    state: str = "new"
    generation: int = 0
    process: Created = NO_PROCESS
    pid: int = 0
    pidfd: int = -1
    topics: frozenset[str] = frozenset()
    restarts: Restarts = field(default_factory=Restarts)
    since: float = 0.0  # of this state, monotonic s
    seen: float = 0.0  # last sign of life
    silence: Silence = field(default_factory=Silence)
    beat: int = 0  # the unanswered one, 0: none
    queue: int = 0
    kill_reason: str = ""  # why we killed it ourselves
    start_reason: str = ""  # why it says it cannot start
    last_reason: str = ""
    detail: str = ""
    cpu: tuple[float, float] = (0.0, 0.0)  # (at, seconds of CPU): for a percentage

    def enter(self, state: str) -> None:
        self.state, self.since = state, time.monotonic()

    def alive(self) -> None:
        """A sign of life has come."""
        self.seen = time.monotonic()
        self.silence.heard(self._waited_s())

    def silent_s(self, now: float) -> float:
        """Since the last sign of life, less the time in which the machine gave it no processor."""
        return self.silence.of(now - self.seen, self._waited_s())

    def _waited_s(self) -> float:
        # Both ends of a heartbeat need the processor several times: connect, send, accept, answer.
        return waited_s(self.pid) + waited_s(os.getpid())

    def kill(self, reason: str) -> None:
        """SIGKILL through the pidfd: never somebody else's process."""
        self.kill_reason = reason
        if self.pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def exit_reason(self) -> tuple[str, bool]:
        """(why the process has ended, in words; whether somebody else killed it)."""
        if self.kill_reason:
            return self.kill_reason, False
        if self.start_reason:
            return self.start_reason, False
        code = self._exit_code()
        if code is None:
            return "ended", False
        if code < 0:
            return f"killed by signal {-code} ({signal.Signals(-code).name})", code == -signal.SIGKILL
        words = {0: "ended by itself", CRASHED: "an exception, see the log", CANNOT_START: "could not start"}
        return words.get(code, f"ended with code {code}"), False

    def _exit_code(self) -> int | None:
        with contextlib.suppress(ChildProcessError):
            if result := os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED | os.WNOHANG):
                return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status
        return None

    # ---------------------------------------------------------------- figures
    def resident_bytes(self) -> int:
        """RSS: cheap enough for every beat."""
        with contextlib.suppress(OSError, IndexError, ValueError), open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
        return 0

    def pss_bytes(self) -> int:
        """Proportional share: what this process really costs. Some milliseconds of work for the kernel."""
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
        return 0

    def cpu_percent(self) -> float:
        """Of one core, since the last call (0 at the first)."""
        try:
            with open(f"/proc/{self.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        now, used = time.monotonic(), (int(fields[11]) + int(fields[12])) / TICKS
        (before, used_before), self.cpu = self.cpu, (now, used)
        return 100 * max(0.0, used - used_before) / (now - before) if before and now > before else 0.0
