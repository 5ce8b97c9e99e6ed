"""WebSocket frames as a server sends them (RFC 6455 §5.2), built once and written to every socket that wants them.

H.264 goes as one binary message per access unit, Annex-B with 4-byte start codes; SPS and PPS stand before each IDR in
the same message. Framing ``raw`` is the access unit alone, ``v1`` puts 24 bytes in front of it (big-endian):

    0  u8   kind, 1 = H.264          1  u8   flags: 1 key, 2 SPS/PPS inside, 4 discontinuity for this viewer
    2  u16  generation               4  u32  sequence: a gap is a loss
    8  u64  pts, µs, monotonic      16  u64  wall clock of the capture, Unix µs
"""

import json
import struct
from typing import Any

from models.media.ring import KEY, PARAMETER_SETS, Entry

TEXT, BINARY, PING, PONG = 0x1, 0x2, 0x9, 0xA
V1_HEADER = struct.Struct(">BBHIQQ")
V1_H264 = 1
V1_KEY, V1_PARAMETER_SETS, V1_DISCONTINUITY = 1, 2, 4


def frame(opcode: int, payload: bytes, before: bytes = b"") -> bytes:
    """One whole unmasked frame whose payload is ``before`` + ``payload``."""
    length = len(before) + len(payload)
    if length < 126:
        head = bytes((0x80 | opcode, length))
    elif length < 65_536:
        head = struct.pack(">BBH", 0x80 | opcode, 126, length)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, 127, length)
    return b"".join((head, before, payload))


def text(message: dict[str, Any]) -> bytes:
    """A message as a frame."""
    return frame(TEXT, json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode())


def v1_header(entry: Entry, discontinuity: bool) -> bytes:
    flags = V1_KEY if entry.flags & KEY else 0
    flags |= V1_PARAMETER_SETS if entry.flags & PARAMETER_SETS else 0
    flags |= V1_DISCONTINUITY if discontinuity else 0
    generation, sequence = entry.spare & 0xFFFF, entry.sequence & 0xFFFF_FFFF
    return V1_HEADER.pack(V1_H264, flags, generation, sequence, entry.pts // 1000, entry.wall // 1000)


class AccessUnit:
    """One video entry with the frames made from it, each at most once."""

    __slots__ = ("_frames", "entry")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._frames: dict[tuple[str, bool], bytes] = {}

    def frame(self, framing: str, discontinuity: bool) -> bytes:
        """``framing``: raw, v1. In ``raw`` a discontinuity cannot be said; the IDR alone shows it."""
        wanted = (framing, discontinuity and framing == "v1")
        built = self._frames.get(wanted)
        if built is None:
            before = v1_header(self.entry, discontinuity) if framing == "v1" else b""
            built = self._frames[wanted] = frame(BINARY, self.entry.data, before)
        return built
