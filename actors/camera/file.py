"""A video file (or a still picture) as a camera: looped, at the speed of the clock on the wall."""

import os
import time
from pathlib import Path

import av
import av.error

from actors.camera.source import Shot, SourceInfo
from actors.media.container import SourceError, in_words, open_input
from actors.media.loop_clock import NS, LoopClock, shared_clock
from models.media import sizes
from models.media.address import MediaAddress

LONGEST_WAIT_S = 0.25
LATE_S = 3.0  # further behind than this: jump to what belongs to now
STILL_FPS = 5.0
EMPTY_LOOPS = 3  # a file that gives no packet so often is broken


class FileSource:
    sound = None
    depth_ms = 0

    def __init__(self, path: str, run_dir: Path) -> None:
        self._name = os.path.basename(path)
        self._container = open_input(MediaAddress("file", path))
        if not self._container.streams.video:
            self._container.close()
            raise SourceError(f"{self._name} has no picture")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "SLICE"
        context = self._stream.codec_context
        if context.width <= 0 or context.height <= 0:
            self._container.close()
            raise SourceError(f"{self._name} has a picture without a size")
        self._fps = float(self._stream.average_rate or self._stream.guessed_rate or 25)
        self._still = (self._container.duration or 0) <= av.time_base / 20 and self._stream.frames <= 1
        self._clock = self._make_clock(run_dir, path)
        self.info = SourceInfo(
            kind="file",
            title=f"file {self._name}",
            codec=context.name,
            size=(context.width, context.height),
            fps=STILL_FPS if self._still else self._fps,
            sizes=sizes.ladder((context.width, context.height)),
            rates=sizes.rates(STILL_FPS if self._still else self._fps),
            live=False,
            reordered=bool(context.has_b_frames),
        )
        self._start = self._container.start_time or 0
        self._pending: Shot | None = None
        self._due = 0
        self._empty_loops = 0
        self._catching_up = True
        self._begin(time.monotonic_ns(), seek=True)

    def _make_clock(self, run_dir: Path, path: str) -> LoopClock:
        if self._still:
            return LoopClock(time.monotonic_ns(), int(NS / STILL_FPS))
        microseconds = self._container.duration
        if microseconds is None or microseconds <= 0:
            # A bare elementary stream does not say how long it is. Nothing else plays in step with it: loop at its end.
            return LoopClock(time.monotonic_ns(), 0)
        return shared_clock(run_dir, path, microseconds * 1000)

    def _begin(self, now: int, seek: bool) -> None:
        """Go on at the packet that belongs to ``now``, or at the beginning of the loop that runs then."""
        self._fresh = True
        self._counter = 0
        endless = self._clock.duration == 0
        self._loop = 0 if endless else self._clock.loop(now)
        position = 0 if endless or not seek else self._clock.position(now)
        if endless:
            self._clock = LoopClock(now, 0)
        try:
            self._container.seek(self._start + position // 1000, backward=True)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        self._packets = self._container.demux(self._stream)

    def read(self) -> Shot | None:
        if self._pending is None:
            self._pending = self._next()
        now = time.monotonic_ns()
        if now < self._due:
            self._catching_up = False
            time.sleep(min((self._due - now) / NS, LONGEST_WAIT_S))
            if time.monotonic_ns() < self._due:
                return None
        elif now - self._due > LATE_S * NS and not self._catching_up and self._clock.duration:
            self._pending = None
            self._catching_up = True
            self._begin(now, seek=True)
            return None
        shot, self._pending = self._pending, None
        return shot

    def _next(self) -> Shot | None:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        if packet is None or packet.size == 0:
            return self._next_loop()
        base = self._stream.time_base
        if packet.dts is None or base is None:
            decode_at = show_at = int(self._counter / self._fps * NS)
        else:
            start = self._start * 1000
            decode_at = int(packet.dts * base * NS) - start
            show_at = int((packet.pts if packet.pts is not None else packet.dts) * base * NS) - start
        self._counter += 1
        self._due = self._clock.when(self._loop, max(decode_at, 0))
        fresh, self._fresh = self._fresh, False
        shot = Shot(self._clock.when(self._loop, show_at), bytes(packet), packet.is_keyframe, restart=fresh)
        self._empty_loops = 0
        return shot

    def _next_loop(self) -> Shot | None:
        self._empty_loops += 1
        if self._empty_loops > EMPTY_LOOPS:
            raise SourceError(f"{self._name} holds no pictures")
        loop = self._loop
        self._begin(time.monotonic_ns(), seek=False)
        if self._clock.duration:
            self._loop = loop + 1  # its first picture is due when the loop before has run its whole time
        self._due = self._clock.when(self._loop, 0)
        return None

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return True  # scaled and thinned out by the outputs

    def codec_context(self) -> av.VideoCodecContext | None:
        return self._stream.codec_context

    def close(self) -> None:
        self._container.close()
