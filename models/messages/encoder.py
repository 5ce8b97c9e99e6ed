"""The encoder's mailbox. Rings it writes, while leased: ``jpeg``, ``video``, ``audio``."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Tell


@dataclass(frozen=True, slots=True)
class VideoView:
    """The running H.264 stream. ``generation`` rises at each restart of the stream, for ever."""

    running: bool
    encoder: str  # libx264, h264_v4l2m2m, passthrough
    codec: str  # "avc1.42C01F", from the real SPS; "" before the first
    width: int
    height: int
    fps: float
    quality: int
    bitrate_kbps: float  # measured over the last seconds
    target_kbps: float
    generation: int
    frames_encoded: int
    frames_dropped: int
    throttle: str = "none"  # none, cpu, thermal, undervoltage


@dataclass(frozen=True, slots=True)
class GetVideo(Ask[VideoView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RequestKeyframe(Tell):
    """Make the next picture an IDR; at most one a second for the whole device."""


@dataclass(frozen=True, slots=True)
class SetVideoQuality(Ask[VideoView]):
    """0–100, live; stored as the setting ``h264Quality``."""

    quality: int


@dataclass(frozen=True, slots=True)
class VideoChanged(News):
    """A new generation, another bitrate, another codec string, or throttling began or ended."""

    video: VideoView
