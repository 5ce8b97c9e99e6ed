"""The URLs that clients build from ours (RFC 2326 C.1.1)."""

import re
from dataclasses import dataclass

from models.media.tier import Tier

CONTROL = "trackID="  # a=control of the tracks: trackID=0 is the picture, trackID=1 the sound
VIDEO, AUDIO = 0, 1
SUB_SUFFIX = "2"  # of the path: /stream2 is the small stream beside /stream

_TRACK = re.compile(r"/?trackID=(\d{1,2})/?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class StreamUrl:
    """``base``: absolute, without query and track, no slash at the end. ``track`` None: the whole presentation."""

    base: str
    path: str
    query: dict[str, str]
    track: int | None


def parse(url: str) -> StreamUrl:
    """Take a request URL apart. Clients put the control behind the query as often as behind the path: both are read."""
    match = _TRACK.search(url)
    track = int(match[1]) if match else None
    rest, _, query_text = (url[: match.start()] if match else url).partition("?")
    base = rest.rstrip("/")
    scheme, slashes, after = base.partition("://")
    path = "/" + (after if slashes else scheme.lstrip("/")).partition("/")[2] if slashes else base
    query = dict(_name_and_value(part) for part in query_text.rstrip("/").split("&") if part)
    return StreamUrl(base, path if path.startswith("/") else "/" + path, query, track)


def tier_of(target: StreamUrl, path: str) -> Tier:
    """Which tier a URL means, where ``path`` is that of the large one; ``?tier=`` decides where it is given."""
    named = target.query.get("tier", Tier.SUB if target.path == path + SUB_SUFFIX else Tier.MAIN)
    return Tier.SUB if named == Tier.SUB else Tier.MAIN


def sub_base(target: StreamUrl, path: str) -> str:
    """The small stream's base URL at the host that ``target`` names."""
    scheme, slashes, rest = target.base.partition("://")
    host = scheme + slashes + rest.partition("/")[0] if slashes else ""
    return host + path + SUB_SUFFIX


def _name_and_value(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.lower(), value


def track_url(base: str, track: int) -> str:
    return f"{base}/{CONTROL}{track}"
