"""What a detector has seen, kept small, so that ``models.detect.trace_replay`` can judge it with other settings.

A trace is a sequence of blocks, each readable by itself: a header (magic, length, CRC-32) and deflated records. Each
is its kind, the steps of pts and wall from the record before in ms (LEB128), and a body that its detector alone knows.
The live detector uses only what a record holds. Live detection and replay therefore give the same result.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MS = 1_000_000
SAMPLE, RESET, BEGIN = range(3)  # BEGIN: a new life, that knows nothing
_HEAD = struct.Struct("<4sII")
_MAGIC = b"IPT1"
BLOCK_MAX = 4 << 20  # bytes of a block's records; a longer one is not ours


@dataclass(frozen=True, slots=True)
class Record:
    """``pts`` and ``wall`` in ms."""

    kind: int
    pts: int
    wall: int
    body: bytes = b""


def in_ms(ns: int) -> int:
    """The same moment without what a record does not hold."""
    return ns // MS * MS


def block(records: list[Record]) -> bytes:
    content = bytearray()
    pts = wall = 0
    for record in records:
        step, wall_step = record.pts - pts, record.wall - wall
        pts, wall = record.pts, record.wall
        content.append(record.kind)
        _put(content, _folded(step))
        _put(content, _folded(wall_step - step))
        _put(content, len(record.body))
        content += record.body
    packed = zlib.compress(bytes(content), 6)
    return _HEAD.pack(_MAGIC, len(packed), zlib.crc32(packed)) + packed


def whole_blocks(data: bytes) -> int:
    """How many bytes from the beginning are blocks that are not damaged."""
    end = 0
    while (packed := _packed(data, end)) is not None:
        end += _HEAD.size + len(packed)
    return end


def records(data: bytes) -> Iterator[Record]:
    """Of all blocks up to the first that is damaged."""
    at = 0
    while (packed := _packed(data, at)) is not None:
        at += _HEAD.size + len(packed)
        content = zlib.decompressobj().decompress(packed, BLOCK_MAX)
        position = pts = wall = 0
        while position < len(content):
            kind = content[position]
            step, position = _taken(content, position + 1)
            drift, position = _taken(content, position)
            length, position = _taken(content, position)
            pts += _unfolded(step)
            wall += _unfolded(step) + _unfolded(drift)
            yield Record(kind, pts, wall, content[position : position + length])
            position += length


def _packed(data: bytes, at: int) -> bytes | None:
    if len(data) < at + _HEAD.size:
        return None
    magic, length, check = _HEAD.unpack_from(data, at)
    packed = data[at + _HEAD.size : at + _HEAD.size + length]
    return packed if magic == _MAGIC and len(packed) == length and zlib.crc32(packed) == check else None


def _folded(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _unfolded(value: int) -> int:
    return value >> 1 if not value & 1 else -((value + 1) >> 1)


def _put(content: bytearray, value: int) -> None:
    while value > 0x7F:
        content.append(value & 0x7F | 0x80)
        value >>= 7
    content.append(value)


def _taken(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while content[position] & 0x80:
        value |= (content[position] & 0x7F) << shift
        shift += 7
        position += 1
    return value | content[position] << shift, position + 1
