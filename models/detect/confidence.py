"""Raw scores ↔ the confidence 1–100 that owners set: 60, the default, is the tuned point of each network and class."""

import math
from dataclasses import dataclass

TUNED = 60
TINY = 1e-4  # scores are kept this far from 0 and 1, where the logit has no value


def logit(p: float) -> float:
    """Of a probability; those near 0 and 1 are kept apart from them by ``TINY``."""
    clipped = min(max(p, TINY), 1 - TINY)
    return math.log(clipped / (1 - clipped))


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line between confidence and logit: ``tuned`` is the probability at 60, ``k`` nats are 50 points."""

    tuned: float
    k: float

    def threshold(self, confidence: float) -> float:
        """The logit that stands for this confidence."""
        return logit(self.tuned) + self.k * (confidence - TUNED) / 50

    def score(self, confidence: float) -> float:
        """The same as a probability, 0–1."""
        return 1 / (1 + math.exp(-self.threshold(confidence)))

    def confidence(self, score: float) -> int:
        """1–100 for a logit, rounded down: a whole number is reached exactly when its ``threshold`` is."""
        return min(100, max(1, math.floor(TUNED + 50 * (score - logit(self.tuned)) / self.k + TINY)))
