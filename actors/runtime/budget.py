"""When a child is started again, as pure numbers."""

from dataclasses import dataclass

from actors.runtime import limits


@dataclass(slots=True)
class Restarts:
    """One child's record. ``failures`` counts those in a row, ``total`` all."""

    failures: int = 0
    total: int = 0

    def after_exit(self, was_up_s: float, killed_from_outside: bool) -> tuple[float, bool]:
        """(delay in s before the next start, whether the budget is spent).

        ``was_up_s``: 0 for one that never became ready. A kill from outside of a child that worked says nothing about
        the child, so it costs nothing.
        """
        self.total += 1
        if killed_from_outside and was_up_s > 0:
            return (0.0 if was_up_s > limits.KILLED_AT_ONCE_S else limits.KILLED_AT_ONCE_S), False
        self.failures = 1 if was_up_s >= limits.RESTART_FORGIVEN_AFTER_S else self.failures + 1
        if self.failures > limits.RESTART_BUDGET:
            return limits.DEGRADED_RETRY_S, True
        return limits.RESTART_DELAYS_S[min(self.failures - 1, len(limits.RESTART_DELAYS_S) - 1)], False
