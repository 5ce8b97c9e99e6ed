"""Tiers: one picture in several sizes. Each fills rings of its own and costs nothing without a lease."""

from dataclasses import dataclass
from enum import StrEnum

from models.media.sizes import Size

FRAMES, JPEG, VIDEO = "frames", "jpeg", "video"  # kinds of rings that each tier has


class Tier(StrEnum):
    MAIN = "main"
    SUB = "sub"

    def ring(self, kind: str) -> str:
        """The name of this tier's ring of a kind."""
        return kind if self == Tier.MAIN else f"{kind}_{self}"


@dataclass(frozen=True, slots=True)
class SubTierRequest:
    """What ``sub`` should be: not larger than ``box``, at most ``fps`` a second."""

    box: Size = (640, 360)
    fps: int = 10
