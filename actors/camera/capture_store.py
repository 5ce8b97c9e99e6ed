"""Full-resolution captures on disk: the last few, for ten minutes, also across a restart of the camera's process."""

import secrets
from pathlib import Path

import simplejpeg

from config.clock import unix_ms
from config.files import write_atomically
from models.messages.camera import CaptureView

KEPT = 4
KEPT_MS = 600_000
PREFIX = "capture-"


class CaptureStore:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._newest = self._find()
        self._added = 0

    def add(self, data: bytes, width: int, height: int) -> CaptureView:
        """Raises ``OSError`` if the disk is full."""
        now = unix_ms()
        self._added += 1  # the order of the names is that of their age, even within a millisecond
        capture_id = f"{now}-{self._added % 0x10000:04x}{secrets.token_hex(2)}"
        path = self._directory / f"{PREFIX}{capture_id}.jpg"
        self._tidy(keep=KEPT - 1)
        write_atomically(path, data)
        self._newest = CaptureView(capture_id, str(path), width, height, now, len(data))
        return self._newest

    def newest(self) -> CaptureView | None:
        """The last one, while it is not older than ten minutes."""
        if self._newest is not None and not 0 <= unix_ms() - self._newest.timestamp <= KEPT_MS:
            self._newest = None
            self._tidy(keep=0)
        return self._newest

    def clear(self) -> None:
        self._newest = None
        self._tidy(keep=0)

    def _find(self) -> CaptureView | None:
        """The last one of the previous process; damaged files are deleted."""
        for path in reversed(self._files()):
            capture_id = path.stem.removeprefix(PREFIX)
            try:
                data = path.read_bytes()
                height, width, _, _ = simplejpeg.decode_jpeg_header(data)
                return CaptureView(capture_id, str(path), width, height, int(capture_id.split("-")[0]), len(data))
            except (OSError, ValueError):
                path.unlink(missing_ok=True)
        return None

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob(f"{PREFIX}*.jpg"))

    def _tidy(self, keep: int) -> None:
        """Delete all but the ``keep`` newest files."""
        files = self._files()
        for path in files[: max(0, len(files) - keep)]:
            path.unlink(missing_ok=True)
