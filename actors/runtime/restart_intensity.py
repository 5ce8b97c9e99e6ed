"""When a child is restarted, as pure numbers: OTP's restart intensity, with a back-off."""

from collections import deque
from dataclasses import dataclass, field

from actors.runtime import limits


@dataclass(slots=True)
class RestartIntensity:
    """One child's record. ``total`` counts all its deaths, ``recent`` are the times of the last ones (monotonic s)."""

    max_restarts: int = limits.MAX_RESTARTS
    total: int = 0
    recent: deque[float] = field(default_factory=deque)

    def after_exit(self, now: float) -> float | None:
        """Delay in s before the next start; None if the limit is exceeded.

        Every death counts, whatever its cause: a process that is repeatedly killed from outside is a problem, too.
        """
        self.total += 1
        self.recent.append(now)
        while self.recent[0] < now - limits.RESTART_WINDOW_S:
            self.recent.popleft()
        deaths = len(self.recent)
        if deaths > self.max_restarts:
            return None
        return limits.RESTART_DELAYS_S[min(deaths, len(limits.RESTART_DELAYS_S)) - 1]

    def forgive(self) -> None:
        """Clear the recent deaths, because somebody wants it retried."""
        self.recent.clear()
