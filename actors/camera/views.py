"""The camera's views for other actors."""

from actors.camera.opener import UsbCamera
from actors.camera.source import SourceInfo
from models.media import sizes
from models.messages.camera import CameraInfo, CameraView, Capabilities

ASSUMED = (1920, 1080)  # until a source has been open
ASSUMED_FPS = 30


def capabilities(info: SourceInfo | None, usb: tuple[UsbCamera, ...], shown: str, torch: bool) -> Capabilities:
    """``info``: the current or last source; ``usb``: the connected cameras; ``shown``: the address."""
    offered = tuple(map(sizes.text, info.sizes if info else sizes.ladder(ASSUMED)))
    rates = info.rates if info else sizes.rates(ASSUMED_FPS)
    plugged_in = tuple(
        CameraInfo(camera.number, camera.device.card, tuple(map(sizes.text, _sizes_of(camera)))) for camera in usb
    )
    cameras = plugged_in or (CameraInfo("0", info.title if info else shown, offered),)
    begins = bool(info and info.live and not info.reordered and not info.without_idr)
    return Capabilities(
        camera_ids=tuple(camera.id for camera in cameras),
        resolutions=offered,
        frame_rates=rates,
        max_frame_rate=rates[-1],
        cameras=cameras,
        torch=torch,
        jpeg_passthrough=bool(info and info.codec == "mjpeg" and info.live),
        video_passthrough=bool(info and info.codec == "h264" and begins),
    )


def _sizes_of(camera: UsbCamera) -> list[sizes.Size]:
    return sorted({mode.size for mode in camera.device.modes}, key=lambda size: (size[0] * size[1], size))


def without_fps(view: CameraView) -> tuple[object, ...]:
    """A view without the measured rate, which changes all the time."""
    return tuple(getattr(view, name) for name in view.__slots__ if name != "fps")
