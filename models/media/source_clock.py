"""From a source's own time stamps to CLOCK_MONOTONIC, corrected for drift; never the time of arrival.

A packet cannot arrive before it was captured. So the smallest delay of the last seconds is the best estimate of the
distance between the two clocks, and a packet that came later was delayed in the camera or in the network. The longest
such delay is the depth of the jitter buffer that the source needs.
"""

from bisect import insort
from collections import deque
from dataclasses import dataclass, field

NS = 1_000_000_000
BUCKET_NS = 2 * NS
BUCKETS = 10  # 20 s are looked at
SETTLE_NS = 2 * NS  # after the beginning the estimate may fall freely: cameras send what they had kept at once
FALL = 0.05  # ns per ns of arrival, afterwards
RISE = 0.005  # a drift of 200 ppm needs 0.0002
STEP_NS = NS // 2  # a fall by more than this is followed at once
SMALL_NS = 20_000_000  # unevenness that needs no buffer
JUMP_NS = 10 * NS  # the time stamps have begun anew
BACK_NS = NS  # further back than any reordering of pictures
STUCK_NS = NS  # packets come and their time stamps stand still: they are of no use
STUCK_PACKETS = 12
REORDERED_MAX = 16  # pictures that one may overtake (H.264 A.3.1)
APART_NS = 3 * NS  # two tracks that a camera calls simultaneous, and that arrive further apart than this, are not


@dataclass(slots=True)
class SourceClock:
    """The distance between a source's clock and ours, for all streams that share the source's clock."""

    offset: float | None = None  # CLOCK_MONOTONIC ns minus ns of the source
    settled: int = 0  # rises whenever the estimate has fallen by so much that lateness has to be measured anew
    _began: int = 0
    _seen: int = 0
    _delays: deque[list[int]] = field(default_factory=deque)  # [arrival of the first, smallest delay]

    def restart(self, delay: int, arrival: int) -> None:
        self.offset, self._began, self._seen = float(delay), arrival, arrival
        self.settled += 1
        self._delays = deque([[arrival, delay]])

    def observe(self, delay: int, arrival: int) -> None:
        """``delay``: arrival minus the source's time of one packet that came as early as it could."""
        if self.offset is None:
            self.restart(delay, arrival)
            return
        passed, self._seen = arrival - self._seen, arrival
        if arrival - self._delays[-1][0] > BUCKET_NS:
            self._delays.append([arrival, delay])
            if len(self._delays) > BUCKETS:
                self._delays.popleft()
        self._delays[-1][1] = min(self._delays[-1][1], delay)
        difference = min(smallest for _, smallest in self._delays) - self.offset
        if difference >= 0:
            self.offset += min(difference, RISE * passed)
            return
        free = arrival - self._began < SETTLE_NS or difference < -STEP_NS
        step = difference if free else max(difference, -FALL * passed)
        self.settled += step < -SMALL_NS
        self.offset += step


@dataclass(slots=True)
class StreamClock:
    """One stream. ``feed`` each packet in the order of decoding, then ask ``at``.

    ``deepest``: the most that may be buffered. ``shared``: the clock of another stream that this one follows where
    both agree; ``breaks``: how often its time stamps have jumped; ``useless``: they stand still, arrival is better.
    """

    deepest: int = NS
    shared: SourceClock | None = None
    breaks: int = 0
    useless: bool = False
    own: SourceClock = field(default_factory=SourceClock)
    _newest: int | None = None
    _newest_at: int = 0
    _stuck: int = 0
    _settled: tuple[int, int] = (0, 0)
    _late: deque[list[int]] = field(default_factory=deque)  # [arrival of the first, largest lateness]

    @property
    def clock(self) -> SourceClock:
        """The shared clock if it agrees with this stream, else the stream's own."""
        own, shared = self.own, self.shared
        if shared is None or shared.offset is None or own.offset is None:
            return own
        return shared if abs(shared.offset - own.offset) < APART_NS else own

    def feed(self, media: int, arrival: int) -> None:
        """``media``: ns of the source's clock; ``arrival``: CLOCK_MONOTONIC ns."""
        delay = arrival - media
        if self._newest is None:
            self._newest, self._newest_at = media, arrival
            self.own.observe(delay, arrival)
        advance, passed = media - self._newest, arrival - self._newest_at
        self._stuck = self._stuck + 1 if advance <= 0 else 0
        if self._stuck > STUCK_PACKETS and passed > STUCK_NS:
            self.useless = True
        if advance < -BACK_NS or abs(advance - passed) > JUMP_NS:
            self.breaks += 1
            self._newest, self._newest_at, self._stuck = media, arrival, 0
            self.own.restart(delay, arrival)
            self._late.clear()
            return
        if advance <= 0:
            return  # a reordered picture: sent later than it is shown
        self._newest, self._newest_at = media, arrival
        self.own.observe(delay, arrival)
        clock = self.clock
        if clock is not self.own:
            clock.observe(delay, arrival)
        assert clock.offset is not None
        self._measure(int(delay - clock.offset), arrival, (id(clock), clock.settled))

    def _measure(self, late: int, arrival: int, settled: tuple[int, int]) -> None:
        if settled != self._settled:
            self._settled = settled
            self._late.clear()
        if not self._late or arrival - self._late[-1][0] > BUCKET_NS:
            self._late.append([arrival, late])
            if len(self._late) > BUCKETS:
                self._late.popleft()
        self._late[-1][1] = max(self._late[-1][1], late)

    @property
    def depth(self) -> int:
        """Ns that a packet may have to wait so that all come out evenly; 0 for a steady source.

        The second largest lateness counts, so that one hiccup in twenty seconds does not delay everybody.
        """
        largest = sorted((late for _, late in self._late), reverse=True)
        needed = largest[min(1, len(largest) - 1)] if largest else 0
        return min(needed, self.deepest) if needed > SMALL_NS else 0

    def at(self, media: int) -> int:
        """CLOCK_MONOTONIC ns of the capture. After the first ``feed``."""
        offset = self.clock.offset
        assert offset is not None
        return media + int(offset)


@dataclass(slots=True)
class DecodeOrder:
    """When each picture of a reordered stream is decoded, on the clock of its presentation, where nobody says it.

    The smallest of the last few time stamps, of as many as pictures overtake each other (as FFmpeg guesses it too).
    """

    _last: list[int] = field(default_factory=list)  # ascending
    _depth: int = 0

    def time_of(self, media: int) -> int:
        """``media``: ns, of the next picture in the order of decoding."""
        if self._last and media < self._last[0] - BACK_NS:
            self._last = []  # the time stamps have begun anew
        self._depth = min(max(self._depth, sum(other > media for other in self._last)), REORDERED_MAX)
        insort(self._last, media)
        del self._last[: len(self._last) - self._depth - 1]
        return self._last[0]
