"""/recordings: continuous recording as HLS (RFC 8216), served from the files as they are."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime

from aiohttp import web

from api.context import Context
from api.event_query import LATEST
from api.event_query import whole as whole_of
from api.routing import Access, Query, route
from api.schema_words import whole
from config.clock import unix_ms
from models.clips import CONTINUOUS, Clip
from models.errors import Invalid, Missing
from models.messages.event_log import CLIPS_MAX, EVENT_LOG, QueryClips
from models.security.roles import VIEWER

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
CONTENT_TYPE = "application/vnd.apple.mpegurl"


@route(
    "GET",
    "/recordings/playlist.m3u8",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    media=True,
    extension=True,
    summary="Continuous recording as HLS, fragmented MP4",
    query=(
        Query("from", whole(0, LATEST), "Unix ms; default an hour before ``to``"),
        Query("to", whole(0, LATEST), "Unix ms; default now"),
    ),
    content_type=CONTENT_TYPE,
    also={404: "Nothing was recorded in that time"},
)
async def playlist(request: web.Request, context: Context) -> web.StreamResponse:
    """At most a day; what is being written now appears a minute later. Segments are ranges of /clips/{id}/video."""
    until = whole_of(request.query, "to", 0, 0, LATEST) or unix_ms()
    since = whole_of(request.query, "from", 0, 0, LATEST) or max(0, until - HOUR_MS)
    if not 0 < until - since <= DAY_MS:
        raise Invalid("to: Value must be at most a day after from")
    clips: list[Clip] = []
    asked = QueryClips(since, until, (CONTINUOUS,))
    while True:
        page = (await context.actor(EVENT_LOG).ask(asked)).clips
        clips = [*page, *clips]
        if len(page) < CLIPS_MAX:
            break
        asked = QueryClips(since, page[0].start - 1, (CONTINUOUS,))
    if not clips:
        raise Missing("Nothing was recorded in that time")
    token = request.query.get("token")
    text = m3u8(clips, token if token and token.isalnum() else "")
    return web.Response(text=text, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def m3u8(clips: Iterable[Clip], token: str = "") -> str:
    """Each file begins its own timeline: a discontinuity (RFC 8216 §4.3.2.3)."""
    query = (f"token={token}&" if token else "") + "as=.mp4"  # FFmpeg takes only segments whose URL ends like this
    lines: list[str] = []
    longest = 1
    for clip in clips:
        video = f"../clips/{clip.id}/video?{query}"
        start = datetime.fromtimestamp(clip.start / 1000, UTC).isoformat(timespec="milliseconds")
        lines += ["#EXT-X-DISCONTINUITY"] if lines else []
        lines += [f'#EXT-X-MAP:URI="{video}",BYTERANGE="{clip.head}@0"', f"#EXT-X-PROGRAM-DATE-TIME:{start}"]
        for offset, size, ms in clip.parts:
            longest = max(longest, math.ceil(ms / 1000))
            lines += [f"#EXTINF:{ms / 1000:.3f},", f"#EXT-X-BYTERANGE:{size}@{offset}", video]
    head = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{longest}", "#EXT-X-PLAYLIST-TYPE:VOD"]
    return "\n".join([*head, "#EXT-X-INDEPENDENT-SEGMENTS", *lines, "#EXT-X-ENDLIST", ""])
