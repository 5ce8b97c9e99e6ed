"""Disk space, for clips."""

import os
from pathlib import Path

STAYS_FREE_BYTES = 256 << 20
STAYS_FREE_SHARE = 0.05  # of a small disk


def free(folder: Path) -> int:
    """Bytes that an ordinary user may still write there. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def stays_free(folder: Path) -> int:
    """Bytes that clips must leave free. Raises OSError."""
    found = os.statvfs(folder)
    return min(STAYS_FREE_BYTES, int(found.f_blocks * found.f_frsize * STAYS_FREE_SHARE))
