"""The camera's mailbox. Rings it writes: ``frames``, ``frames_sub``; ``jpeg`` and ``video`` where the source's are
passed through, ``hevc`` (H.265) likewise, ``sound`` where a network camera's connection carries some
(``models.media.sound_track``)."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Ok, Ref, State
from models.messages.media import ToMedia


class ToCamera(ToMedia):
    """Whom the messages of this file go to."""


CAMERA: Ref[ToCamera] = Ref("camera")


@dataclass(frozen=True, slots=True)
class CameraView(State):
    """What the camera does now. ``state``: running, standby, stopped, waiting (source away), failed."""

    state: str
    running: bool
    source: str  # in words, without credentials: "USB camera HD Webcam (/dev/video0)"
    kind: str  # v4l2, rtsp, http, file, pattern
    width: int  # 0 until a source has been open
    height: int
    fps: float  # measured
    reason: str = ""  # why it is not running, or what is wrong with what it shows
    passthrough: tuple[str, ...] = ()  # rings that the camera fills itself: jpeg, video, hevc
    standby: bool = False
    declared_fps: float = 0.0  # as the source describes itself; 0: not known
    streaming: bool = True  # the master switch of stream_control
    sound: bool | None = None  # whether the source's own connection carries sound; None: not open
    depth_ms: int = 0  # how long pictures of an uneven source wait so that they come out evenly


@dataclass(frozen=True, slots=True)
class GetCamera(Ask[ToCamera, CameraView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CameraInfo:
    id: str
    name: str
    resolutions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Capabilities(State):
    camera_ids: tuple[str, ...]
    resolutions: tuple[str, ...]  # ascending, of the current camera
    frame_rates: tuple[int, ...]
    max_frame_rate: int
    cameras: tuple[CameraInfo, ...] = ()
    torch: bool = False
    jpeg_passthrough: bool = False
    video_passthrough: bool = False


@dataclass(frozen=True, slots=True)
class GetCapabilities(Ask[ToCamera, Capabilities]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class PreviewCamera(Ask[ToCamera, bytes]):
    """A JPEG of a camera that is plugged in and not in use, to choose by; ``missing``, or ``unavailable`` with why."""

    camera_id: str


@dataclass(frozen=True, slots=True)
class CameraControl:
    """One control of the device in use. ``kind``: int, boolean, menu (``choices``: value and name of each)."""

    name: str
    title: str
    kind: str
    value: int
    default: int
    minimum: int
    maximum: int
    step: int
    choices: tuple[tuple[int, str], ...] = ()
    active: bool = True  # False: another control decides now


@dataclass(frozen=True, slots=True)
class CameraControls:
    controls: tuple[CameraControl, ...]  # none: the source is no device with controls


@dataclass(frozen=True, slots=True)
class GetControls(Ask[ToCamera, CameraControls]):
    """What the camera in use can be set to: exposure, focus, white balance and their like."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class SetControl(Ask[ToCamera, CameraControls]):
    """Set one control, and keep it for this camera; ``invalid`` with the reason where it cannot be.

    ``name`` "" sets all to their defaults, and keeps none.
    """

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class SetTorch(Ask[ToCamera, bool]):
    """``on`` None toggles. Answers the new state; ``unavailable`` ("Torch not available") where there is none."""

    on: bool | None = None


@dataclass(frozen=True, slots=True)
class CoverPictures(Ask[ToCamera, Ok]):
    """Answered when no picture without this privacy mask (``models.polygons``) can be read from the camera's rings."""

    mask: str
    revision: int  # of the settings that it is from: an older one changes nothing
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CaptureView:
    capture_id: str
    path: str
    width: int
    height: int
    timestamp: int
    size: int


@dataclass(frozen=True, slots=True)
class Capture(Ask[ToCamera, CaptureView]):
    """A still at the source's largest size; ``conflict`` while one is under way, ``unavailable`` without a camera."""

    quality: int = 95


@dataclass(frozen=True, slots=True)
class GetCapture(Ask[ToCamera, CaptureView]):
    """The last still, for ten minutes; ``missing`` otherwise."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CaptureReady(News):
    capture: CaptureView
