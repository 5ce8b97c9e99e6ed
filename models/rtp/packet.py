"""RTP packets (RFC 3550 §5.1): the fixed header, nothing more; no CSRC, padding or extension is ever sent."""

import struct
from dataclasses import dataclass

VERSION = 2
HEADER_BYTES = 12
PACKET_MAX = 1400  # with the header: fits an Ethernet frame with room for IPv6, UDP and a tunnel
PAYLOAD_MAX = PACKET_MAX - HEADER_BYTES
SEQUENCE_MASK = 0xFFFF
TIMESTAMP_MASK = 0xFFFF_FFFF
MARKER = 0x80

_FIXED = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class RtpHeader:
    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int

    def encode(self) -> bytes:
        """The twelve bytes of RFC 3550 §5.1."""
        second = self.payload_type | (MARKER if self.marker else 0)
        return _FIXED.pack(VERSION << 6, second, self.sequence_number, self.timestamp, self.ssrc)


def parse_header(packet: bytes) -> RtpHeader | None:
    """The fixed header of ``packet``; None where it is no RTP version 2 packet."""
    if len(packet) < HEADER_BYTES or packet[0] >> 6 != VERSION:
        return None
    _, second, sequence_number, timestamp, ssrc = _FIXED.unpack_from(packet)
    return RtpHeader(second & 0x7F, bool(second & MARKER), sequence_number, timestamp, ssrc)
