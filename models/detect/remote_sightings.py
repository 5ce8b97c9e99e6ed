"""What a network on another machine saw: boxes without the network, but with what its scores mean."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.detect.confidence import Scale

Lowest = Mapping[str, float]  # class → the least confidence, 1–100, that matters


@dataclass(frozen=True, slots=True)
class Seen:
    """One object: its class, its score (0–1, a probability of that network), its box as fractions of the picture."""

    kind: str
    score: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sights:
    """What one network saw: for each picture, what is in it. ``scales``: for each class that it knows."""

    network: str
    scales: Mapping[str, Scale]
    pictures: tuple[tuple[Seen, ...], ...]
