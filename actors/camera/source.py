"""What every video source looks like to the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import av

from actors.camera.geometry import Geometry
from models.media.i420 import Picture
from models.media.sizes import Size
from models.media.sound_track import SoundTrack

MODAL = frozenset({"v4l2", "pattern"})  # kinds that give pictures of the size that is asked for
INTRA_CODECS = frozenset({"mjpeg", "rawvideo", "drawn"})  # each packet is a picture of its own


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """``size`` is what comes now, ``sizes`` what may be asked for (ascending, upright), ``rates`` pictures a second."""

    kind: str  # v4l2, rtsp, http, file, pattern
    title: str  # in words, without credentials
    codec: str  # mjpeg, h264, rawvideo, …; "drawn" where there are no packets
    size: Size
    fps: float
    sizes: tuple[Size, ...]
    rates: tuple[int, ...]
    live: bool = True  # equal packets for ever mean that it is frozen
    reordered: bool = False  # has B-frames
    stand_in: str = ""  # why the test pattern is shown where a camera should be
    without_idr: bool = False  # H.264 whose pictures to begin with are no IDR: intra refresh, open groups
    aspect: float = 1.0  # of a pixel
    turned: int = 0  # degrees clockwise by which it has to be turned to stand upright

    @property
    def shape(self) -> Geometry:
        return Geometry(self.size, self.aspect, self.turned)

    @property
    def intra(self) -> bool:
        return self.codec in INTRA_CODECS


@dataclass(frozen=True, slots=True)
class SourcePacket:
    """One packet as it came, or one picture that can be drawn. ``pts``: CLOCK_MONOTONIC ns of its capture."""

    pts: int
    data: bytes = b""
    key: bool = True
    restart: bool = False  # not continued from the shot before: a file began again
    stamped: bool = True  # else ``pts`` is a time of decoding: pictures are shown as they leave the decoder
    sound: bool = False  # no picture: a packet of the source's own sound
    draw: Callable[[], Picture] | None = None


class Source(Protocol):
    """Made open; used and closed in one thread."""

    info: SourceInfo

    @property
    def sound(self) -> SoundTrack | None:
        """Of the same connection; its packets come as shots."""
        ...

    @property
    def depth_ms(self) -> int:
        """How long pictures wait here so that they come out evenly."""
        ...

    def read(self) -> SourcePacket | None:
        """The next shot; None if there was none within about half a second. Raises ``SourceError`` at its end."""
        ...

    def fits(self, size: Size | None, fps: float) -> bool:
        """Whether it can serve this wish without being opened anew."""
        ...

    def codec_context(self) -> av.VideoCodecContext | None:
        """The decoder of its packets; None where it draws."""
        ...

    def close(self) -> None: ...
