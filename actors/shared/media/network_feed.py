"""The interface of all network cameras: pictures and sound of one connection, with the camera's timestamps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import av

from models.media.sound_track import SoundTrack

VIDEO_AXIS, SOUND_AXIS = 0, 1


@dataclass(frozen=True, slots=True)
class Sample:
    """One packet. ``media``: ns of its presentation on the source's clock ``axis``; axes are not comparable."""

    sound: bool
    data: bytes
    media: int
    arrival: int  # CLOCK_MONOTONIC ns
    key: bool = True
    decode: int | None = None  # decoding time in ns, if the source has one
    axis: int = VIDEO_AXIS


@dataclass(frozen=True, slots=True)
class PictureTrack:
    """``codec``: FFmpeg's name. ``extradata``: parameter sets from outside the stream."""

    codec: str
    extradata: bytes = b""
    fps: float = 0.0  # as announced; 0: unknown
    turned: int = 0  # degrees clockwise to make it upright

    def decoder(self) -> av.VideoCodecContext:
        context = av.CodecContext.create(self.codec, "r")
        assert isinstance(context, av.VideoCodecContext)
        if self.extradata:
            context.extradata = self.extradata
        context.thread_type = "SLICE"  # frame threads would delay pictures
        return context


class Feed(Protocol):
    """Connected from its creation; read and closed in one thread. ``depth_max``: maximum jitter of its kind in ns.

    ``paced``: it delivers as fast as it is read, and must be played at the speed of its timestamps.
    """

    picture: PictureTrack | None
    sound: SoundTrack | None
    depth_max: int
    paced: bool

    def read(self) -> Iterable[Sample]:
        """The packets of about a quarter of a second. Raises ``SourceError`` at its end."""
        ...

    def interrupt(self) -> None:
        """From another thread: a ``read`` that would block for longer ends soon."""
        ...

    def close(self) -> None: ...
