"""Raw scores ↔ the confidence 1–100 that owners set: 50 is the recommended point of each network and class."""

import math
from dataclasses import dataclass

TINY = 1e-4  # scores are kept this far from 0 and 1, where the logit has no value


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line between confidence and the logit of the score: ``t50`` is the score at 50, ``k`` the slope."""

    t50: float
    k: float

    def score(self, confidence: float) -> float:
        """The raw score, 0–1, that stands for this confidence."""
        return 1 / (1 + math.exp(-(_logit(self.t50) + self.k * (confidence - 50) / 50)))

    def confidence(self, score: float) -> int:
        """1–100, rounded down: it reaches a whole number exactly when the score reaches ``score`` of that number."""
        clipped = min(max(score, TINY), 1 - TINY)
        return min(100, max(1, math.floor(50 + 50 * (_logit(clipped) - _logit(self.t50)) / self.k + TINY)))
