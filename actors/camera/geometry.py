"""What a picture looks like on a screen: pixels that are no squares, cameras that hang on their side."""

from dataclasses import dataclass

import av

from models.media.i420 import even
from models.media.sizes import Size

NARROWEST, WIDEST = 0.25, 4.0  # a pixel of another shape is a camera's mistake
SQUARE = 0.02  # that little from square does not matter


@dataclass(frozen=True, slots=True)
class Geometry:
    """``size`` as it is coded. ``aspect``: of a pixel, width to height. ``turned``: degrees clockwise to upright."""

    size: Size
    aspect: float = 1.0
    turned: int = 0

    @property
    def plain(self) -> bool:
        """It is shown as it is coded."""
        return self.aspect == 1.0 and self.turned == 0

    @property
    def upright(self) -> Size:
        """In square pixels and turned, even sides; no side smaller than it is coded."""
        wider, higher = max(self.aspect, 1.0), max(1 / self.aspect, 1.0)
        width, height = even(self.size[0] * wider + 0.5), even(self.size[1] * higher + 0.5)
        return (height, width) if self.turned in (90, 270) else (width, height)

    def place(self, size: Size, rotation: int) -> tuple[Size, int]:
        """How an upright picture of ``size``, turned by ``rotation``, is made: its size before, and the whole turn."""
        before = (size[1], size[0]) if self.turned in (90, 270) else size
        return before, (self.turned + rotation) % 360


def geometry_of(context: av.VideoCodecContext, frame: av.VideoFrame | None = None) -> Geometry:
    """By what the decoder has seen so far."""
    size = (context.width, context.height) if frame is None else (frame.width, frame.height)
    ratio = context.sample_aspect_ratio
    aspect = float(ratio) if ratio and context.name != "mjpeg" else 1.0  # JFIF speaks of the density of prints
    if not NARROWEST < aspect < WIDEST or abs(aspect - 1) < SQUARE:
        aspect = 1.0
    turned = -round(frame.rotation / 90) * 90 % 360 if frame is not None else 0  # FFmpeg says how far it was turned
    return Geometry(size, aspect, turned)
