"""Parser of a camera's presentation description (RFC 4566): its tracks and their packetization.

Many cameras deviate here: unknown parts are ignored, and static payload types need no map (RFC 3551).
"""

import base64
import binascii
from dataclasses import dataclass, field

from models.rtsp.header_numbers import whole

_STATIC = {
    0: ("PCMU", 8000, 1),
    8: ("PCMA", 8000, 1),
    9: ("G722", 8000, 1),
    10: ("L16", 44100, 2),
    11: ("L16", 44100, 1),
}
_STATIC |= {14: ("MPA", 90000, 1), 26: ("JPEG", 90000, 0), 32: ("MPV", 90000, 0), 34: ("H263", 90000, 0)}


@dataclass(slots=True)
class Track:
    """One ``m=`` section. ``kind``: video, audio; ``encoding`` upper-case as in ``a=rtpmap``."""

    kind: str
    payload_type: int
    control: str = ""
    encoding: str = ""
    rate: int = 90_000
    channels: int = 1
    fmtp: dict[str, str] = field(default_factory=dict)  # names in lower case
    fps: float = 0.0

    def blobs(self, name: str) -> list[bytes]:
        """A comma-separated list of base64 values."""
        found = []
        for text in self.fmtp.get(name, "").split(","):
            try:
                found.append(base64.b64decode(text + "=" * (-len(text) % 4)))
            except (binascii.Error, ValueError):
                continue
        return [blob for blob in found if blob]

    def hexadecimal(self, name: str) -> bytes:
        try:
            return bytes.fromhex(self.fmtp.get(name, ""))
        except ValueError:
            return b""

    def number(self, name: str, otherwise: int) -> int:
        text = self.fmtp.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


@dataclass(frozen=True, slots=True)
class Description:
    """``control``: of the presentation as a whole."""

    control: str
    tracks: tuple[Track, ...]

    def first(self, kind: str) -> Track | None:
        return next((track for track in self.tracks if track.kind == kind), None)


def parse(text: str) -> Description:
    control, tracks = "", list[Track]()
    current: Track | None = None
    for line in text.splitlines():
        name, _, value = line.strip().partition("=")
        if name == "m":
            current = _media(value)
            if current is not None:
                tracks.append(current)
            continue
        if name != "a":
            continue
        attribute, _, rest = value.partition(":")
        if current is None and not tracks and attribute == "control":
            control = rest.strip()
        elif current is not None:
            _attribute(current, attribute, rest.strip())
    return Description(control, tuple(tracks))


def _media(value: str) -> Track | None:
    words = value.split()
    payload_type = whole(words[3]) if len(words) > 3 else -1
    if payload_type < 0:
        return Track("other", -1)
    encoding, rate, channels = _STATIC.get(payload_type, ("", 90_000, 1))
    kind = words[0] if words[0] in ("video", "audio") else "other"
    return Track(kind, payload_type, encoding=encoding, rate=rate, channels=channels)


def _attribute(track: Track, name: str, value: str) -> None:
    if name == "control":
        track.control = value
        return
    if name == "framerate":
        track.fps = _positive(value)
        return
    payload, _, rest = value.partition(" ")
    if payload != str(track.payload_type):
        return
    if name == "rtpmap":
        parts = rest.strip().split("/")
        track.encoding = parts[0].upper()
        track.rate = int(_positive(parts[1])) or track.rate if len(parts) > 1 else track.rate
        track.channels = int(_positive(parts[2])) or 1 if len(parts) > 2 else 1
    elif name == "fmtp":
        for item in rest.split(";"):
            key, _, text = item.strip().partition("=")
            track.fmtp[key.strip().lower()] = text.strip()


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 < value < 1e7 else 0.0
