"""JPEG (ITU-T T.81) from cameras: completing, splitting and scaling."""

import re
import struct
from collections.abc import Iterator

import cv2
import simplejpeg

SOI = b"\xff\xd8"
DHT, SOS, EOI = 0xC4, 0xDA, 0xD9
WITH_PICTURES = frozenset({*range(0xE0, 0xF0), 0xFE})  # APPn and COM: a thumbnail may lie in them
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RST0–RST7
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)  # in a scan: neither a stuffed byte nor RST


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, begin, end) of the segments up to and with SOS; nothing for what is not a JPEG."""
    if data[:2] != SOI:
        return
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte, B.1.1.2
            at += 1
            continue
        length = 0 if marker in WITHOUT_LENGTH else int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, at, at + 2 + length
        if marker in (SOS, EOI):
            return
        at += 2 + length


def huffman_tables(data: bytes) -> bytes:
    """The DHT segments of a JPEG."""
    return b"".join(data[begin:end] for marker, begin, end in segments(data) if marker == DHT)


def whole(data: bytes, tables: bytes) -> bytes:
    """A JPEG that any decoder accepts. Many USB cameras omit the Huffman tables and mean those of T.81 annex K.

    ``tables`` are put in where there are none; empty for what is not a JPEG with a scan and an end.
    """
    scan = 0
    for marker, begin, _ in segments(data):
        if marker == DHT:
            tables = b""
        if marker == SOS:
            scan = begin
    end = data.find(b"\xff\xd9", scan) + 2 if scan else 0
    if end < 2:
        return b""
    data = data[:end]  # drivers leave more behind it
    return data[:scan] + tables + data[scan:] if tables else data


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height, from the frame header (B.2.2)."""
    for marker, begin, end in segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and end >= begin + 9:
            height, width = struct.unpack_from("!HH", data, begin + 5)
            return (width, height) if width and height else None
    return None


class Splitter:
    """Extracts JPEGs from a byte stream, whatever separates them: any form of multipart, or nothing.

    A picture ends at its EOI marker. One that is followed by the next SOI before its end is left out.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self._at = 0  # how far the picture at the beginning of the buffer was looked through
        self._inside = False
        self._scanning = False  # at ``_at`` lie entropy-coded data
        self.left_out = 0

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        pictures = []
        while (picture := self._next()) is not None:
            if picture:
                pictures.append(picture)
        if len(self._buffer) > self._largest:
            self._drop(len(self._buffer))
            self.left_out += 1
        return pictures

    @property
    def inside(self) -> bool:
        """A picture has begun and not ended."""
        return self._inside

    def _next(self) -> bytes | None:
        """One picture; b"" after something else was taken away; None: more bytes are needed."""
        buffer = self._buffer
        if not self._inside:
            begin = buffer.find(SOI + b"\xff")
            if begin < 0:
                self._drop(max(0, len(buffer) - 2))
                return None
            del buffer[:begin]
            self._inside, self._at, self._scanning = True, 2, False
        while True:
            if self._scanning:
                found = _MARKER.search(buffer, self._at)
                if found is None:
                    self._at = max(2, len(buffer) - 1)
                    return None
                self._at, self._scanning = found.start(), False
            if len(buffer) < self._at + 4 and not (len(buffer) >= self._at + 2 and buffer[self._at + 1] == EOI):
                return None
            marker = buffer[self._at + 1] if buffer[self._at] == 0xFF else 0
            if marker == EOI:
                picture = bytes(buffer[: self._at + 2])
                self._drop(self._at + 2)
                return picture
            if marker in (0, 0xD8):
                self.left_out += 1
                self._drop(max(2, self._at))
                return b""
            if marker == 0xFF or marker in WITHOUT_LENGTH:
                self._at += 1 if marker == 0xFF else 2
                continue
            end = self._at + 2 + int.from_bytes(buffer[self._at + 2 : self._at + 4], "big")
            if marker not in WITH_PICTURES:  # tables: where another picture begins in them, this one was cut off
                if len(buffer) < end:
                    return None
                if (begin := buffer.find(SOI + b"\xff", self._at + 4, end)) >= 0:
                    self.left_out += 1
                    self._drop(begin)
                    return b""
            self._scanning = marker == SOS
            self._at = end

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._inside, self._at, self._scanning = False, 0, False


def shrunk(data: bytes, width: int, quality: int) -> bytes:
    """The picture scaled to ``width`` pixels, with its aspect ratio; a narrower one is unchanged.

    Raises:
        ValueError: it cannot be decoded.
    """
    try:
        _, whole_width, _, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except KeyError:  # of a colour space that there is not
        raise ValueError("not a JPEG") from None
    if whole_width <= width:
        return data
    # libjpeg scales by eighths while it decodes, which leaves little to do.
    picture = simplejpeg.decode_jpeg(data, "BGR", min_width=width, strict=False)
    size = (width, max(1, round(picture.shape[0] * width / picture.shape[1])))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return bytes(simplejpeg.encode_jpeg(small, quality, "BGR", "420"))
