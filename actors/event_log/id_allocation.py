"""Two numbers that must survive the loss of the database: the ids issued, and the last published event."""

import contextlib
import mmap
import os
import sqlite3
import struct
from pathlib import Path

from actors.event_log import limits
from config.files import write_atomically

PROMISE = "events.ids"  # in the data directory


class IdAllocation:
    """Ids are reserved in blocks in a file beside the database: if the database is lost, no id is issued twice."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.up_to = self._read()

    def _read(self) -> int:
        try:
            return int(self._path.read_text())
        except (OSError, ValueError):
            return 0

    def cover(self, event_id: int) -> None:
        """Call it before ``event_id`` is issued. Raises OSError."""
        if event_id > self.up_to:
            up_to = event_id + limits.ID_BLOCK
            write_atomically(self._path, f"{up_to}\n".encode())
            self.up_to = up_to


def keep_above(restored: Path, present: Path) -> None:
    """Let ids in the data directory ``restored`` continue after those of ``present``, which it replaces."""
    issued = IdAllocation(present / PROMISE).up_to
    path = restored / "events.db"
    if not issued or not path.exists():
        return
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE counter SET value = max(value, ?) WHERE name = 'event_id'", (issued,))
    IdAllocation(restored / PROMISE).cover(issued)


class LastPublished:
    """The last event id that was published, in a mapped file: kept when the process is killed, at no cost.

    It need not survive a power failure, because then no subscriber is left either.
    """

    def __init__(self, path: Path) -> None:
        self.known = path.exists() and path.stat().st_size == 8
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, 8)
            self._map = mmap.mmap(descriptor, 8)
        finally:
            os.close(descriptor)

    @property
    def last(self) -> int:
        return int(struct.unpack_from("<Q", self._map)[0])

    @last.setter
    def last(self, event_id: int) -> None:
        if event_id > self.last:
            struct.pack_into("<Q", self._map, 0, event_id)
