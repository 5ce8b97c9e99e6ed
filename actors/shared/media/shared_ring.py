"""A ring that two actors fill in turn: ``jpeg`` and ``video``, by the camera or by the encoder.

Each learns of the other's turn late, so for a moment both may write: the later file replaces the earlier one, and is
removed when its writer learns that it is not its turn. The writer that continues checks periodically whether its file
is still the one that readers find, and makes a new one if not.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from models.media import ring

LOOK_EVERY_S = 0.5


class Ring(Protocol):
    """The part of ``actors.runtime.rings.RingWriter`` that is used."""

    path: Path
    ring: ring.Writer

    @property
    def largest(self) -> int: ...
    def put(self, data: bytes | memoryview, pts: int, wall: int, **about: int) -> int: ...
    def ring_bell(self) -> None: ...
    def close(self) -> None: ...


MakeRing = Callable[[str, int, int, int], Ring]  # name, largest, records, slots


class SharedRing:
    def __init__(self, make_ring: MakeRing, name: str, records: int, slots: int) -> None:
        self._make_ring = make_ring
        self._name, self._records, self._slots = name, records, slots
        self._ring: Ring | None = None
        self._inode = 0
        self._looked = 0.0

    def renewed(self, largest: int) -> bool:
        """Make sure that the ring exists and holds records of ``largest`` bytes; True if it is a new, empty one."""
        if self._ring is not None and self._ring.largest >= largest and not self._lost(self._ring):
            return False
        self.close()
        self._ring = self._make_ring(self._name, largest, self._records, self._slots)
        self._inode, self._looked = _inode(self._ring.path), time.monotonic()
        return True

    def _lost(self, current: Ring) -> bool:
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_S:
            return False
        self._looked = now
        return _inode(current.path) != self._inode

    def put(self, data: bytes, pts: int, wall: int, **about: int) -> None:
        """After ``renewed``."""
        assert self._ring is not None
        self._ring.put(data, pts, wall, **about)

    def close(self) -> None:
        """Remove the ring, if it is still ours."""
        current, self._ring = self._ring, None
        if current is not None:
            current.close()


def _inode(path: Path) -> int:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0
