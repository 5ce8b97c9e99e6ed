"""What a network camera delivers, whatever it speaks: pictures and sound of one connection, with its time stamps."""

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
    decode: int | None = None  # ns of its decoding, where the source says so
    axis: int = VIDEO_AXIS


@dataclass(frozen=True, slots=True)
class PictureTrack:
    """``codec``: FFmpeg's name. ``extradata``: parameter sets that came beside the stream."""

    codec: str
    extradata: bytes = b""
    fps: float = 0.0  # as announced; 0: not
    turned: int = 0  # degrees clockwise that it has to be turned to stand upright

    def decoder(self) -> av.VideoCodecContext:
        context = av.CodecContext.create(self.codec, "r")
        assert isinstance(context, av.VideoCodecContext)
        if self.extradata:
            context.extradata = self.extradata
        context.thread_type = "SLICE"  # frame threads would hold pictures back
        return context


class Feed(Protocol):
    """Made connected; read and closed in one thread. ``depth_max``: ns of unevenness that its kind may have.

    ``paced``: it comes as fast as it is read, and has to be played at the speed of its time stamps.
    """

    picture: PictureTrack | None
    sound: SoundTrack | None
    depth_max: int
    paced: bool

    def read(self) -> Iterable[Sample]:
        """What came within about a quarter of a second. Raises ``SourceError`` at its end."""
        ...

    def interrupt(self) -> None:
        """From another thread: a ``read`` that would block for longer ends soon."""
        ...

    def close(self) -> None: ...
