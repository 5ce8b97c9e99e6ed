"""JPEG in RTP (RFC 2435): the headers that were left out on the way are put back."""

import struct

from models.rtp.depacketise import UNIT_BYTES_MAX, Frame

_LUMA = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71"
    "797064785c656763"
)
_CHROMA = bytes.fromhex("1112121815182f1a1a2f634238426363") + b"\x63" * 48


def _quantisation(quality: int) -> bytes:
    """Both tables, in zigzag order, of a quality factor 1–99 (RFC 2435 appendix A)."""
    factor = min(max(quality, 1), 99)
    scale = 5000 // factor if factor < 50 else 200 - 2 * factor
    return bytes(min(max((value * scale + 50) // 100, 1), 255) for value in _LUMA + _CHROMA)


class Jpeg:
    def __init__(self, huffman_tables: bytes) -> None:
        """``huffman_tables``: the DHT segments of T.81 annex K, which this payload format means (§4.2)."""
        self._huffman = huffman_tables
        self._scan: list[bytes] = []
        self._size = 0
        self._head = b""
        self._ticks = 0
        self._tables: dict[int, bytes] = {}

    def feed(self, payload: bytes, ticks: int, marker: bool, follows: bool) -> list[Frame]:
        if len(payload) < 8:
            return []
        offset = int.from_bytes(payload[1:4], "big")
        kind, quality, width, height = payload[4], payload[5], payload[6] * 8, payload[7] * 8
        at, interval = 8, 0
        if kind >= 64:
            interval = int.from_bytes(payload[at : at + 2], "big")
            at += 4
        if offset == 0:
            self._scan, self._size, self._ticks = [], 0, ticks
            tables = b""
            if quality >= 128:
                length = int.from_bytes(payload[at + 2 : at + 4], "big")
                tables = payload[at + 4 : at + 4 + length]
                at += 4 + length
                if length and quality != 255:
                    self._tables[quality] = tables
                tables = tables or self._tables.get(quality, b"")
            else:
                tables = _quantisation(quality)
            self._head = self._headers(kind & 63, width, height, tables, interval)
        elif not follows or offset != self._size or ticks != self._ticks:
            self._head = b""
        if not self._head:
            return []
        self._scan.append(payload[at:])
        self._size += len(payload) - at
        if self._size > UNIT_BYTES_MAX:
            self._head = b""
        if not marker or not self._head:
            return []
        scan = b"".join(self._scan)
        end = b"" if scan.endswith(b"\xff\xd9") else b"\xff\xd9"
        picture, self._head = self._head + scan + end, b""
        return [Frame(picture, ticks)]

    def _headers(self, kind: int, width: int, height: int, tables: bytes, interval: int) -> bytes:
        """§4.1 and appendix B; b"" for what is not baseline 4:2:2 (type 0) or 4:2:0 (type 1)."""
        if kind > 1 or len(tables) not in (64, 128) or not width or not height:
            return b""
        parts = [b"\xff\xd8"]
        count = len(tables) // 64
        for index in range(count):
            parts.append(b"\xff\xdb" + struct.pack("!HB", 67, index) + tables[64 * index : 64 * index + 64])
        second = count - 1
        sampling = 0x21 if kind == 0 else 0x22
        components = bytes((1, sampling, 0, 2, 0x11, second, 3, 0x11, second))
        parts.append(b"\xff\xc0" + struct.pack("!HBHHB", 17, 8, height, width, 3) + components)
        parts.append(self._huffman)
        if interval:
            parts.append(b"\xff\xdd" + struct.pack("!HH", 4, interval))
        parts.append(b"\xff\xda" + struct.pack("!HB", 12, 3) + bytes((1, 0, 2, 0x11, 3, 0x11, 0, 63, 0)))
        return b"".join(parts)
