"""Small files: read where they can be, and written atomically."""

import json
import os
import tempfile
from pathlib import Path


def text_of(path: Path) -> str:
    """The content of the file; "" if there is none, or it cannot be read (a container may hide it)."""
    try:
        return path.read_text()
    except OSError:
        return ""


def stored_json(path: Path) -> object:
    """The content of the file; None if there is none, or it cannot be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace ``path`` by ``data``: after a crash there is the old content or the new one, never a part of either.

    Raises:
        OSError: the disk is full or read-only; the old content is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
