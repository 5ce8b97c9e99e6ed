"""Exponential delays between attempts."""

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Doubles from ``first_s`` to ``largest_s``; ``reset`` when it worked."""

    first_s: float = 0.5
    largest_s: float = 15.0
    failures: int = 0

    def failed(self) -> float:
        """Count one failure. Returns the delay in seconds before the next attempt."""
        self.failures += 1
        return float(min(self.first_s * 2 ** min(self.failures - 1, 30), self.largest_s))

    def reset(self) -> None:
        self.failures = 0
