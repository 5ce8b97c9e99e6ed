"""/events: what happened; /events/{id}/thumbnail: how it looked."""

import json

from aiohttp import web

from api.app_state import APP_STATE
from api.context import Context
from api.event_query import BUCKET_MAX, BUCKET_MIN, LATEST, LIMIT, LIMIT_MAX, EventQuery, parse
from api.routing import Access, Query, route
from api.schema_words import BOOL, FLAG, TEXT, whole
from config.clock import unix_ms
from models.clips import EXPIRED
from models.errors import Invalid, Missing
from models.events import Event
from models.messages.event_log import (
    EVENT_LOG,
    PAGE_MAX,
    ClearEvents,
    EventBuckets,
    EventPage,
    GetEvent,
    GetEventRange,
    GetThumbnail,
    QueryBuckets,
    QueryEvents,
)
from models.security.roles import VIEWER

QUERY = (
    Query("limit", whole(1, LIMIT_MAX), f"Maximum number, newest first; default {LIMIT}"),
    Query("since", whole(0, LATEST), "Unix ms; 0 = start of today on the device, 1 = everything"),
    Query("type", TEXT, "An event type, or several separated by commas; SYSTEM for the server's own history"),
    Query(
        "bucketMs", whole(BUCKET_MIN, BUCKET_MAX), "Count events in time slots of this many ms instead of listing them"
    ),
    Query("until", whole(0, LATEST), "Unix ms; default now"),
    Query("system", FLAG, "1: include the server's own history"),
)

EXAMPLE = {
    "serverNow": 1234567890000,
    "dayStart": 1234483200000,
    "events": [
        {
            "id": 1,
            "eventId": 1,
            "timestamp": 1234567890000,
            "type": "MOTION",
            "changedPercent": 12.5,
            "width": 1280,
            "height": 720,
        }
    ],
    "summary": [{"type": "MOTION", "count": 5, "lastTimestamp": 1234567890000}],
}


@route(
    "GET",
    "/events",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    summary="Detection events",
    query=QUERY,
    gives=("EventPage", "EventBuckets"),
    answer=EXAMPLE,
)
async def events(request: web.Request, context: Context) -> web.StreamResponse:
    """400 for a value out of range; the summary counts the whole match, whatever ``limit`` is."""
    query = parse(request.query, unix_ms())
    return await (_buckets(query, context) if query.bucket_ms else _events(query, context))


async def _events(query: EventQuery, context: Context) -> web.Response:
    first = await _page(query, context, query.limit, None)
    pages = [first.events]
    left = query.limit - len(first.events)
    while left > 0 and len(pages[-1]) == PAGE_MAX:
        oldest = pages[-1][0]
        page = await _page(query, context, left, (oldest.timestamp, oldest.event_id))
        pages.append(page.events)
        left -= len(page.events)
    return web.json_response(
        {
            "serverNow": query.now,
            "dayStart": query.day_start,
            "events": [event_shape(event) for page in reversed(pages) for event in page],
            "summary": [{"type": kind, "count": n, "lastTimestamp": last} for kind, n, last in first.summary],
        }
    )


async def _page(query: EventQuery, context: Context, limit: int, before: tuple[int, int] | None) -> EventPage:
    ask = QueryEvents(
        query.since, query.until, query.types, min(limit, PAGE_MAX), query.system, before, summary=before is None
    )
    return await context.actor(EVENT_LOG).ask(ask)


async def _buckets(query: EventQuery, context: Context) -> web.Response:
    until = query.until or query.now
    page = first = await context.actor(EVENT_LOG).ask(QueryBuckets(query.since, until, query.bucket_ms, query.types))
    pages = [_bucket_list(page)]
    while page.next:
        page = await context.actor(EVENT_LOG).ask(QueryBuckets(page.next, until, query.bucket_ms, query.types))
        pages.append(_bucket_list(page))
    rest = json.dumps({"bucketMs": query.bucket_ms, "timeRange": {"start": first.start, "end": page.end}})
    text = f'{{"buckets": [{", ".join(filter(None, pages))}], {rest[1:]}'
    return web.Response(text=text, content_type="application/json")


def _bucket_list(page: EventBuckets) -> str:
    """JSON of a page's buckets without the brackets: a long answer is made in pieces, to not block others."""
    return json.dumps([{"timestamp": start, "counts": dict(counts)} for start, counts in page.buckets])[1:-1]


def event_shape(event: Event) -> dict[str, object]:
    """As the API document shows an event: its type's own fields beside the common ones.

    Ours are ``thumbnail``, ``clipId``, ``zones``; of a visit that has ended ``endTimestamp`` (Unix ms), ``durationMs``.
    """
    ended = {key: event.metadata[key] for key in ("zones", "endTimestamp", "durationMs") if key in event.metadata}
    common = {"id": event.id, "eventId": event.event_id, "timestamp": event.timestamp, "type": event.type}
    clip = {"clipId": event.clip if event.clip not in ("", EXPIRED) else None}
    return common | dict(event.details) | ended | ({"thumbnail": True} if event.thumbnail else {}) | clip


@route(
    "GET",
    "/events/range",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    summary="Time range of stored events",
    gives="EventRange",
    answer={"minTimestamp": 1234567000000, "maxTimestamp": 1234567890000, "totalEvents": 1523},
)
async def event_range(_request: web.Request, context: Context) -> web.StreamResponse:
    """Both timestamps are null while there is nothing."""
    found = await context.actor(EVENT_LOG).ask(GetEventRange())
    return web.json_response(
        {
            "minTimestamp": found.min_timestamp,
            "maxTimestamp": found.max_timestamp,
            "totalEvents": found.total_events,
        }
    )


@route(
    "GET",
    "/events/{id:[0-9]+}",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    extension=True,
    summary="One event",
    gives="Event",
    answer=EXAMPLE["events"][0],  # type: ignore[index]
)
async def event(request: web.Request, context: Context) -> web.StreamResponse:
    """404 where there is none; ``id`` is its eventId."""
    return web.json_response(event_shape(await context.actor(EVENT_LOG).ask(GetEvent(event_id_of(request)))))


@route("POST", "/events/clear", access=Access.PRO, feature="event_history", summary="Delete all stored events",
       query=(Query("confirm", BOOL, "must be true", required=True),), gives="EventsCleared",
       answer={"success": True, "cleared": 1523})  # fmt: skip
async def clear(request: web.Request, context: Context) -> web.StreamResponse:
    """Also deletes thumbnails; event ids continue."""
    if request.query.get("confirm") != "true":
        raise Invalid("confirm=true required")
    cleared = await context.actor(EVENT_LOG).ask(ClearEvents(), timeout_s=30.0)
    return web.json_response({"success": True, "cleared": cleared})


@route(
    "GET",
    "/events/{id}/thumbnail",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    media=True,
    extension=True,
    summary="A small picture of the event",
    content_type="image/jpeg",
)
async def thumbnail(request: web.Request, context: Context) -> web.StreamResponse:
    """404 if the event has none; ``id`` is its eventId."""
    return await _picture(request, context, full=False)


@route(
    "GET",
    "/events/{id}/picture",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    media=True,
    extension=True,
    summary="The picture of the event in full size",
    content_type="image/jpeg",
)
async def picture(request: web.Request, context: Context) -> web.StreamResponse:
    """404 if there is none: it is only stored while clips are on; ``id`` is its eventId."""
    return await _picture(request, context, full=True)


async def _picture(request: web.Request, context: Context, full: bool) -> web.StreamResponse:
    found = await context.actor(EVENT_LOG).ask(GetThumbnail(event_id_of(request), full))
    headers = {"Content-Type": "image/jpeg", "Cache-Control": "private, max-age=86400"}
    return web.FileResponse(found.path, headers=headers)


@route(
    "GET",
    "/events/{id}/clip",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    media=True,
    extension=True,
    summary="Redirect to the video of the event's clip",
    content_type="",
    also={302: "To /clips/{id}/video, with the same query"},
)
async def clip(request: web.Request, context: Context) -> web.StreamResponse:
    """404 with the ``reason``: not_yet, none, expired. ``id`` is its eventId."""
    event = await context.actor(EVENT_LOG).ask(GetEvent(event_id_of(request)))
    recorder = request.app[APP_STATE].states.recorder
    if event.clip == EXPIRED:
        raise Missing("The clip of this event has been deleted", reason="expired")
    if not event.clip and recorder is not None and event.event_id in recorder.events:
        raise Missing("The clip of this event is still being recorded", reason="not_yet")
    if not event.clip:
        raise Missing("There is no clip of this event", reason="none")
    query = f"?{request.query_string}" if request.query_string else ""
    return web.Response(status=302, headers={"Location": f"../../clips/{event.clip}/video{query}"})


def event_id_of(request: web.Request) -> int:
    """Raises Missing if it is not an event id."""
    text = request.match_info["id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Missing("No such event")
    return int(text)
