"""The encoder's mailbox. Rings it writes, while leased: ``jpeg``, ``video``, ``jpeg_sub``, ``video_sub``, ``audio``."""

from dataclasses import dataclass
from typing import ClassVar

from models.media.tier import Tier
from models.messages import Ask, Ok, Ref, State, Tell
from models.messages.media import ToMedia


class ToEncoder(ToMedia):
    """Whom the messages of this file go to."""


ENCODER: Ref[ToEncoder] = Ref("encoder")


@dataclass(frozen=True, slots=True)
class VideoView(State):
    """The running H.264 stream of the tier ``main``. ``generation`` rises at each restart of the stream, permanently.

    Published for a new generation, bit rate or codec string, and when throttling begins or ends; measured values (fps,
    bitrate_kbps, frames_…) are those of that time.
    """

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
    readers: tuple[str, ...] = ()  # actors that lease the tier's pictures, encoded in either way


@dataclass(frozen=True, slots=True)
class SubVideoView(VideoView):
    """The same of the tier ``sub``."""


@dataclass(frozen=True, slots=True)
class GetVideo(Ask[ToEncoder, VideoView]):
    tier: Tier = Tier.MAIN
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RequestKeyframe(Tell[ToEncoder]):
    """Make the tier's next picture an IDR; at most one a second for the whole device."""

    tier: Tier = Tier.MAIN


@dataclass(frozen=True, slots=True)
class SetVideoQuality(Ask[ToEncoder, VideoView]):
    """0–100, live; stored as the setting ``h264Quality``."""

    quality: int


@dataclass(frozen=True, slots=True)
class ForgetPictures(Ask[ToEncoder, Ok]):
    """Answered when nothing that was made from earlier pictures can be read any more, or will be written."""

    retry: ClassVar[bool] = True
