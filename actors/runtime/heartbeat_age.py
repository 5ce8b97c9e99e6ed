"""Tells a hung process from one that gets no CPU time.

A busy machine must not make the supervisor kill healthy actors, because every restart makes it busier. So silence
counts only as far as the process was not waiting for a CPU (/proc/PID/schedstat, second field: ns on a run queue; see
the kernel's Documentation/scheduler/sched-stats.rst).
"""

from actors.runtime import limits


def unscheduled_s(pid: int, thread: int | None = None) -> float:
    """Seconds that this thread (default: the main one) was runnable without running; 0 if this is not counted."""
    try:
        with open(f"/proc/{pid}/task/{thread or pid}/schedstat", "rb", 0) as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class HeartbeatAge:
    """How long something has been silent, not counting the time in which it got no CPU."""

    def __init__(self) -> None:
        self._waited = 0.0
        self._unscheduled_s = 0.0

    def heard(self, waited: float) -> None:
        """A heartbeat arrived when ``unscheduled_s`` had this value."""
        self._waited, self._unscheduled_s = waited, 0.0

    def of(self, silent_s: float, waited: float) -> float:
        """``silent_s`` minus the time without CPU; ``waited`` is the current counter."""
        self._unscheduled_s += max(0.0, waited - self._waited)
        self._waited = waited
        return max(0.0, silent_s - min(self._unscheduled_s, limits.UNSCHEDULED_AT_MOST_S))
