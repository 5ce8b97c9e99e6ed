"""Which source ``auto`` opens, at the start and later."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.camera import opener, usb_devices, v4l2
from actors.camera.opener import Opener, SourceRequest
from actors.camera.run_state import RunState
from actors.camera.usb_devices import CameraNumbers
from actors.shared.media.container import SourceError
from models.media.source_address import parse_picture_source

MODE = v4l2.Mode("mjpeg", (640, 480), (30.0,))
CAMERA = v4l2.Device("/dev/video0", "Webcam", "usb-1", (MODE,))
BARE = v4l2.Device("/dev/video0", "rp1-cfe", "platform:1", ())
Outcome = v4l2.Device | OSError | None


class Usb:
    """In place of a device that can be opened: what the driver says is what is tried here."""

    def __init__(self, device: v4l2.Device, *_: object) -> None:
        if not device.modes:
            raise SourceError(f"{device.path} offers no usable picture format")
        self.device = device


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def there(**outcomes: Outcome) -> None:
        """video0=…: what the driver answers when it is asked."""

        def query(path: str) -> v4l2.Device | None:
            outcome = outcomes[path.removeprefix("/dev/")]
            if isinstance(outcome, OSError):
                raise outcome
            return outcome

        monkeypatch.setattr(usb_devices, "device_paths", lambda: [f"/dev/{name}" for name in sorted(outcomes)])
        monkeypatch.setattr(v4l2, "query", query)

    monkeypatch.setattr(opener, "open_usb", Usb)
    return there


@pytest.fixture
def auto(tmp_path: Path) -> Opener:
    memory = RunState(tmp_path / "camera.json")
    return Opener(parse_picture_source("auto"), tmp_path, memory, CameraNumbers(tmp_path / "cameras.json"))


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EACCES, errno.EIO])
def test_a_camera_that_fails_at_the_start_is_waited_for(
    auto: Opener, devices: Callable[..., None], number: int
) -> None:
    devices(video0=OSError(number, "no"))
    with pytest.raises(SourceError, match="/dev/video0"):
        auto.open(SourceRequest())
    devices(video0=CAMERA)
    assert isinstance(auto.open(SourceRequest()), Usb)


@pytest.mark.parametrize("outcome", [None, BARE, OSError(errno.ENODEV, "gone")], ids=["no camera", "bare", "gone"])
def test_without_any_camera_the_test_pattern_says_so(
    auto: Opener, devices: Callable[..., None], outcome: Outcome
) -> None:
    devices(video0=outcome)
    source = auto.open(SourceRequest())
    assert (source.info.kind, source.info.stand_in) == ("pattern", "no camera found")
    assert source.info.title == "test pattern (no camera found)"
    assert not auto.has_news()


@pytest.mark.parametrize("later", [CAMERA, OSError(errno.EACCES, "not yet")], ids=["ready", "without permission yet"])
def test_a_camera_that_comes_later_is_news(auto: Opener, devices: Callable[..., None], later: Outcome) -> None:
    devices()
    assert auto.open(SourceRequest()).info.kind == "pattern"
    devices(video0=later)
    assert auto.has_news()


def test_a_slow_camera_is_found_when_its_formats_are_there(auto: Opener, devices: Callable[..., None]) -> None:
    devices(video0=BARE)
    assert auto.open(SourceRequest()).info.kind == "pattern"
    devices(video0=CAMERA)
    assert auto.has_news()
    assert isinstance(auto.open(SourceRequest()), Usb)


def test_the_first_that_works(auto: Opener, devices: Callable[..., None]) -> None:
    devices(video0=OSError(errno.EBUSY, "busy"), video1=v4l2.Device("/dev/video1", "Other", "usb-2", (MODE,)))
    source = auto.open(SourceRequest())
    assert isinstance(source, Usb)
    assert source.device.path == "/dev/video1"


def test_the_pattern_that_was_asked_for_stands_in_for_nobody(tmp_path: Path) -> None:
    numbers = CameraNumbers(tmp_path / "cameras.json")
    source = Opener(parse_picture_source("pattern:"), tmp_path, RunState(tmp_path / "m"), numbers).open(SourceRequest())
    assert (source.info.title, source.info.stand_in) == ("test pattern", "")
