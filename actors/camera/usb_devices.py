"""The USB cameras, and the numbers ("0", "1", …) by which clients know them.

A camera keeps its number when it is plugged in again, whatever /dev/videoN it becomes: it is recognised by its serial
number, or by its name and USB port, so that two identical cameras without serial numbers keep their numbers.
"""

import errno
import itertools
import json
import os
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from actors.camera import v4l2
from config.files import write_atomically

KNOWN_MAX = 16
NOT_THERE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO})  # a name without a device behind it
LINKS = ("/dev/v4l/by-id", "/dev/v4l/by-path")
NODES = "/sys/class/video4linux"
FIRST_DEVICE = "/dev/video0"


@dataclass(frozen=True, slots=True)
class Identity:
    """``former``: the same camera's identity in earlier versions."""

    text: str
    former: tuple[str, ...] = ()


def device_paths() -> list[str]:
    """/dev/video* in the order of their numbers."""
    found = {path for path in glob("/dev/video*") if path[len("/dev/video") :].isdigit()}
    if os.access(FIRST_DEVICE, os.F_OK):
        found.add(FIRST_DEVICE)
    return sorted(found, key=lambda path: int(path[len("/dev/video") :]))


def identities(devices: tuple[v4l2.Device, ...]) -> list[Identity]:
    """What stays the same when these cameras are plugged in again: the serial number, otherwise name and port.

    Serial numbers that two cameras share are ignored.
    """
    serials = [(device.card, serial_of(device.path)) for device in devices]
    found = []
    for device, serial in zip(devices, serials, strict=True):
        by_id, by_path = (_link_to(device.path, folder) for folder in LINKS)
        own = by_id if by_id and serial[1] and serials.count(serial) == 1 else ""
        former = (by_id, by_path, f"{device.bus}:{device.card}")
        found.append(Identity(own or f"{device.card}@{by_path or device.bus}", tuple(filter(None, former))))
    return found


def serial_of(path: str) -> str:
    """The serial number of the USB device behind a video node; "" if it has none, or is not a USB device."""
    interface = os.path.realpath(f"{NODES}/{os.path.basename(os.path.realpath(path))}/device")
    try:
        return Path(interface).parent.joinpath("serial").read_text().strip()
    except OSError:
        return ""


def _link_to(path: str, folder: str) -> str:
    links = (link for link in sorted(glob(f"{folder}/*")) if os.path.realpath(link) == os.path.realpath(path))
    return next((os.path.basename(link) for link in links), "")


@dataclass(frozen=True, slots=True)
class DeviceScan:
    """The result of scanning /dev/video*: cameras, and why a possible camera cannot be queried now (by path)."""

    devices: tuple[v4l2.Device, ...] = ()
    refused: tuple[tuple[str, OSError], ...] = ()

    @property
    def signature(self) -> tuple[object, ...]:
        """Changes when a device was added or removed, or became usable."""
        usable = tuple((device.path, device.card, bool(device.modes)) for device in self.devices)
        return usable, tuple((path, error.errno) for path, error in self.refused)


def look() -> DeviceScan:
    devices, refused = [], []
    for path in device_paths():
        try:
            device = v4l2.query(path)
        except OSError as error:
            if error.errno not in NOT_THERE:
                refused.append((path, error))
            continue
        if device is not None:
            devices.append(device)
    return DeviceScan(tuple(devices), tuple(refused))


class CameraNumbers:
    """The list of identities in the order of their first sight, on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: list[str] = []
        self._asked: dict[str, int] = {}  # when, in this run
        self._clock = itertools.count(1)
        try:
            known = json.loads(path.read_text())
            self._known = [str(identity) for identity in known][:KNOWN_MAX]
        except (OSError, ValueError, TypeError):
            self._known = []  # first start, or damaged: numbers start again

    def numbers(self, present: list[Identity]) -> list[str]:
        """The ids of cameras; a new one gets the next number, or that of the one that has been missing for longest.

        One without a serial number in another port takes the number of an identical one that is missing.
        """
        before = list(self._known)
        here = {one.text for one in present}
        found = [str(self._place(one, here)) for one in present]
        if self._known != before:
            write_atomically(self._path, json.dumps(self._known).encode())
        return found

    def _place(self, identity: Identity, here: set[str]) -> int:
        text = identity.text
        if text not in self._known:
            model = text.partition("@")[0]
            moved = (one for one in self._known if one.startswith(f"{model}@") and one not in here and "@" in text)
            same = next((one for one in identity.former if one in self._known and one not in here), next(moved, None))
            if same is None and len(self._known) >= KNOWN_MAX:
                same = min(self._known, key=lambda known: self._asked.get(known, 0))
            if same is None:
                self._known.append(text)
            else:
                self._known[self._known.index(same)] = text
        self._asked[text] = next(self._clock)
        return self._known.index(text)
