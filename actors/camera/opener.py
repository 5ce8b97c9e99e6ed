"""Opens a source, from the address in the boot configuration and the current settings."""

import time
from dataclasses import dataclass
from pathlib import Path

from actors.camera import usb_devices, v4l2
from actors.camera.file import FileSource
from actors.camera.network import NetworkSource
from actors.camera.pattern import PatternSource
from actors.camera.run_state import RunState
from actors.camera.source import Source
from actors.camera.usb import open_usb
from actors.shared.media.container import SourceError, in_words
from models.media.sizes import Size
from models.media.source_address import MediaAddress

NO_CAMERA = "no camera found"


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What the settings require of the source. ``size`` None: the largest."""

    camera_id: str = "0"
    size: Size | None = None
    fps: int = 30


@dataclass(frozen=True, slots=True)
class UsbCamera:
    """A USB camera that is plugged in."""

    number: str
    identity: str
    device: v4l2.Device


class Opener:
    """Used in the worker's thread. ``cameras``: those found by the last scan."""

    def __init__(
        self, address: MediaAddress, run_dir: Path, memory: RunState, numbers: usb_devices.CameraNumbers
    ) -> None:
        self._address = address
        self._run_dir = run_dir
        self._run_state = memory
        self._numbers = numbers
        self._found = usb_devices.DeviceScan()
        self.cameras: tuple[UsbCamera, ...] = ()
        self.identity = ""  # of the USB camera that is open

    @property
    def may_stall(self) -> bool:
        """Whether reading this kind of source can block forever."""
        return self._address.kind in ("auto", "v4l2")

    def open(self, request: SourceRequest) -> Source:
        """Raises ``SourceError`` with the reason."""
        self.identity = ""
        match self._address.kind:
            case "pattern":
                return PatternSource(request.size, request.fps)
            case "file":
                return FileSource(self._address.target, self._run_dir)
            case "rtsp" | "http":
                return NetworkSource(self._address)
            case "v4l2":
                return self._open_device(request)
            case _:
                return self._open_first(request)

    def has_news(self) -> bool:
        """Whether a camera may have appeared since the test pattern was chosen."""
        return self._address.kind == "auto" and usb_devices.look().signature != self._found.signature

    def _look(self) -> tuple[UsbCamera, ...]:
        self._found = usb_devices.look()
        devices = self._found.devices
        found = usb_devices.identities(devices)
        numbers = self._numbers.numbers(found)
        seen = [UsbCamera(*one) for one in zip(numbers, (one.text for one in found), devices, strict=True)]
        self.cameras = tuple(sorted(seen, key=lambda camera: int(camera.number)))
        return self.cameras

    def _open_first(self, request: SourceRequest) -> Source:
        """``auto``: the camera that the settings name, otherwise the first one that works.

        A camera that is there but fails (busy, not permitted, not ready yet) is retried: ``SourceError``. The test
        pattern is used only if there is no camera. A device without a picture format does not count as one (a Raspberry
        Pi has such nodes without a camera module).
        """
        self._wait_for_stalled()
        committed = self._run_state.committed
        reasons = []
        order = sorted(
            self._look(), key=lambda camera: (camera.number != request.camera_id, camera.identity != committed)
        )
        for camera in order:
            try:
                return self._use(camera, request)
            except SourceError as error:
                reasons += [str(error)] if camera.device.modes else []
        reasons += [in_words(error, path) for path, error in self._found.refused]
        if reasons:
            raise SourceError(reasons[0])
        if committed:
            raise SourceError("the camera is not plugged in")
        return PatternSource(request.size, request.fps, reason=NO_CAMERA)

    def _open_device(self, request: SourceRequest) -> Source:
        """``v4l2:DEV``: the camera that was first found there, wherever it is plugged in now."""
        self._wait_for_stalled()
        seen = self._look()
        here = next((camera for camera in seen if camera.device.path == self._address.target), None)
        same = next((camera for camera in seen if camera.identity == self._run_state.committed), None)
        camera = same or here or self._ask(self._address.target)
        self.cameras = (camera,)
        return self._use(camera, request)

    def _ask(self, path: str) -> UsbCamera:
        """A device under another name (a link), or the reason why there is none."""
        try:
            device = v4l2.query(path)
        except OSError as error:
            raise SourceError(in_words(error, path)) from None
        if device is None:
            raise SourceError(f"{path} is not a camera")
        [identity] = usb_devices.identities((device,))
        return UsbCamera(self._numbers.numbers([identity])[0], identity.text, device)

    def _use(self, camera: UsbCamera, request: SourceRequest) -> Source:
        source = open_usb(camera.device, request.size, request.fps)
        self.identity = camera.identity
        return source

    def _wait_for_stalled(self) -> None:
        if time.monotonic() < self._run_state.closed_until:
            raise SourceError("the camera stopped responding; trying again soon")
