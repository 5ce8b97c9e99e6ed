"""How a picture is displayed: non-square pixels, cameras mounted sideways."""

from dataclasses import dataclass

import av

from models.media.i420 import even
from models.media.sizes import Size

NARROWEST, WIDEST = 0.25, 4.0  # any other pixel aspect ratio is a camera's mistake
SQUARE = 0.02  # a smaller deviation from square does not matter


@dataclass(frozen=True, slots=True)
class Geometry:
    """``size``: as coded. ``aspect``: of a pixel, width to height. ``turned``: degrees clockwise to upright."""

    size: Size
    aspect: float = 1.0
    turned: int = 0

    @property
    def plain(self) -> bool:
        """Whether it is displayed as coded."""
        return self.aspect == 1.0 and self.turned == 0

    @property
    def upright(self) -> Size:
        """The size in square pixels and upright, with even sides; no side is smaller than coded."""
        wider, higher = max(self.aspect, 1.0), max(1 / self.aspect, 1.0)
        width, height = even(self.size[0] * wider + 0.5), even(self.size[1] * higher + 0.5)
        return (height, width) if self.turned in (90, 270) else (width, height)

    def place(self, size: Size, rotation: int) -> tuple[Size, int]:
        """How to make an upright picture of ``size``, turned by ``rotation``: its size before, and the total turn."""
        before = (size[1], size[0]) if self.turned in (90, 270) else size
        return before, (self.turned + rotation) % 360


def geometry_of(context: av.VideoCodecContext, frame: av.VideoFrame | None = None) -> Geometry:
    """The geometry, from what the decoder has seen so far."""
    size = (context.width, context.height) if frame is None else (frame.width, frame.height)
    ratio = context.sample_aspect_ratio
    aspect = float(ratio) if ratio and context.name != "mjpeg" else 1.0  # JFIF's density is for printing
    if not NARROWEST < aspect < WIDEST or abs(aspect - 1) < SQUARE:
        aspect = 1.0
    turned = -round(frame.rotation / 90) * 90 % 360 if frame is not None else 0  # FFmpeg says how far it was turned
    return Geometry(size, aspect, turned)
