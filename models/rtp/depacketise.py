"""RTP payloads back to access units: what a camera sends, made into what a decoder takes.

One depacketiser for one track. Nothing here raises on bytes from outside: what cannot be understood is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from models.media.annexb import IDR, START_CODE, is_recovery_point

UNIT_BYTES_MAX = 4_000_000  # of one access unit; a sender that never sets the marker must not fill the memory


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture or one piece of sound. ``ticks``: its RTP timestamp; ``key``: a decoder may start here."""

    data: bytes
    ticks: int
    key: bool = True


class Depacketiser(Protocol):
    def feed(self, payload: bytes, ticks: int, marker: bool, follows: bool) -> list[Frame]:
        """``ticks`` unwrapped; ``follows``: no packet was lost before this one."""
        ...


@dataclass(slots=True)
class _Assembly:
    """Collects parts until the marker, or until another timestamp where markers are missing."""

    parts: list[bytes] = field(default_factory=list)
    ticks: int = 0
    size: int = 0
    damaged: bool = False
    key: bool = False

    def begins_another(self, ticks: int) -> bool:
        return ticks != self.ticks and (bool(self.parts) or self.damaged)

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > UNIT_BYTES_MAX:
            self.damaged = True
            self.parts.clear()
        else:
            self.parts.append(part)

    def take(self) -> list[Frame]:
        frames = [] if self.damaged or not self.parts else [Frame(b"".join(self.parts), self.ticks, self.key)]
        self.parts, self.size, self.damaged, self.key = [], 0, False, False
        return frames


class _NalUnits:
    """What H.264 and H.265 have in common: whole, aggregated and fragmented NAL units to Annex-B.

    Some cameras set the marker on parameter sets, others on every slice. The former are kept for the picture that
    follows; where the latter is seen, a picture ends with its time stamp instead.
    """

    def __init__(self) -> None:
        self._unit = _Assembly()
        self._fragment: list[bytes] = []
        self._pictured = False  # there is a slice in the unit
        self._marked = -1  # ticks of the unit that the marker ended
        self._by_ticks = False

    def feed(self, payload: bytes, ticks: int, marker: bool, follows: bool) -> list[Frame]:
        frames = self._end() if self._unit.begins_another(ticks) and self._is_picture else []
        self._unit.ticks = ticks
        if not follows:
            self._unit.damaged = True
            self._fragment = []
        self._take(payload)
        if marker and self._is_picture and not self._by_ticks:
            self._marked = ticks
            frames += self._end()
        return frames

    @property
    def _is_picture(self) -> bool:
        return self._pictured or self._unit.damaged

    def _end(self) -> list[Frame]:
        self._fragment, self._pictured = [], False
        return self._unit.take()

    def _take(self, payload: bytes) -> None:
        raise NotImplementedError

    def _is_key(self, nal: bytes) -> bool:
        raise NotImplementedError

    def _is_slice(self, nal: bytes) -> bool:
        raise NotImplementedError

    def _goes_on(self, nal: bytes) -> bool:
        """Whether a slice is not the first one of its picture."""
        raise NotImplementedError

    def _add(self, nal: bytes) -> None:
        if nal:
            if self._is_slice(nal):
                if not self._pictured and self._goes_on(nal) and self._unit.ticks == self._marked:
                    self._by_ticks = True
                self._pictured = True
            self._unit.key = self._unit.key or self._is_key(nal)
            self._unit.add(START_CODE + nal)

    def _aggregated(self, payload: bytes, at: int) -> None:
        while at + 2 <= len(payload):
            length = int.from_bytes(payload[at : at + 2], "big")
            self._add(payload[at + 2 : at + 2 + length])
            at += 2 + length

    def _fragmented(self, header: bytes, body: bytes, start: bool, end: bool) -> None:
        if start:
            self._fragment = [header]
        if not self._fragment:
            self._unit.damaged = True  # its beginning was lost
            return
        self._fragment.append(body)
        if end:
            self._add(b"".join(self._fragment))
            self._fragment = []


class H264(_NalUnits):
    """RFC 6184: single NAL unit packets, STAP-A, FU-A (what packetization modes 0 and 1 allow)."""

    def _take(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F if payload else 0
        if 1 <= kind <= 23:
            self._add(payload)
        elif kind == 24:
            self._aggregated(payload, 1)
        elif kind == 28 and len(payload) > 2:
            flags = payload[1]
            header = bytes((payload[0] & 0xE0 | flags & 0x1F,))
            self._fragmented(header, payload[2:], bool(flags & 0x80), bool(flags & 0x40))

    def _is_key(self, nal: bytes) -> bool:
        return nal[0] & 0x1F == IDR or is_recovery_point(nal)

    def _is_slice(self, nal: bytes) -> bool:
        return 1 <= nal[0] & 0x1F <= IDR

    def _goes_on(self, nal: bytes) -> bool:
        return len(nal) > 1 and nal[1] < 0x80  # first_mb_in_slice is not 0 (7.3.3)


class H265(_NalUnits):
    """RFC 7798 without decoding order numbers (sprop-max-don-diff=0): single, AP, FU."""

    def _take(self, payload: bytes) -> None:
        if len(payload) < 3:
            return
        kind = payload[0] >> 1 & 0x3F
        if kind < 48:
            self._add(payload)
        elif kind == 48:
            self._aggregated(payload, 2)
        elif kind == 49:
            flags = payload[2]
            header = bytes((payload[0] & 0x81 | (flags & 0x3F) << 1, payload[1]))
            self._fragmented(header, payload[3:], bool(flags & 0x80), bool(flags & 0x40))

    def _is_key(self, nal: bytes) -> bool:
        return 16 <= nal[0] >> 1 & 0x3F <= 21  # BLA, IDR, CRA

    def _is_slice(self, nal: bytes) -> bool:
        return nal[0] >> 1 & 0x3F < 32

    def _goes_on(self, nal: bytes) -> bool:
        return len(nal) > 2 and nal[2] < 0x80  # first_slice_segment_in_pic_flag is 0 (7.3.6.1)


class Whole:
    """Codecs whose payload is the bytes of the frame, over one packet or several up to the marker (MPEG-4 Part 2)."""

    def __init__(self, is_key: Callable[[bytes], bool]) -> None:
        self._unit = _Assembly()
        self._is_key = is_key

    def feed(self, payload: bytes, ticks: int, marker: bool, follows: bool) -> list[Frame]:
        frames = self._unit.take() if self._unit.begins_another(ticks) else []
        self._unit.ticks = ticks
        self._unit.damaged = self._unit.damaged or not follows
        if not self._unit.parts:
            self._unit.key = self._is_key(payload)
        self._unit.add(payload)
        return frames + (self._unit.take() if marker else [])


class EachPacket:
    """One packet is one piece of sound, after ``skip`` bytes of header: G.711, G.722, G.726, L16, Opus, MPEG."""

    def __init__(self, skip: int = 0) -> None:
        self._skip = skip

    def feed(self, payload: bytes, ticks: int, marker: bool, follows: bool) -> list[Frame]:
        data = payload[self._skip :]
        return [Frame(data, ticks)] if data else []


class AacHbr:
    """RFC 3640: access units behind a table of their sizes; one may be spread over several packets."""

    def __init__(self, size_bits: int = 13, index_bits: int = 3, frame_ticks: int = 1024) -> None:
        self._size_bits, self._header_bits = size_bits, size_bits + index_bits
        self._frame_ticks = frame_ticks
        self._part = b""
        self._part_size = 0

    def feed(self, payload: bytes, ticks: int, marker: bool, follows: bool) -> list[Frame]:
        if not follows:
            self._part = b""
        table_bits = int.from_bytes(payload[:2], "big")
        at = 2 + -(-table_bits // 8)
        if self._header_bits == 0 or at >= len(payload):
            return []
        table = int.from_bytes(payload[2:at], "big") >> (-table_bits % 8)
        count = table_bits // self._header_bits
        sizes = [
            table >> (table_bits - index * self._header_bits - self._size_bits) & ((1 << self._size_bits) - 1)
            for index in range(count)
        ]
        if count == 1 and sizes[0] > len(payload) - at:
            return self._partial(payload[at:], sizes[0], ticks)
        self._part = b""
        frames = []
        for index, size in enumerate(sizes):
            if at + size > len(payload):
                break
            frames.append(Frame(payload[at : at + size], ticks + index * self._frame_ticks))
            at += size
        return frames

    def _partial(self, part: bytes, size: int, ticks: int) -> list[Frame]:
        if size != self._part_size:
            self._part = b""
        self._part, self._part_size = self._part + part, size
        if len(self._part) < size:
            return []
        whole, self._part = self._part[:size], b""
        return [Frame(whole, ticks)]


class Latm:
    """RFC 6416 §6.3 with the configuration out of band: each element is a length in bytes of 255 and its AAC frame."""

    def __init__(self, frame_ticks: int = 1024) -> None:
        self._frame_ticks = frame_ticks
        self._unit = _Assembly()

    def feed(self, payload: bytes, ticks: int, marker: bool, follows: bool) -> list[Frame]:
        self._unit.ticks = ticks
        self._unit.damaged = self._unit.damaged or not follows
        self._unit.add(payload)
        if not marker:
            return []
        elements = [frame.data for frame in self._unit.take()]
        data = elements[0] if elements else b""
        frames: list[Frame] = []
        at = 0
        while at < len(data):
            size = 0
            while at < len(data):
                size, at, more = size + data[at], at + 1, data[at] == 255
                if not more:
                    break
            if size == 0 or at + size > len(data):
                break
            frames.append(Frame(data[at : at + size], ticks + len(frames) * self._frame_ticks))
            at += size
        return frames


def latm_config(stream_mux_config: bytes) -> bytes:
    """The AudioSpecificConfig in a StreamMuxConfig (14496-3 table 1.42): behind 15 bits; b"" where it is unusual."""
    bits = int.from_bytes(stream_mux_config, "big")
    length = 8 * len(stream_mux_config)
    if length < 15 + 16 or bits >> (length - 1):  # audioMuxVersion 1
        return b""
    body = bits & ((1 << (length - 15)) - 1)
    return (body << (-(length - 15) % 8)).to_bytes(-(-(length - 15) // 8), "big")
