"""The torch: that of the camera (V4L2 flash control) or an LED of the device (sysfs)."""

from collections.abc import Callable
from glob import glob
from pathlib import Path

from actors.camera import v4l2

LED_NAMES = ("torch", "flash")

Switch = Callable[[bool], None]  # raises OSError


def find_torch(device_path: str) -> Switch | None:
    """How to switch the torch; None if there is none. ``device_path``: the V4L2 device in use, "" for none."""
    if device_path:
        try:
            if v4l2.has_flash(device_path):
                return lambda on: v4l2.set_flash(device_path, on)
        except OSError:
            pass  # just unplugged: detected again with the next camera
    for led in sorted(glob("/sys/class/leds/*")):
        folder = Path(led)
        brightness = folder / "brightness"
        if any(name in folder.name for name in LED_NAMES) and _writable(brightness):
            return lambda on: _set_led(folder, on)
    return None


def _writable(path: Path) -> bool:
    try:
        with path.open("r+"):
            return True
    except OSError:
        return False


def _set_led(folder: Path, on: bool) -> None:
    level = (folder / "max_brightness").read_text().strip() if on else "0"
    (folder / "brightness").write_text(level)
