"""A video file (or a still picture) as a camera: looped in real time."""

import os
import time
from pathlib import Path

import av
import av.error

from actors.camera.geometry import Geometry, geometry_of
from actors.camera.source import SourceInfo, SourcePacket
from actors.shared.media.container import SourceError, in_words, open_input
from actors.shared.media.loop_clock import NS, LoopClock, shared_clock
from models.media import sizes
from models.media.rate import ASSUMED_FPS, FASTEST
from models.media.source_address import MediaAddress

LONGEST_WAIT_S = 0.25
LATE_S = 3.0  # further behind than this: jump to the current position
STILL_FPS = 5.0
JUMP_NS, JUMP_BACK_NS = 10 * NS, NS  # between two packets: the timestamps have restarted
EMPTY_LOOPS = 3  # a file without packets this many times is broken


class FileSource:
    sound = None
    depth_ms = 0

    def __init__(self, path: str, run_dir: Path) -> None:
        self._path, self._name = path, os.path.basename(path)
        context, shape, self._still = self._look()
        self._open()
        rate = float(self._stream.average_rate or self._stream.guessed_rate or 0)
        self._fps = rate if 0 < rate <= FASTEST else ASSUMED_FPS
        self._clock = self._make_clock(run_dir)
        self.info = SourceInfo(
            kind="file",
            title=f"file {self._name}",
            codec=context.name,
            size=shape.size,
            fps=STILL_FPS if self._still else self._fps,
            sizes=sizes.ladder(shape.upright),
            rates=sizes.rates(STILL_FPS if self._still else self._fps),
            live=False,
            reordered=bool(context.has_b_frames),
            aspect=shape.aspect,
            turned=shape.turned,
        )
        self._pending: SourcePacket | None = None
        self._due = 0
        self._empty_loops = 0
        self._catching_up = True
        self._begin(time.monotonic_ns(), seek=True)

    # ---------------------------------------------------------------- opening
    def _look(self) -> tuple[av.VideoCodecContext, Geometry, bytes]:
        """Determine the format; returns the packet of its only picture, b"" if there are more."""
        self._open()
        context = self._stream.codec_context
        frame: av.VideoFrame | None = None
        packets: list[bytes] = []
        try:
            for packet in self._packets:
                if packet.size:
                    packets.append(bytes(packet))
                frames = context.decode(packet) if frame is None else []
                frame = frames[0] if frames else frame
                if frame is not None and len(packets) > 1:
                    break
        except (av.error.FFmpegError, OSError) as error:
            self._container.close()
            raise SourceError(in_words(error, self._name)) from None
        if frame is None:
            self._container.close()
            raise SourceError(f"{self._name} contains no pictures")
        self._container.close()
        return context, geometry_of(context, frame), packets[0] if len(packets) == 1 else b""

    def _open(self) -> None:
        self._container = open_input(MediaAddress("file", self._path))
        stream = self._container.streams.best("video")  # FFmpeg's choice: the video, not its cover picture
        if not isinstance(stream, av.VideoStream):
            self._container.close()
            raise SourceError(f"{self._name} has no picture")
        stream.thread_type = "SLICE"
        self._stream = stream
        self._start = self._container.start_time or 0
        self._packets = self._container.demux(stream)

    def _make_clock(self, run_dir: Path) -> LoopClock:
        if self._still:
            return LoopClock(time.monotonic_ns(), int(NS / STILL_FPS))
        microseconds = self._container.duration
        if microseconds is None or microseconds <= 0:
            # A raw elementary stream has no duration. Nothing has to stay in sync with it: loop at its end.
            return LoopClock(time.monotonic_ns(), 0)
        return shared_clock(run_dir, self._path, microseconds * 1000)

    def _begin(self, now: int, seek: bool) -> None:
        """Continue at the packet for ``now``, or at the beginning of the current loop."""
        self._fresh = True
        self._counter = 0
        self._last: int | None = None  # decoding time of the previous packet, ns of the file
        if self._still:
            return
        if self._clock.duration == 0:
            self._clock, self._loop = LoopClock(now, 0), 0
        else:
            self._loop = self._clock.loop(now)
        if self._clock.duration == 0 or not seek:
            self._container.close()
            self._open()  # a file without an index cannot be seeked, and not always rewound
            return
        position = self._clock.position(now)
        try:
            self._container.seek(self._start + position // 1000, backward=True)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        self._packets = self._container.demux(self._stream)

    # ---------------------------------------------------------------- playing
    def read(self) -> SourcePacket | None:
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
        source_packet, self._pending = self._pending, None
        return source_packet

    def _next(self) -> SourcePacket | None:
        if self._still:
            self._due = max(self._due + int(NS / STILL_FPS), time.monotonic_ns())
            return SourcePacket(self._due, self._still, restart=True)
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        if packet is None or packet.size == 0:
            return self._next_loop()
        base = self._stream.time_base
        stamped = packet.dts is not None and base is not None
        if packet.dts is None or base is None:
            decode_at = show_at = int(self._counter / self._fps * NS)
        else:
            start = self._start * 1000
            decode_at = int(packet.dts * base * NS) - start
            show_at = int((packet.pts if packet.pts is not None else packet.dts) * base * NS) - start
        self._follow_jump(decode_at)
        self._counter += 1
        self._due = self._clock.when(self._loop, max(decode_at, 0))
        fresh, self._fresh = self._fresh, False
        pts = self._clock.when(self._loop, show_at)
        self._empty_loops = 0
        return SourcePacket(pts, bytes(packet), packet.is_keyframe, restart=fresh, stamped=stamped)

    def _follow_jump(self, decode_at: int) -> None:
        """If the timestamps restart, so does the clock: the duration of such a file is unknown."""
        last, self._last = self._last, decode_at
        if last is not None and not -JUMP_BACK_NS < decode_at - last < JUMP_NS:
            self._clock = LoopClock(self._due + int(NS / self._fps) - decode_at, 0)
            self._loop, self._fresh = 0, True

    def _next_loop(self) -> SourcePacket | None:
        self._empty_loops += 1
        if self._empty_loops > EMPTY_LOOPS:
            raise SourceError(f"{self._name} contains no pictures")
        loop = self._loop
        self._begin(time.monotonic_ns(), seek=False)
        if self._clock.duration:
            self._loop = loop + 1  # its first picture is due when the previous loop has run its full time
        self._due = self._clock.when(self._loop, 0)
        return None

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return True  # scaled and decimated by the outputs

    def codec_context(self) -> av.VideoCodecContext | None:
        return self._stream.codec_context

    def close(self) -> None:
        self._container.close()
