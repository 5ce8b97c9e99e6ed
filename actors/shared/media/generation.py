"""A number that always increases, shared by processes: the generation of the video stream."""

import fcntl
import os
from pathlib import Path


def next_number(path: Path) -> int:
    """Increment it on disk. A damaged file starts again at 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        number = int(text) + 1 if text.isascii() and text.isdigit() else 1
        os.pwrite(
            descriptor, f"{number:020d}\n".encode(), 0
        )  # always the same length, so that no part of a longer number remains
        os.fdatasync(descriptor)
        return number
    finally:
        os.close(descriptor)
