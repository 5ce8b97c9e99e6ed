"""The bytes of ``multipart/x-mixed-replace`` (W3C HTML, RFC 2046 §5.1).

Chromium shows a part only when it has read the headers of the *next* one; with the usual order a viewer is one picture
late, which at low frame rates is what people call a hanging picture. So there are two modes, both begun at once with
the first delimiter (ffmpeg and GStreamer give up on a stream without it):

    advance   each JPEG is followed by the delimiter and the headers of the part to come; its length is unknown then
    length    each part has its Content-Length, and the JPEG is followed by the delimiter alone
"""

from enum import Enum

from models.media.ring import Entry

BOUNDARY = "frame"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
_DELIMITER = b"--" + BOUNDARY.encode() + b"\r\n"
_ADVANCE = _DELIMITER + b"Content-Type: image/jpeg\r\n\r\n"


class Mode(Enum):
    ADVANCE = "advance"
    LENGTH = "length"


def mode_for(user_agent: str, sec_fetch_dest: str, asked: str) -> Mode:
    """``asked``: the value of ``?advance=``, which decides where it is given; else Chromium's <img> gets ADVANCE."""
    if asked in {"0", "1"}:
        return Mode.ADVANCE if asked == "1" else Mode.LENGTH
    chromium = "Chrome/" in user_agent and sec_fetch_dest in {"image", "document", "iframe", ""}
    return Mode.ADVANCE if chromium else Mode.LENGTH


def opening(mode: Mode) -> bytes:
    """Sent once, before the first picture is there."""
    return _ADVANCE if mode is Mode.ADVANCE else _DELIMITER


def part(jpeg: bytes, wall_ns: int, mode: Mode) -> bytes:
    """One picture and what makes the client show it at once. ``wall_ns``: Unix ns of the capture."""
    if mode is Mode.ADVANCE:
        return b"".join((jpeg, b"\r\n", _ADVANCE))
    seconds, rest = divmod(wall_ns // 1000, 1_000_000)
    head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: %d.%06d\r\n\r\n" % (
        len(jpeg),
        seconds,
        rest,
    )
    return b"".join((head, jpeg, b"\r\n", _DELIMITER))


class Parts:
    """The part of the newest picture in each mode, built once for all viewers."""

    def __init__(self) -> None:
        self._entry: Entry | None = None
        self._built: dict[Mode, bytes] = {}

    def of(self, entry: Entry, mode: Mode) -> bytes:
        if entry is not self._entry:
            self._entry, self._built = entry, {}
        built = self._built.get(mode)
        if built is None:
            built = self._built[mode] = part(entry.data, entry.wall, mode)
        return built
