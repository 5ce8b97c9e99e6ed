"""H.265 in RTP without decoding order numbers (RFC 7798): single NAL unit packets, aggregation packets, fragments."""

import struct
from collections.abc import Sequence

from models.media.hevc import AUD, FILLER, PPS, PREFIX_SEI, SPS, VPS, nal_type
from models.rtp.packetise import Packetiser, Payload

AGGREGATION = 48  # §4.4.2
FRAGMENTATION = 49  # §4.4.3
_FU_START, _FU_END = 0x80, 0x40
_SMALL = frozenset({VPS, SPS, PPS, PREFIX_SEI})
_NOT_SENT = frozenset({AUD, FILLER})


def aggregate(nal_units: Sequence[bytes]) -> Payload:
    """One aggregation packet of several NAL units, or the only NAL unit itself."""
    if len(nal_units) == 1:
        return (nal_units[0],)
    forbidden = max(unit[0] & 0x80 for unit in nal_units)
    layer = min((unit[0] & 1) << 5 | unit[1] >> 3 for unit in nal_units)
    temporal = min(unit[1] & 7 for unit in nal_units)
    head = bytes((forbidden | AGGREGATION << 1 | layer >> 5, (layer & 0x1F) << 3 | temporal))
    parts: list[bytes | memoryview] = [head]
    for unit in nal_units:
        parts += (struct.pack("!H", len(unit)), unit)
    return tuple(parts)


def fragment(nal_unit: bytes, payload_max: int) -> list[Payload]:
    """One NAL unit as fragments, all of ``payload_max`` bytes but the last."""
    view = memoryview(nal_unit)
    head = bytes((view[0] & 0x81 | FRAGMENTATION << 1, view[1]))
    kind = view[0] >> 1 & 0x3F
    step = payload_max - 3
    payloads: list[Payload] = []
    for at in range(2, len(view), step):
        start = _FU_START if at == 2 else 0
        end = _FU_END if at + step >= len(view) else 0
        payloads.append((head + bytes((start | end | kind,)), view[at : at + step]))
    return payloads


packetise = Packetiser(nal_type, _SMALL, _NOT_SENT, aggregate, fragment, header_bytes=2, shortest=3)
