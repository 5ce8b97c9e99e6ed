"""From the capture clock (CLOCK_MONOTONIC, ns) to RTP timestamps, and from Unix time to NTP (RFC 3550 §4, §5.1).

The capture clock does not stop when a camera or an encoder is restarted, so neither do the timestamps.
"""

from dataclasses import dataclass

from models.rtp.packet import TIMESTAMP_MASK

NTP_EPOCH_S = 2_208_988_800  # from 1900-01-01 to 1970-01-01
SECOND_NS = 1_000_000_000
AUDIO_JITTER_S = 0.06  # capture stamps may wander by this much before the samples are believed to have a gap
OFFSET_SMOOTHING = 1 / 32


def ntp_time(wall_ns: int) -> tuple[int, int]:
    """Seconds since 1900 and the fraction in 2⁻³² s."""
    seconds, rest = divmod(wall_ns, SECOND_NS)
    return (seconds + NTP_EPOCH_S) & TIMESTAMP_MASK, (rest << 32) // SECOND_NS


def ticks_at(pts: int, rate: int) -> int:
    """Ticks of a clock of ``rate`` Hz from the zero of the capture clock to ``pts`` ns, to the nearest."""
    return (pts * rate + SECOND_NS // 2) // SECOND_NS


@dataclass(slots=True)
class VideoClock:
    """Each access unit is stamped with its time of capture."""

    rate: int
    base: int  # random, RFC 3550 §5.1
    last: int | None = None  # ticks since ``base``, not wrapped

    def next(self, pts: int) -> int:
        """Timestamp of the access unit captured at ``pts`` ns; always later than the one before."""
        ticks = ticks_at(pts, self.rate)
        if self.last is not None and ticks <= self.last:
            ticks = self.last + 1
        self.last = ticks
        return (self.base + ticks) & TIMESTAMP_MASK

    def at(self, pts: int) -> int:
        """The timestamp that belongs to the moment ``pts``."""
        return (self.base + ticks_at(pts, self.rate)) & TIMESTAMP_MASK


@dataclass(slots=True)
class AudioClock:
    """Samples are counted, as the sound card counts them; its drift against the capture clock shows in ``at``.

    A hole larger than ``AUDIO_JITTER_S`` (lost blocks, a restarted microphone) moves the count forward to the capture
    time. It never moves back: the same timestamp twice would be worse than a little sound that comes late.
    """

    rate: int
    base: int
    _next: int | None = None  # ticks since ``base`` of the coming frame
    _offset: float = 0.0  # counted ticks minus capture ticks, smoothed

    def next(self, pts: int, samples: int) -> int:
        """Timestamp of a frame of ``samples`` ticks captured at ``pts`` ns."""
        captured = ticks_at(pts, self.rate)
        if self._next is None:
            ticks, self._offset = captured, 0.0
        elif captured - self._next - self._offset > AUDIO_JITTER_S * self.rate:
            ticks, self._offset = max(captured, self._next), max(0.0, float(self._next - captured))
        else:
            ticks = self._next
            self._offset += (ticks - captured - self._offset) * OFFSET_SMOOTHING
        self._next = ticks + samples
        return (self.base + ticks) & TIMESTAMP_MASK

    def at(self, pts: int) -> int:
        """The timestamp that belongs to the moment ``pts``."""
        return (self.base + ticks_at(pts, self.rate) + round(self._offset)) & TIMESTAMP_MASK
