"""The camera's mailbox. Rings it writes: ``frames``, ``frames_sub``; ``jpeg``, ``video`` and ``hevc`` (H.265) if the
source's are passed through; ``sound`` if a network camera's connection has sound (``models.media.sound_track``)."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Ok, Ref, State
from models.messages.media import ToMedia


class ToCamera(ToMedia):
    """Whom the messages of this file go to."""


CAMERA: Ref[ToCamera] = Ref("camera")


@dataclass(frozen=True, slots=True)
class CameraView(State):
    """The camera's state: running, standby, stopped, waiting (source not available), failed."""

    state: str
    running: bool
    source: str  # for people, without credentials: "USB camera HD Webcam (/dev/video0)"
    kind: str  # v4l2, rtsp, http, file, pattern
    width: int  # 0 until a source has been open
    height: int
    fps: float  # measured
    reason: str = ""  # why it is not running, or what is wrong with the picture
    passthrough: tuple[str, ...] = ()  # rings that the camera fills itself: jpeg, video, hevc
    standby: bool = False
    declared_fps: float = 0.0  # as declared by the source; 0: unknown
    streaming: bool = True  # the master switch of stream_control
    sound: bool | None = None  # whether the source's connection has sound; None: not open
    depth_ms: int = 0  # delay that evens out the bursts of a source


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
    """A JPEG of a connected camera that is not in use; ``missing``, or ``unavailable`` with the reason."""

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
    active: bool = True  # False: overridden by another control


@dataclass(frozen=True, slots=True)
class CameraControls:
    controls: tuple[CameraControl, ...]  # none: the source is no device with controls


@dataclass(frozen=True, slots=True)
class GetControls(Ask[ToCamera, CameraControls]):
    """What the camera in use can be set to: exposure, focus, white balance and their like."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class SetControl(Ask[ToCamera, CameraControls]):
    """Set one control, and keep it for this camera; ``invalid`` with the reason if it cannot be set.

    ``name`` "" sets all to their defaults, and keeps none.
    """

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class SetTorch(Ask[ToCamera, bool]):
    """``on`` None toggles. Answers the new state; ``unavailable`` ("Torch not available") if there is none."""

    on: bool | None = None


@dataclass(frozen=True, slots=True)
class CoverPictures(Ask[ToCamera, Ok]):
    """Answered when no picture without this privacy mask (``models.polygons``) can be read from the camera's rings."""

    mask: str
    revision: int  # of the settings it is from: an older one changes nothing
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
    """A picture in the largest size; ``conflict`` while one is being taken, ``unavailable`` without a camera."""

    quality: int = 95


@dataclass(frozen=True, slots=True)
class GetCapture(Ask[ToCamera, CaptureView]):
    """The last capture, for ten minutes; ``missing`` otherwise."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CaptureReady(News):
    capture: CaptureView
