"""One child of the supervisor: its process, its restart record, and its last heartbeat."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass, field

from actors.runtime.actor import Actor
from actors.runtime.child_spec import ChildSpec
from actors.runtime.heartbeat_age import HeartbeatAge, unscheduled_s
from actors.runtime.port import SpawnedProcess
from actors.runtime.process import CANNOT_START, CRASHED
from actors.runtime.restart_intensity import RestartIntensity

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
WORDS = {0: "ended by itself", CRASHED: "an exception, see the log", CANNOT_START: "could not start"}
NO_PROCESS = SpawnedProcess("", 0)


@dataclass(frozen=True, slots=True)
class Exit:
    """Why a process has ended. ``killed``: by SIGKILL, and not by us. ``peak_mb``: its largest resident size."""

    reason: str
    killed: bool = False
    peak_mb: int = 0

    @property
    def of_memory(self) -> str:
        """The reason if the kernel's counters show that memory ran out."""
        return f"killed by the kernel: out of memory (this actor used up to {self.peak_mb} MB)"


@dataclass(slots=True)
class Child:
    """``state``: new, starting, up, restarting, degraded, off, stopped."""

    spec: ChildSpec
    kind: type[Actor]
    restarts: RestartIntensity
    state: str = "new"
    generation: int = 0
    process: SpawnedProcess = NO_PROCESS
    pidfd: int = -1
    since: float = 0.0  # of this state, monotonic s
    seen: float = 0.0  # last heartbeat
    heartbeat_age: HeartbeatAge = field(default_factory=HeartbeatAge)
    queue: int = 0
    dismissed: bool = False  # asked to stop, because no setting needs it any more
    kill_reason: str = ""  # why the supervisor killed it
    start_reason: str = ""  # why it reported that it cannot start
    last_reason: str = ""
    detail: str = ""
    cpu: tuple[float, float] = (0.0, 0.0)  # (at, seconds of CPU): for a percentage
    cpu_percent: float = 0.0  # as of the last sample, like ``pss_bytes``
    pss_bytes: int = 0

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def shown(self) -> str:
        """The state as others see it."""
        return "degraded" if self.state == "up" and self.detail else self.state

    def enter(self, state: str) -> None:
        self.state, self.since = state, time.monotonic()

    def switched_off(self) -> None:
        """It has no process, and is not supposed to have one."""
        self.last_reason = self.start_reason = self.detail = ""
        self.enter("off")

    def begun(self, generation: int, process: SpawnedProcess) -> None:
        """A new process has been made for it."""
        self.generation, self.process = generation, process
        self.pidfd = os.pidfd_open(process.pid)
        self.kill_reason, self.start_reason, self.detail, self.dismissed = "", "", "", False
        self.cpu, self.cpu_percent, self.pss_bytes = (0.0, 0.0), 0.0, 0
        with contextlib.suppress(OSError), open(f"/proc/{process.pid}/oom_score_adj", "w") as file:
            file.write(str(self.kind.oom_score))
        self.alive()
        self.enter("starting")

    def alive(self) -> None:
        """A heartbeat has arrived."""
        self.seen = time.monotonic()
        self.heartbeat_age.heard(self._unscheduled())

    def silent_s(self, now: float) -> float:
        """Seconds since the last heartbeat, minus the time in which the process was waiting for a CPU."""
        return self.heartbeat_age.of(now - self.seen, self._unscheduled())

    def _unscheduled(self) -> float:
        # Both ends of a heartbeat need the CPU.
        return unscheduled_s(self.pid) + unscheduled_s(os.getpid())

    def kill(self, reason: str) -> None:
        """SIGKILL through the pidfd, which never hits another process."""
        self.kill_reason = reason
        if self.pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def collect(self) -> Exit:
        """The process has ended: reap it and say why, in words."""
        os.close(self.pidfd)
        self.pidfd = -1
        try:
            _, status, usage = os.wait4(self.pid, 0)
        except ChildProcessError:
            return Exit(self.kill_reason or self.start_reason or "ended")
        peak_mb = usage.ru_maxrss >> 10
        if self.kill_reason or self.start_reason:
            return Exit(self.kill_reason or self.start_reason, peak_mb=peak_mb)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            words = f"killed by signal {-code} ({signal.Signals(-code).name})"
            return Exit(words, code == -signal.SIGKILL, peak_mb)
        return Exit(WORDS.get(code, f"ended with code {code}"), peak_mb=peak_mb)

    # ---------------------------------------------------------------- figures
    def resident_bytes(self) -> int:
        """RSS, including memory shared with other processes. Cheap."""
        with contextlib.suppress(OSError, IndexError, ValueError), open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
        return 0

    @property
    def sampled(self) -> bool:
        """Whether there is a sample from this life."""
        return self.cpu != (0.0, 0.0)

    def sample(self) -> None:
        """Take a new sample. Takes the kernel a few milliseconds."""
        self.pss_bytes, self.cpu_percent = self._pss_bytes(), self._cpu_percent()

    def _pss_bytes(self) -> int:
        """Proportional share: what this process really costs."""
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
        return 0

    def _cpu_percent(self) -> float:
        """Of one core, since the last call (0 at the first)."""
        try:
            with open(f"/proc/{self.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        now, used = time.monotonic(), (int(fields[11]) + int(fields[12])) / TICKS
        (before, used_before), self.cpu = self.cpu, (now, used)
        return 100 * max(0.0, used - used_before) / (now - before) if before and now > before else 0.0
