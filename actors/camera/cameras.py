"""Which USB cameras there are, and the numbers ("0", "1", …) under which clients know them.

A camera keeps its number when it is plugged in again, whatever /dev/videoN it becomes: it is known by its serial
number, by the socket it sits in, or at least by its name.
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
FIRST_DEVICE = "/dev/video0"


def device_paths() -> list[str]:
    """/dev/video* in the order of their numbers."""
    found = {path for path in glob("/dev/video*") if path[len("/dev/video") :].isdigit()}
    if os.access(FIRST_DEVICE, os.F_OK):
        found.add(FIRST_DEVICE)
    return sorted(found, key=lambda path: int(path[len("/dev/video") :]))


def identity_of(device: v4l2.Device) -> str:
    """What stays the same when the camera is plugged in again."""
    for folder in ("/dev/v4l/by-id", "/dev/v4l/by-path"):
        for link in sorted(glob(f"{folder}/*")):
            if os.path.realpath(link) == os.path.realpath(device.path):
                return os.path.basename(link)
    return f"{device.bus}:{device.card}"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at /dev/video* found: cameras, and why a device that may be one cannot be asked now (by path)."""

    devices: tuple[v4l2.Device, ...] = ()
    refused: tuple[tuple[str, OSError], ...] = ()

    @property
    def signature(self) -> tuple[object, ...]:
        """Differs when something has come, gone, or become usable."""
        usable = tuple((device.path, device.card, bool(device.modes)) for device in self.devices)
        return usable, tuple((path, error.errno) for path, error in self.refused)


def look() -> Look:
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
    return Look(tuple(devices), tuple(refused))


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
            self._known = []  # first start, or damaged: numbers begin anew

    def number(self, identity: str) -> str:
        """The id of a camera; a new one gets the next number, or that of the one that was not there for longest."""
        if identity not in self._known:
            if len(self._known) >= KNOWN_MAX:
                longest_away = min(self._known, key=lambda known: self._asked.get(known, 0))
                self._known[self._known.index(longest_away)] = identity
            else:
                self._known.append(identity)
            write_atomically(self._path, json.dumps(self._known).encode())
        self._asked[identity] = next(self._clock)
        return str(self._known.index(identity))
