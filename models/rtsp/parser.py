"""Bytes from a connection in, requests and interleaved frames out (RFC 2326 §4, §10.12). Never raises, never grows."""

from dataclasses import dataclass

from models.rtsp.header_numbers import whole
from models.rtsp.message import Request, Status

HEAD_BYTES_MAX = 16 * 1024  # request line and headers
BODY_BYTES_MAX = 64 * 1024
HEADERS_MAX = 64
DOLLAR = 0x24
CARRIAGE_RETURN = 0x0D


@dataclass(frozen=True, slots=True)
class InterleavedFrame:
    channel: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Malformed:
    """Answer with ``status`` and close: the start of the next message is unknown."""

    status: int
    cseq: str = ""


Item = Request | InterleavedFrame | Malformed


@dataclass(frozen=True, slots=True)
class _Head:
    """A request line with its headers, read once however slowly the body comes."""

    line: str
    headers: dict[str, str]
    body_at: int
    length: int


class Parser:
    """Holds at most one incomplete message. After ``Malformed`` it ignores input. Each byte is examined once."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._line_at = 0  # the line that begins here is not complete yet
        self._searched = 0  # and does not end before this
        self._head: _Head | None = None
        self._broken = False

    @property
    def pending(self) -> int:
        """Bytes of the incomplete message."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Item]:
        """Add received bytes. Returns the messages that are now complete, in order."""
        if self._broken:
            return []
        self._buffer += data
        items: list[Item] = []
        while (item := self._next()) is not None:
            if not isinstance(item, _Skipped):
                items.append(item)
            if isinstance(item, Malformed):
                self._broken = True
                self._buffer.clear()
                break
        return items

    def _next(self) -> "Item | _Skipped | None":
        if self._head is not None:
            return self._body(self._head)
        blank = 0
        while blank < len(self._buffer) and self._buffer[blank] in b"\r\n":
            blank += 1  # empty lines before a message are passed over: some clients keep alive with them
        if blank:
            self._drop(blank)
        if not self._buffer:
            return None
        return self._frame() if self._buffer[0] == DOLLAR else self._message()

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._line_at = self._searched = 0

    def _frame(self) -> InterleavedFrame | None:
        if len(self._buffer) < 4:
            return None
        end = 4 + int.from_bytes(self._buffer[2:4], "big")
        if len(self._buffer) < end:
            return None
        frame = InterleavedFrame(self._buffer[1], bytes(self._buffer[4:end]))
        self._drop(end)
        return frame

    def _message(self) -> "Request | Malformed | _Skipped | None":
        head_end, body_at = self._head_end()
        if head_end < 0:
            return Malformed(Status.TOO_LARGE) if len(self._buffer) > HEAD_BYTES_MAX else None
        if head_end > HEAD_BYTES_MAX:
            return Malformed(Status.TOO_LARGE)
        lines = bytes(self._buffer[:head_end]).decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        headers = _headers(lines[1:])
        if headers is None:
            return Malformed(Status.BAD_REQUEST)
        cseq = Request("", "", "", headers).cseq
        length = _content_length(headers)
        if length < 0:
            return Malformed(Status.BAD_REQUEST, cseq)
        if length > BODY_BYTES_MAX:
            return Malformed(Status.TOO_LARGE, cseq)
        self._head = _Head(lines[0], headers, body_at, length)
        return self._body(self._head)

    def _body(self, head: _Head) -> "Request | Malformed | _Skipped | None":
        end = head.body_at + head.length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[head.body_at : end])
        self._drop(end)
        self._head = None
        if head.line.startswith("RTSP/"):
            return _Skipped()  # a response, though nothing was asked
        words = head.line.split()
        if len(words) != 3 or not words[2].startswith("RTSP/") or not words[0].isascii():
            return Malformed(Status.BAD_REQUEST, Request("", "", "", head.headers).cseq)
        return Request(words[0], words[1], words[2], head.headers, body)

    def _head_end(self) -> tuple[int, int]:
        """Where the headers end and where the body begins; (-1, -1) while they are incomplete, or too long."""
        while (end := self._buffer.find(b"\n", max(self._line_at, self._searched), HEAD_BYTES_MAX + 4)) >= 0:
            if self._line_at and bytes(self._buffer[self._line_at : end]) in (b"", b"\r"):
                before = self._line_at - 1  # the line feed that ended the last header
                return before - (self._buffer[before - 1] == CARRIAGE_RETURN), end + 1
            self._line_at = end + 1
        self._searched = len(self._buffer)
        return -1, -1


class _Skipped:
    """A message that needs no answer."""


def _headers(lines: list[str]) -> dict[str, str] | None:
    headers: dict[str, str] = {}
    last = ""
    if len(lines) > HEADERS_MAX:
        return None
    for line in lines:
        if line[:1] in (" ", "\t") and last:  # folded, RFC 2616 §2.2
            headers[last] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            return None
        last = name.strip().lower()
        value = value.strip()
        headers[last] = f"{headers[last]}, {value}" if last in headers else value
    return headers


def _content_length(headers: dict[str, str]) -> int:
    """Bytes of the body; -1 for something that is no length."""
    return whole(headers.get("content-length", "0"))
