"""Queries to a V4L2 device that FFmpeg does not offer: its identity, modes, controls and torch.

Numbers and layouts: linux/videodev2.h and linux/v4l2-controls.h (the structs used here are the same on 32 and 64 bit).
"""

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.media.sizes import Size

VIDIOC_QUERYCAP = 0x80685600
VIDIOC_ENUM_FMT = 0xC0405602
VIDIOC_ENUM_FRAMESIZES = 0xC02C564A
VIDIOC_ENUM_FRAMEINTERVALS = 0xC034564B
VIDIOC_G_CTRL = 0xC008561B
VIDIOC_S_CTRL = 0xC008561C
VIDIOC_QUERYCTRL = 0xC0445624
VIDIOC_QUERYMENU = 0xC02C5625
BUF_TYPE_VIDEO_CAPTURE = 1
CAP_VIDEO_CAPTURE = 0x00000001
CAP_STREAMING = 0x04000000
CAP_DEVICE_CAPS = 0x80000000
DISCRETE = 1
FLASH_LED_MODE = 0x009C0901  # V4L2_CID_FLASH_LED_MODE
FLASH_NONE, FLASH_TORCH = 0, 2
INTEGER, BOOLEAN, MENU, INTEGER_MENU = 1, 2, 3, 9  # V4L2_CTRL_TYPE_…
MENUS = (MENU, INTEGER_MENU)
CONTROL_DISABLED, CONTROL_READ_ONLY, CONTROL_INACTIVE = 0x1, 0x4, 0x10
MENU_MAX = 64  # entries
MODES_MAX = 64  # of one pixel format; a driver that never ends the list must not block us

# fourcc → FFmpeg's input_format, in order of preference: compressed first, because USB bandwidth is limited.
FORMATS = {"MJPG": "mjpeg", "H264": "h264", "YUYV": "yuyv422", "NV12": "nv12", "YU12": "yuv420p", "UYVY": "uyvy422"}
FORMATS |= {"YVYU": "yvyu422", "NV21": "nv21", "RGB3": "rgb24", "BGR3": "bgr24", "GREY": "gray", "Y16 ": "gray16le"}


@dataclass(frozen=True, slots=True)
class Mode:
    format: str  # FFmpeg's name
    size: Size
    rates: tuple[float, ...]  # descending


@dataclass(frozen=True, slots=True)
class Device:
    """``bus``: where it is plugged in, according to the driver."""

    path: str
    card: str
    bus: str
    modes: tuple[Mode, ...]


@contextmanager
def opened(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def query(path: str) -> Device | None:
    """The device; None if it is not a camera (a metadata node, an encoder, an output).

    Raises:
        OSError: it is missing, busy, or not permitted.
    """
    with opened(path) as descriptor:
        answer = bytearray(104)
        try:
            fcntl.ioctl(descriptor, VIDIOC_QUERYCAP, answer)
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                return None
            raise
        _driver, card, bus, _version, all_caps, own_caps = struct.unpack_from("16s32s32sIII", answer)
        caps = own_caps if all_caps & CAP_DEVICE_CAPS else all_caps
        if not (caps & CAP_VIDEO_CAPTURE and caps & CAP_STREAMING):
            return None
        return Device(path, _text(card), _text(bus), tuple(_modes(descriptor)))


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")


def _ask(descriptor: int, request: int, question: bytes) -> bytearray | None:
    """The returned struct; None at the end of an enumeration."""
    answer = bytearray(question)
    try:
        fcntl.ioctl(descriptor, request, answer)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY):
            return None
        raise
    return answer


def _modes(descriptor: int) -> Iterator[Mode]:
    for index in range(MODES_MAX):
        found = _ask(
            descriptor, VIDIOC_ENUM_FMT, struct.pack("III32sI4I", index, BUF_TYPE_VIDEO_CAPTURE, 0, b"", 0, *[0] * 4)
        )
        if found is None:
            return
        fourcc = struct.unpack_from("I", found, 44)[0]
        name = FORMATS.get(struct.pack("<I", fourcc).decode("latin-1"))
        if name:
            for size in _frame_sizes(descriptor, fourcc):
                yield Mode(name, size, _frame_rates(descriptor, fourcc, size))


def _frame_sizes(descriptor: int, fourcc: int) -> Iterator[Size]:
    for index in range(MODES_MAX):
        found = _ask(descriptor, VIDIOC_ENUM_FRAMESIZES, struct.pack("III", index, fourcc, 0) + bytes(32))
        if found is None:
            return
        kind, width, height, most_height, _ = struct.unpack_from("5I", found, 8)
        if kind == DISCRETE:
            yield width, height
            continue
        # Stepwise: min_width, max_width, step_width, min_height, max_height, step_height
        least_width, most_width, _, least_height, most_height, _ = struct.unpack_from("6I", found, 12)
        usual = ((320, 240), (640, 360), (640, 480), (1280, 720), (1920, 1080), (most_width, most_height))
        yield from (s for s in usual if least_width <= s[0] <= most_width and least_height <= s[1] <= most_height)
        return


def _frame_rates(descriptor: int, fourcc: int, size: Size) -> tuple[float, ...]:
    rates = set()
    for index in range(MODES_MAX):
        question = struct.pack("5I", index, fourcc, size[0], size[1], 0) + bytes(32)
        found = _ask(descriptor, VIDIOC_ENUM_FRAMEINTERVALS, question)
        if found is None:
            break
        _kind, numerator, denominator = struct.unpack_from("3I", found, 16)
        if numerator and denominator:
            rates.add(round(denominator / numerator, 2))
    return tuple(sorted(rates, reverse=True))


@dataclass(frozen=True, slots=True)
class Control:
    id: int
    type: int
    minimum: int
    maximum: int
    step: int
    default: int
    inactive: bool  # overridden by another control


def query_control(descriptor: int, control: int) -> Control | None:
    """None if the device has no such control that can be set."""
    found = _ask(descriptor, VIDIOC_QUERYCTRL, struct.pack("I", control) + bytes(64))
    if found is None:
        return None
    _, kind, _, minimum, maximum, step, default, flags = struct.unpack_from("II32siiiiI", found)
    if flags & (CONTROL_DISABLED | CONTROL_READ_ONLY) or kind not in (INTEGER, BOOLEAN, *MENUS):
        return None
    return Control(control, kind, minimum, maximum, step, default, bool(flags & CONTROL_INACTIVE))


def menu(descriptor: int, control: Control) -> tuple[tuple[int, str], ...]:
    """The values of a menu with their names; a driver omits those that it does not support."""
    entries = []
    for index in range(control.minimum, min(control.maximum, control.minimum + MENU_MAX) + 1):
        found = _ask(descriptor, VIDIOC_QUERYMENU, struct.pack("II", control.id, index) + bytes(36))
        if found is not None:
            number = str(struct.unpack_from("=q", found, 8)[0])
            entries.append((index, number if control.type == INTEGER_MENU else _text(bytes(found[8:40]))))
    return tuple(entries)


def get_control(descriptor: int, control: int) -> int:
    """Raises ``OSError``."""
    answer = bytearray(struct.pack("Ii", control, 0))
    fcntl.ioctl(descriptor, VIDIOC_G_CTRL, answer)
    return int(struct.unpack("Ii", answer)[1])


def set_control(descriptor: int, control: int, value: int) -> None:
    """Raises ``OSError`` where the device refuses."""
    fcntl.ioctl(descriptor, VIDIOC_S_CTRL, struct.pack("Ii", control, value))


def has_flash(path: str) -> bool:
    """Whether the device has a torch that can stay on."""
    with opened(path) as descriptor:
        return _ask(descriptor, VIDIOC_QUERYCTRL, struct.pack("I", FLASH_LED_MODE) + bytes(64)) is not None


def set_flash(path: str, on: bool) -> None:
    """Raises ``OSError`` where the device refuses."""
    with opened(path) as descriptor:
        set_control(descriptor, FLASH_LED_MODE, FLASH_TORCH if on else FLASH_NONE)
