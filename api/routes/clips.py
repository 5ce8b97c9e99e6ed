"""/clips: what happened, from before it happened."""

import json
import re
from typing import Any

from aiohttp import web

from api.app_state import APP_STATE
from api.context import Context
from api.event_query import LATEST, whole
from api.json_body import json_object
from api.routing import Access, Query, route
from api.schema_words import FLAG, TEXT
from api.schema_words import whole as between
from config.clock import unix_ms
from models.clips import CONTINUOUS, MANUAL, Clip
from models.errors import Invalid, Missing, Unavailable
from models.events import EVENT_TYPES
from models.messages.event_log import CLIPS_MAX, EVENT_LOG, ClipPage, DeleteClip, GetClip, KeepClip, QueryClips
from models.messages.recorder import RECORDER, RecordNow
from models.security.roles import VIEWER

KINDS = (*EVENT_TYPES, MANUAL, CONTINUOUS)
LIMIT = 100
CLIP_ID = re.compile(r"[0-9a-f]{24}")
CACHED = {"Cache-Control": "private, max-age=86400"}  # finished clips do not change
EXAMPLE = {
    "id": "01a21eabf2aef5fb5a8973ac",
    "kind": "event",
    "start": 1795810914990,
    "end": 1795810929757,
    "durationMs": 14767,
    "runUpMs": 8753,
    "moment": 1795810923744,
    "types": ["MOTION"],
    "events": [3],
    "bytes": 1298700,
    "width": 1280,
    "height": 720,
    "codec": "avc1.4D401F",
    "sound": True,
    "keep": False,
    "video": "/clips/01a21eabf2aef5fb5a8973ac/video",
}


@route(
    "GET",
    "/clips",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    extension=True,
    summary="Clips, and the space they take up",
    query=(
        Query("since", between(0, LATEST), "Unix ms; default everything"),
        Query("until", between(0, LATEST), "Unix ms; default now"),
        Query("type", TEXT, f"With an event of this type, or {MANUAL} or {CONTINUOUS}; several separated by commas"),
        Query("limit", between(1, CLIPS_MAX), f"Maximum number, newest first; default {LIMIT}"),
    ),
    gives="ClipPage",
)
async def clips(request: web.Request, context: Context) -> web.StreamResponse:
    """Ascending by time; without ``type`` all but continuous recordings."""
    query = request.query
    kinds = tuple(dict.fromkeys(query["type"].split(","))) if query.get("type") else ()
    if not set(kinds) <= set(KINDS):
        raise Invalid(f"type: Value must be one of {', '.join(KINDS)}")
    since, until = (whole(query, key, 0, 0, LATEST) for key in ("since", "until"))
    page = await context.actor(EVENT_LOG).ask(
        QueryClips(since, until, kinds, whole(query, "limit", LIMIT, 1, CLIPS_MAX))
    )
    shown = {"serverNow": unix_ms(), "clips": [clip_shape(clip) for clip in page.clips]}
    return web.json_response(shown | {"storage": _storage(request, page)})


def _storage(request: web.Request, page: ClipPage) -> dict[str, object]:
    recorder, settings = request.app[APP_STATE].states.recorder, request.app[APP_STATE].states.settings.effective
    wanted = settings["clipsEnabled"] is True or settings["recordContinuously"] is True
    problem = recorder.problem if recorder is not None and wanted else ""
    return {
        "clips": page.space.clips,
        "bytes": page.space.used,
        "keptBytes": page.space.kept,
        "maxBytes": page.space.allowed,
        "freeBytes": page.space.free,
        "written": dict(page.space.written),
        "recording": wanted and not problem,
        "problem": problem or None,
    }


def clip_shape(clip: Clip) -> dict[str, object]:
    return {
        "id": clip.id,
        "kind": clip.kind,
        "start": clip.start,
        "end": clip.start + clip.duration_ms,
        "durationMs": clip.duration_ms,
        "runUpMs": clip.run_up_ms,
        "moment": clip.moment,
        "types": list(clip.types),
        "events": list(clip.events),
        "bytes": clip.bytes,
        "width": clip.width,
        "height": clip.height,
        "codec": clip.codec,
        "sound": clip.sound,
        "keep": clip.keep,
        "video": f"/clips/{clip.id}/video",
    }


def _id(request: web.Request) -> str:
    """Raises Missing for what cannot be one."""
    if not CLIP_ID.fullmatch(request.match_info["id"]):
        raise Missing("No such clip")
    return request.match_info["id"]


async def _clip(request: web.Request, context: Context) -> Clip:
    return await context.actor(EVENT_LOG).ask(GetClip(_id(request)))


@route("GET", "/clips/{id:[0-9a-f]+}", access=Access.PRO, role=VIEWER, feature="event_history", extension=True,
       summary="One clip", gives="Clip", answer=EXAMPLE)  # fmt: skip
async def clip(request: web.Request, context: Context) -> web.StreamResponse:
    return web.json_response(clip_shape(await _clip(request, context)))


@route(
    "GET",
    "/clips/{id}/video",
    access=Access.PRO,
    role=VIEWER,
    feature="event_history",
    media=True,
    extension=True,
    summary="The video of a clip, with sound",
    query=(Query("download", FLAG, "1: as a file to save"),),
    content_type="video/mp4",
    also={206: "The part that Range asks for", 416: "Range begins beyond the end"},
)
async def video(request: web.Request, context: Context) -> web.StreamResponse:
    """H.264 and AAC. With Range and ETag."""
    found = await _clip(request, context)
    name = f"clip-{found.start}-{'-'.join(found.types) or found.kind}.mp4".lower()
    place = "attachment" if request.query.get("download") == "1" else "inline"
    headers = {"Content-Type": "video/mp4", "Content-Disposition": f'{place}; filename="{name}"', **CACHED}
    return web.FileResponse(context.boot.data_dir / found.path, headers=headers)


@route("GET", "/clips/{id}/boxes", access=Access.PRO, role=VIEWER, feature="event_history", extension=True,
       summary="The boxes of tracked objects in a clip", gives="ClipBoxes")  # fmt: skip
async def boxes(request: web.Request, context: Context) -> web.StreamResponse:
    """Empty if object detection was not running."""
    path = (context.boot.data_dir / (await _clip(request, context)).path).with_suffix(".json")
    rows: list[Any] = json.loads(path.read_text()) if path.is_file() else []
    return web.json_response({"frames": [{"ms": ms, "objects": [_box(*one) for one in seen]} for ms, seen in rows]})


def _box(track: int, kind: str, confidence: int, x: float, y: float, w: float, h: float) -> dict[str, object]:
    return {"trackId": track, "objectClass": kind, "confidence": confidence, "x": x, "y": y, "w": w, "h": h}


@route("POST", "/clips/record", access=Access.PRO, feature="event_history", extension=True, summary="Record a clip now",
       takes="ClipSeconds", body={"seconds": 20}, gives="ClipBegun",
       answer={"success": True, "clipId": EXAMPLE["id"]})  # fmt: skip
async def record(request: web.Request, context: Context) -> web.StreamResponse:
    """It begins with the run-up; if a recording is in progress, that one is extended instead."""
    seconds = (await json_object(request)).get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise Invalid("seconds: Expected integer")
    if not request.app[APP_STATE].states.settings.effective["clipsEnabled"]:
        raise Unavailable("Clips are switched off (setting clipsEnabled)")
    clip_id = await context.actor(RECORDER).ask(RecordNow(seconds))
    return web.json_response({"success": True, "clipId": clip_id})


@route("POST", "/clips/{id}/keep", access=Access.PRO, feature="event_history", extension=True,
       summary="Keep a clip for ever, or no longer", takes="ClipKeep", body={"keep": True}, gives="Clip")  # fmt: skip
async def keep(request: web.Request, context: Context) -> web.StreamResponse:
    wanted = (await json_object(request)).get("keep")
    if not isinstance(wanted, bool):
        raise Invalid("keep: Expected boolean")
    return web.json_response(clip_shape(await context.actor(EVENT_LOG).ask(KeepClip(_id(request), wanted))))


@route("DELETE", "/clips/{id:[0-9a-f]+}", access=Access.PRO, feature="event_history", extension=True,
       summary="Delete a clip", gives="Done", answer={"success": True})  # fmt: skip
async def delete(request: web.Request, context: Context) -> web.StreamResponse:
    """Even one that is marked to be kept."""
    await context.actor(EVENT_LOG).ask(DeleteClip(_id(request)))
    return web.json_response({"success": True})
