"""The interface of every video source for the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import av

from actors.camera.geometry import Geometry
from models.media.i420 import Picture
from models.media.sizes import Size
from models.media.sound_track import SoundTrack

MODAL = frozenset({"v4l2", "pattern"})  # kinds that deliver pictures of the requested size
INTRA_CODECS = frozenset({"mjpeg", "rawvideo", "drawn"})  # each packet is a complete picture


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """``size`` is the current one, ``sizes`` may be requested (ascending, upright), ``rates``: pictures per second."""

    kind: str  # v4l2, rtsp, http, file, pattern
    title: str  # for people, without credentials
    codec: str  # mjpeg, h264, rawvideo, …; "drawn" if there are no packets
    size: Size
    fps: float
    sizes: tuple[Size, ...]
    rates: tuple[int, ...]
    live: bool = True  # endlessly equal packets mean that it is frozen
    reordered: bool = False  # has B-frames
    stand_in: str = ""  # why the test pattern is shown instead of a camera
    without_idr: bool = False  # H.264 in which decoding does not start at an IDR: intra refresh, open groups
    aspect: float = 1.0  # of a pixel
    turned: int = 0  # degrees clockwise to make it upright

    @property
    def shape(self) -> Geometry:
        return Geometry(self.size, self.aspect, self.turned)

    @property
    def intra(self) -> bool:
        return self.codec in INTRA_CODECS


@dataclass(frozen=True, slots=True)
class SourcePacket:
    """One packet as received, or one picture that can be drawn. ``pts``: CLOCK_MONOTONIC ns of its capture."""

    pts: int
    data: bytes = b""
    key: bool = True
    restart: bool = False  # does not continue the previous packet: a file was restarted
    stamped: bool = True  # otherwise ``pts`` is a decoding time: pictures are shown as they leave the decoder
    sound: bool = False  # not a picture: a packet of the source's own sound
    draw: Callable[[], Picture] | None = None


class Source(Protocol):
    """Open from its creation; used and closed in one thread."""

    info: SourceInfo

    @property
    def sound(self) -> SoundTrack | None:
        """The sound of the same connection; its packets are returned by ``read`` too."""
        ...

    @property
    def depth_ms(self) -> int:
        """How long pictures wait here so that they are delivered evenly."""
        ...

    def read(self) -> SourcePacket | None:
        """The next packet; None if there was none within about half a second. Raises ``SourceError`` at its end."""
        ...

    def fits(self, size: Size | None, fps: float) -> bool:
        """Whether it can serve this request without being reopened."""
        ...

    def codec_context(self) -> av.VideoCodecContext | None:
        """The decoder of its packets; None if it draws its pictures."""
        ...

    def close(self) -> None: ...
