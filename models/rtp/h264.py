"""H.264 in RTP, packetization-mode 1 (RFC 6184): single NAL unit packets, STAP-A, FU-A."""

import struct
from collections.abc import Sequence

from models.media.annexb import AUD, PPS, SEI, SPS, nal_type
from models.rtp.packetise import Packetiser, Payload

CLOCK_RATE = 90_000  # RFC 6184 §8.2.1
PAYLOAD_TYPE = 96

FILLER = 12  # nal_unit_type
STAP_A = 24  # RFC 6184 §5.7.1
FU_A = 28  # RFC 6184 §5.8
_FU_START, _FU_END = 0x80, 0x40
_SMALL = frozenset({SEI, SPS, PPS})
_NOT_SENT = frozenset({AUD, FILLER})  # the marker bit says what a delimiter would say


def aggregate(nal_units: Sequence[bytes]) -> Payload:
    """One STAP-A of several NAL units, or the only NAL unit itself (RFC 6184 §5.7.1)."""
    if len(nal_units) == 1:
        return (nal_units[0],)
    forbidden = max(nal_unit[0] & 0x80 for nal_unit in nal_units)
    nri = max(nal_unit[0] & 0x60 for nal_unit in nal_units)
    parts: list[bytes | memoryview] = [bytes((forbidden | nri | STAP_A,))]
    for nal_unit in nal_units:
        parts += (struct.pack("!H", len(nal_unit)), nal_unit)
    return tuple(parts)


def fragment(nal_unit: bytes, payload_max: int) -> list[Payload]:
    """One NAL unit as FU-A payloads, all of ``payload_max`` bytes but the last (RFC 6184 §5.8)."""
    view = memoryview(nal_unit)
    fu_indicator = view[0] & 0xE0 | FU_A  # F and NRI as they were
    kind = view[0] & 0x1F
    step = payload_max - 2
    payloads: list[Payload] = []
    for at in range(1, len(view), step):
        start = _FU_START if at == 1 else 0
        end = _FU_END if at + step >= len(view) else 0
        payloads.append((bytes((fu_indicator, start | end | kind)), view[at : at + step]))
    return payloads


packetise = Packetiser(nal_type, _SMALL, _NOT_SENT, aggregate, fragment, header_bytes=1, shortest=1)
