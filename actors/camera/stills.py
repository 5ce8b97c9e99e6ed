"""High-resolution stills on disk: the last few, for ten minutes."""

import secrets
import time
from pathlib import Path

from actors.media.clock import unix_ms
from config.files import write_atomically
from models.messages.camera import CaptureView

KEPT = 4
KEPT_S = 600


class Stills:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._newest: CaptureView | None = None
        self._taken_at = 0.0
        directory.mkdir(parents=True, exist_ok=True)
        self.tidy(keep=0)  # what a former life has left

    def add(self, data: bytes, width: int, height: int) -> CaptureView:
        """Raises ``OSError`` where the disk is full."""
        now = unix_ms()
        capture_id = f"{now}-{secrets.token_hex(4)}"
        path = self._directory / f"capture-{capture_id}.jpg"
        self.tidy(keep=KEPT - 1)
        write_atomically(path, data)
        self._newest = CaptureView(capture_id, str(path), width, height, now, len(data))
        self._taken_at = time.monotonic()
        return self._newest

    def newest(self) -> CaptureView | None:
        """The last one, while it is not older than ten minutes."""
        if self._newest is not None and time.monotonic() - self._taken_at > KEPT_S:
            self._newest = None
            self.tidy(keep=0)
        return self._newest

    def tidy(self, keep: int) -> None:
        """Delete all but the ``keep`` newest files."""
        files = sorted(self._directory.glob("capture-*.jpg"))
        for path in files[: max(0, len(files) - keep)]:
            path.unlink(missing_ok=True)
