"""A number that rises for ever, shared by processes: the generation of the video stream."""

import fcntl
import os
from pathlib import Path


def next_number(path: Path) -> int:
    """Count one on and keep it on disk. A damaged file starts again at 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        number = int(text) + 1 if text.isascii() and text.isdigit() else 1
        os.pwrite(descriptor, f"{number:020d}\n".encode(), 0)  # always as long: never half of a longer one
        os.fdatasync(descriptor)
        return number
    finally:
        os.close(descriptor)
