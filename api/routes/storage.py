"""/api/storage/stats and /api/events/export: the size of the history, and its export."""

from contextlib import suppress

from aiohttp import web

from api.context import Context
from api.routing import Access, Query, route
from api.schema_words import FLAG
from models import events_csv
from models.errors import LimitReached
from models.messages.event_log import EVENT_LOG, ExportRows, GetStorageStats
from models.security.roles import VIEWER

SOUNDS = ("ANY_SOUND", "DOG_BARK", "BABY_CRY")
HEADERS = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": 'attachment; filename="ip-camera-events.csv"',
    "Cache-Control": "no-store",
}
_running: set[int] = set()  # applications with an export in progress


def size_text(size: int) -> str:
    """1024-based, one decimal: 2621440 is "2.5 MB"."""
    value, unit = size / 1024, "KB"
    for larger in ("MB", "GB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.1f} {unit}"


@route("GET", "/api/storage/stats", access=Access.PRO, feature="storage_analytics", summary="Size of the event history",
       gives="StorageStats",
       answer={"databaseSize": "2.5 MB", "databaseSizeBytes": 2621440, "totalEvents": 1990, "motionEvents": 1200,
               "soundEvents": 328, "eventsByType": {"MOTION": 1200}})  # fmt: skip
async def stats(_request: web.Request, context: Context) -> web.StreamResponse:
    found = await context.actor(EVENT_LOG).ask(GetStorageStats())
    counts = dict(found.events_by_type)
    return web.json_response(
        {
            "databaseSize": size_text(found.database_bytes),
            "databaseSizeBytes": found.database_bytes,
            "totalEvents": sum(counts.values()),
            "motionEvents": counts["MOTION"],
            "soundEvents": sum(counts[kind] for kind in SOUNDS),
            "eventsByType": counts,
            "minTimestamp": found.min_timestamp,
            "maxTimestamp": found.max_timestamp,
            "deviceStorageTotal": size_text(found.device_total_bytes),
            "deviceStorageAvailable": size_text(found.device_available_bytes),
            "deviceStorageTotalBytes": found.device_total_bytes,
            "deviceStorageAvailableBytes": found.device_available_bytes,
        }
    )


@route("GET", "/api/events/export", access=Access.PRO, role=VIEWER, feature="event_export", summary="All events as CSV",
       query=(Query("system", FLAG, "1: include the server's own history"),), content_type="text/csv")  # fmt: skip
async def export(request: web.Request, context: Context) -> web.StreamResponse:
    """Streamed in batches; one export at a time, 429 for a second one."""
    response = web.StreamResponse(headers=HEADERS)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    if id(request.app) in _running:
        raise LimitReached("An export is already running")
    _running.add(id(request.app))
    try:
        await _stream(request, response, context)
    finally:
        _running.discard(id(request.app))
    return response


async def _stream(request: web.Request, response: web.StreamResponse, context: Context) -> None:
    system = request.query.get("system") == "1"
    rows = await context.actor(EVENT_LOG).ask(ExportRows(0, system=system))
    await response.prepare(request)  # an error from here on breaks the connection: half a file must not look complete
    await response.write(events_csv.header().encode())
    while rows.last_id:
        await response.write(rows.text.encode())
        rows = await context.actor(EVENT_LOG).ask(ExportRows(rows.last_id, system=system))
    with suppress(ConnectionError):
        await response.write_eof()
