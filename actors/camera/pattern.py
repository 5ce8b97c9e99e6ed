"""``pattern:``, the moving test picture: a camera for a device that has none."""

import time

import av
import numpy as np

from actors.camera.source import SourceInfo, SourcePacket
from config.clock import wall_of
from models.media import i420, sizes, test_picture

LARGEST = (1920, 1080)
FASTEST = 60
NS = 1_000_000_000
LONGEST_WAIT_S = 0.25


class PatternSource:
    """``reason``: why it replaces a camera; detectors then ignore it."""

    sound = None
    depth_ms = 0

    def __init__(self, size: sizes.Size | None, fps: int, reason: str = "") -> None:
        self._caption = f"TEST PATTERN: {reason}" if reason else "TEST PATTERN"
        offered = sizes.ladder(LARGEST)
        self._size = sizes.choose(size, offered)
        self._interval = NS // max(1, min(fps, FASTEST))
        self._next = time.monotonic_ns()
        self._counter = 0
        self.info = SourceInfo(
            kind="pattern",
            title=f"test pattern ({reason})" if reason else "test pattern",
            codec="drawn",
            size=self._size,
            fps=float(max(1, min(fps, FASTEST))),
            sizes=offered,
            rates=sizes.rates(FASTEST),
            live=False,
            stand_in=reason,
        )

    def read(self) -> SourcePacket | None:
        now = time.monotonic_ns()
        if now < self._next:
            time.sleep(min((self._next - now) / NS, LONGEST_WAIT_S))
            if time.monotonic_ns() < self._next:
                return None
        pts = self._next if now - self._next < self._interval else now
        self._next = pts + self._interval
        self._counter += 1
        counter = self._counter
        return SourcePacket(pts, draw=lambda: self._draw(pts, counter))

    def _draw(self, pts: int, counter: int) -> i420.Picture:
        width, height = self._size
        flat = np.empty(i420.size_of(width, height), np.uint8)
        test_picture.draw(flat, width, height, counter, wall_of(pts), self._caption)
        planes = i420.planes(flat, width, height)
        return i420.Picture(*planes, pts=pts, full_range=False, stand_in=bool(self.info.stand_in))

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        wanted = sizes.choose(size, self.info.sizes)
        return wanted == self.info.size and NS // max(1, min(int(fps), FASTEST)) == self._interval

    def codec_context(self) -> av.VideoCodecContext | None:
        return None

    def close(self) -> None:
        """Nothing is open."""
