"""Thumbnails on disk, one small file each, within a limit: the oldest are deleted."""

import contextlib
import errno
import os
from pathlib import Path

from actors.event_log import limits

FOLDER = "thumbnails"  # in the data directory
FULL_FOLDER = "pictures"  # in their own size


def drop_pictures(data_dir: Path, count: int) -> int:
    """From any thread, when the disk is full: delete the oldest full-size pictures, or if there are none, thumbnails.

    Returns how many. An open store tolerates missing files.
    """
    return _drop_oldest(data_dir / FULL_FOLDER, count) or _drop_oldest(data_dir / FOLDER, count)


def _drop_oldest(folder: Path, count: int) -> int:
    known = sorted((path for path in folder.glob("*.jpg") if path.stem.isdecimal()), key=lambda path: int(path.stem))
    for path in known[:count]:
        path.unlink(missing_ok=True)
    return len(known[:count])


class ThumbnailStore:
    """For one thread. A thumbnail that cannot be written is skipped: the event matters, not its picture."""

    def __init__(self, folder: Path, budget: int = 0) -> None:
        self._folder = folder
        self._budget = budget or limits.THUMBNAILS_MAX_BYTES
        self._sizes: dict[int, int] = {}  # ascending by event id
        self._bytes = 0

    def open(self) -> None:
        """Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = {}
        for entry in os.scandir(self._folder):
            stem, suffix = os.path.splitext(entry.name)
            size = entry.stat().st_size
            if suffix == ".jpg" and stem.isdecimal() and size:
                found[int(stem)] = size
            else:
                os.unlink(entry.path)  # incomplete after a kill, or empty after a power failure
        self._sizes = dict(sorted(found.items()))
        self._bytes = sum(found.values())

    def save(self, event_id: int, jpeg: bytes) -> bool:
        """Whether it was written."""
        path = self._path(event_id)
        partial = path.with_suffix(".part")
        for _ in range(2):
            try:
                partial.write_bytes(jpeg)
                os.replace(partial, path)
            except OSError as error:
                with contextlib.suppress(OSError):
                    partial.unlink()
                if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._drop(limits.FULL_PICTURES):
                    return False
                continue
            self._sizes[event_id] = len(jpeg)
            self._bytes += len(jpeg)
            while self._bytes > self._budget:
                self._drop(limits.TRIM_ROWS)
            return True
        return False

    def drop_before(self, event_id: int) -> None:
        """Delete those of deleted events. Ids rise approximately with time."""
        for known in [known for known in self._sizes if known < event_id]:
            self._remove(known)

    def clear(self) -> None:
        for known in list(self._sizes):
            self._remove(known)

    def _drop(self, count: int) -> int:
        oldest = list(self._sizes)[:count]
        for event_id in oldest:
            self._remove(event_id)
        return len(oldest)

    def _remove(self, event_id: int) -> None:
        self._bytes -= self._sizes.pop(event_id)
        self._path(event_id).unlink(missing_ok=True)

    def _path(self, event_id: int) -> Path:
        return self._folder / f"{event_id}.jpg"
