"""A token bucket: so many at once, so many a second in the long run."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    burst: float
    per_s: float
    tokens: float = -1.0  # negative: not used yet
    since: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is allowed at ``now`` (seconds of any steady clock)."""
        left = self.burst if self.tokens < 0 else min(self.burst, self.tokens + (now - self.since) * self.per_s)
        self.since = now
        self.tokens = left - 1 if left >= 1 else left
        return left >= 1

    def wait_s(self) -> float:
        """How long after the last ``take`` the next one is allowed."""
        return max(0.0, 1 - self.tokens) / self.per_s
