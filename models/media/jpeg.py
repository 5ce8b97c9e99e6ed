"""JPEG (ITU-T T.81) as cameras send it, made whole."""

from collections.abc import Iterator

SOI = b"\xff\xd8"
DHT, SOS, EOI = 0xC4, 0xDA, 0xD9
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RST0–RST7


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
    """A JPEG that any decoder takes: many USB cameras leave the Huffman tables out, meaning those of T.81 annex K.

    ``tables`` are put in where there are none; empty for what is not a JPEG with a scan.
    """
    scan = 0
    for marker, begin, _ in segments(data):
        if marker == DHT:
            tables = b""
        if marker == SOS:
            scan = begin
    if not scan:
        return b""
    return data[:scan] + tables + data[scan:] if tables else data
