"""A thread that reads a feed and delivers its packets evenly, each with its time on CLOCK_MONOTONIC.

A steady source is not delayed. One that sends in bursts is delayed as much as its own jitter requires.
"""

import contextlib
import heapq
import itertools
import threading
import time
from dataclasses import dataclass, field

from actors.shared.media.container import SourceError
from actors.shared.media.limits import AHEAD_S, JOIN_S, QUEUED_BYTES_MAX, QUEUED_MAX, STALE_S
from actors.shared.media.network_feed import VIDEO_AXIS, Feed, Sample
from models.media.source_clock import NS, DecodeOrder, StreamClock

AHEAD_NS = AHEAD_S * NS
TRUSTED_NS = NS // 2  # no capture time is earlier than this: HLS is late by whole segments
STALE_NS = int(STALE_S * NS)


@dataclass(frozen=True, slots=True, order=True)
class ScheduledSample:
    """``due``: CLOCK_MONOTONIC ns from which on it may be delivered."""

    due: int
    serial: int
    sample: Sample = field(compare=False)
    clock: StreamClock | int = field(compare=False)  # determines its capture time: a clock, or a fixed offset
    breaks: int = field(compare=False, default=0)  # jumps of the clock when it was added
    known: int = field(compare=False, default=0)  # its capture time according to the clock then

    @property
    def pts(self) -> int:
        """Its capture time, CLOCK_MONOTONIC ns, by current knowledge: much is learnt at the beginning of a stream.

        A clock that has jumped since then is not used.
        """
        if isinstance(self.clock, int):
            return self.sample.media + self.clock
        if self.clock.breaks != self.breaks:
            return self.known
        return captured(self.clock, self.sample.media)


def captured(clock: StreamClock, media: int) -> int:
    """When a sample was captured, CLOCK_MONOTONIC ns, as ``clock`` knows it now."""
    return clock.at(media) + max(0, clock.depth - TRUSTED_NS)


class Playout:
    def __init__(self, feed: Feed, title: str) -> None:
        self.feed, self.title = feed, title
        self.leaves_out = False  # each picture is independent: late ones may be skipped
        self._picture = StreamClock(feed.depth_max)  # presentation time → capture time
        self._release = StreamClock(feed.depth_max)  # decoding time → delivery time
        self._order = DecodeOrder()
        self._sound = StreamClock(feed.depth_max)
        self._sound_axis: int | None = None
        self._pace: int | None = None  # offset of a source that is played at the speed of its timestamps
        self._last_due = {True: 0, False: 0}
        self._queue: list[ScheduledSample] = []
        self._bytes = 0
        self._serial = itertools.count()
        self._changed = threading.Condition()
        self._ended: BaseException | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"reader of {title}", daemon=True)
        self._thread.start()

    # ---------------------------------------------------------------- in the reader's thread
    def take(self, timeout_s: float) -> ScheduledSample | None:
        """The next packet when it is due; None if there was none in time. Raises ``SourceError`` at the end."""
        deadline = time.monotonic_ns() + int(timeout_s * NS)
        with self._changed:
            while True:
                now = time.monotonic_ns()
                if self._queue and self._queue[0].due <= now:
                    played = heapq.heappop(self._queue)
                    self._bytes -= len(played.sample.data)
                    self._changed.notify_all()
                    if self._is_stale(played, now):
                        continue
                    return played
                if not self._queue and self._ended is not None:
                    raise self._ended
                until = min(deadline, self._queue[0].due) if self._queue else deadline
                if now >= deadline:
                    return None
                self._changed.wait((until - now) / NS)

    def _is_stale(self, played: ScheduledSample, now: int) -> bool:
        """Whether the reader is too slow, and the next picture does not need this one."""
        if not self.leaves_out or played.sample.sound or now - played.due < STALE_NS:
            return False
        return any(not other.sample.sound and other.due <= now for other in self._queue)

    @property
    def depth_ms(self) -> int:
        """How long pictures wait so that they are delivered evenly."""
        return self._release.depth // 1_000_000

    @property
    def breaks(self) -> int:
        """How often the source's clock has jumped."""
        return self._picture.breaks

    def close(self) -> None:
        """The reading thread closes the feed; one that hangs in a library ends with its own timeout."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.feed.interrupt()
        self._thread.join(JOIN_S)

    # ---------------------------------------------------------------- the thread
    def _run(self) -> None:
        try:
            while not self._stopping:
                for sample in self.feed.read():
                    self._put(self._timed(sample))
        except BaseException as error:  # noqa: BLE001 (raised again by ``take``, in the thread that plays)
            with self._changed:
                self._ended = error
                self._changed.notify_all()
        finally:
            with contextlib.suppress(SourceError):
                self.feed.close()

    def _put(self, played: ScheduledSample) -> None:
        with self._changed:
            while not self._stopping and self._is_full(played):
                self._changed.wait(0.25)
            heapq.heappush(self._queue, played)
            self._bytes += len(played.sample.data)
            self._changed.notify_all()

    def _is_full(self, played: ScheduledSample) -> bool:
        if len(self._queue) >= QUEUED_MAX or self._bytes > QUEUED_BYTES_MAX:
            return True
        return self._pace is not None and played.due - time.monotonic_ns() > AHEAD_NS

    def _timed(self, sample: Sample) -> ScheduledSample:
        due, clock = self._paced(sample) if self.feed.paced else self._live(sample)
        due = max(due, self._last_due[sample.sound])
        self._last_due[sample.sound] = due
        if isinstance(clock, int):
            return ScheduledSample(due, next(self._serial), sample, clock)
        return ScheduledSample(due, next(self._serial), sample, clock, clock.breaks, captured(clock, sample.media))

    def _live(self, sample: Sample) -> tuple[int, StreamClock | int]:
        clock = self._clock_of(sample)
        clock.feed(sample.media, sample.arrival)
        if clock.useless:
            return sample.arrival, sample.arrival - sample.media
        if sample.sound:
            return clock.at(sample.media) + clock.depth, clock
        decode = self._order.time_of(sample.media) if sample.decode is None else sample.decode
        self._release.feed(decode, sample.arrival)
        return self._release.at(decode) + self._release.depth, clock

    def _clock_of(self, sample: Sample) -> StreamClock:
        if not sample.sound:
            return self._picture
        if sample.axis != self._sound_axis:
            self._sound_axis = sample.axis
            shared = self._picture.own if sample.axis == VIDEO_AXIS and self.feed.picture is not None else None
            self._sound = StreamClock(self.feed.depth_max, shared)
        return self._sound

    def _paced(self, sample: Sample) -> tuple[int, int]:
        decode = sample.media if sample.decode is None else sample.decode
        if self._pace is None or not -AHEAD_NS < decode + self._pace - sample.arrival < 4 * AHEAD_NS:
            self._pace = sample.arrival - decode  # the beginning, a jump of the timestamps, or a slow network
        return decode + self._pace, self._pace
