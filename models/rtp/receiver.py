"""The receiving side of one RTP source (RFC 3550): order, unwrapped time stamps, and sender reports."""

import struct
from dataclasses import dataclass, field

from models.rtp.packet import HEADER_BYTES, SEQUENCE_MASK, TIMESTAMP_MASK, parse_header
from models.rtp.rtcp import SENDER_REPORT

NS = 1_000_000_000
NTP_FRACTION = 1 << 32
AGREE_NS = 60_000_000
AGREE_TIMES = 3
PULL = 0.1


@dataclass(slots=True)
class Receiver:
    """``rate``: of the RTP clock."""

    payload_type: int
    rate: int
    lost: int = 0
    _ssrc: int | None = None
    _next: int = 0
    _last: int | None = None  # unwrapped ticks

    def take(self, packet: bytes) -> tuple[bytes, int, bool, bool] | None:
        """(payload, unwrapped ticks, marker, nothing was lost before it); None for what belongs to somebody else."""
        header = parse_header(packet)
        if header is None or header.payload_type != self.payload_type:
            return None
        payload = _payload(packet)
        fresh = header.ssrc != self._ssrc
        if fresh:
            self._ssrc, self._last = header.ssrc, None if self._last is None else self._last
        gap = (header.sequence_number - self._next) & SEQUENCE_MASK
        if not fresh and gap > SEQUENCE_MASK // 2:
            return None  # late or twice: it was counted as lost
        follows = fresh or gap == 0
        self.lost += 0 if follows else gap
        self._next = (header.sequence_number + 1) & SEQUENCE_MASK
        return payload, self._unwrapped(header.timestamp), header.marker, follows

    def _unwrapped(self, timestamp: int) -> int:
        if self._last is None:
            self._last = timestamp
            return timestamp
        step = (timestamp - self._last) & TIMESTAMP_MASK
        if step > TIMESTAMP_MASK // 2:
            step -= TIMESTAMP_MASK + 1
        self._last += step
        return self._last

    def media(self, ticks: int) -> int:
        """Ns on this source's own clock."""
        return ticks * NS // self.rate

    def report(self, compound: bytes) -> int | None:
        """From a sender report: NTP ns minus ``media`` of the same moment; None where there is none."""
        if len(compound) < 28 or compound[1] != SENDER_REPORT or self._last is None:
            return None
        ssrc, seconds, fraction, timestamp = struct.unpack_from("!IIII", compound, 4)
        if ssrc != self._ssrc or seconds == 0:
            return None
        step = (timestamp - self._last) & TIMESTAMP_MASK
        if step > TIMESTAMP_MASK // 2:
            step -= TIMESTAMP_MASK + 1
        return int(seconds) * NS + int(fraction) * NS // NTP_FRACTION - self.media(self._last + step)


def _payload(packet: bytes) -> bytes:
    """Without CSRCs, extension and padding (RFC 3550 §5.1, §5.3.1)."""
    begin = HEADER_BYTES + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10 and len(packet) >= begin + 4:
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    end = len(packet)
    if packet[0] & 0x20 and end > begin:
        end = max(begin, end - packet[-1])
    return packet[begin:end]


@dataclass(slots=True)
class MediaSync:
    """Where the sound lies on the clock of the picture, by the sender reports of both.

    Cameras report nonsense while their clock is being set, so a new distance counts when it was said three times,
    and a slightly different one is followed slowly.
    """

    _bases: dict[bool, int] = field(default_factory=dict)
    _shift: float | None = None
    _said: int = 0
    _times: int = 0

    def learn(self, sound: bool, base: int) -> None:
        """``base``: NTP ns minus the source's own ns."""
        self._bases[sound] = base
        if len(self._bases) < 2:
            return
        shift = self._bases[True] - self._bases[False]
        if self._shift is not None and abs(shift - self._shift) < AGREE_NS:
            self._shift += (shift - self._shift) * PULL
            self._times = 0
            return
        self._times = self._times + 1 if abs(shift - self._said) < AGREE_NS else 1
        self._said = shift
        if self._shift is None or self._times >= AGREE_TIMES:
            self._shift = float(shift)

    def shifted(self, media: int) -> tuple[int, int]:
        """(ns, axis): on the picture's axis 0 once the relation is known, else on axis 1, its own."""
        return (media, 1) if self._shift is None else (media + int(self._shift), 0)
