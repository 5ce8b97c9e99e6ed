"""What the device is, can and does: /status, /capabilities, /torch, /health, /api/actors."""

import asyncio
from typing import TypeVar

from aiohttp import web

from api.bodies import json_object
from api.context import Context
from api.front import FRONT
from api.routes import Access, route
from api.shapes import actor_shape, status_shape
from models.errors import Invalid, ServerError, Unavailable
from models.messages import Ask
from models.messages.camera import CameraView, Capabilities, GetCamera, GetCapabilities, SetTorch
from models.messages.encoder import GetVideo
from models.messages.facade import GetViewers, ViewersView
from models.messages.microphone import GetMicrophone
from models.messages.settings import ChangeSettings, GetSettings
from models.messages.speaker import GetSpeaker
from models.messages.supervisor import ActorRow
from models.security.roles import VIEWER

R = TypeVar("R")
PEEK_S = 1.0  # how long an addition to an answer may keep it waiting


@route(
    "GET",
    "/status",
    access=Access.UI,
    role=VIEWER,
    summary="Current server and streaming status",
    gives="Status",
    answer={"clients": 2, "wsClients": 1, "streaming": True, "cameraRunning": True, "settings": {}},
)
async def status(request: web.Request, context: Context) -> web.StreamResponse:
    looks = (
        _peek(context, "camera", GetCamera()),
        _peek(context, "facade", GetViewers()),
        request.app[FRONT].actors.rows(),
    )
    view, camera, viewers, actors = await asyncio.gather(context.ask("settings", GetSettings()), *looks)
    camera = camera or CameraView("failed", False, "", "", 0, 0, 0.0, "the camera actor is restarting")
    body = status_shape(camera, viewers or ViewersView(0, 0), view.stored, context.license)
    about = {"version": context.boot.version, "deviceId": context.license.device_id}
    return web.json_response(body | about | _troubles(actors))


def _troubles(actors: tuple[ActorRow, ...] | None) -> dict[str, object]:
    """How long the program runs, and what in it does not work as it should, by actor."""
    if actors is None:
        return {}
    troubles = {row.name: row.detail or row.last_reason or row.state for row in actors if row.state != "up"}
    return {"uptimeSec": round(max((row.uptime_s for row in actors), default=0.0)), "degraded": troubles}


@route(
    "GET",
    "/capabilities",
    access=Access.UI,
    role=VIEWER,
    summary="Camera hardware capabilities",
    gives="Capabilities",
    answer={
        "cameraIds": ["0", "1"],
        "resolutions": ["1280x720", "1920x1080"],
        "frameRates": [15, 20, 30, 60],
        "maxFrameRate": 60,
    },
)
async def capabilities(_request: web.Request, context: Context) -> web.StreamResponse:
    looks = (
        _peek(context, "microphone", GetMicrophone()),
        _peek(context, "speaker", GetSpeaker()),
        _peek(context, "encoder", GetVideo()),
    )
    camera, microphone, speaker, video = await asyncio.gather(context.ask("camera", GetCapabilities()), *looks)
    more = {
        "audioIn": microphone is not None and microphone.state != "none",
        "audioOut": speaker is not None and speaker.state != "none",
        "tts": speaker is not None and speaker.tts,
        "h264": video is not None,
        "encoder": video.encoder if video is not None else "",
    }
    return web.json_response(_capabilities_shape(camera) | more)


def _capabilities_shape(camera: Capabilities) -> dict[str, object]:
    """The document's four fields, then ours."""
    cameras = [{"id": one.id, "name": one.name, "resolutions": list(one.resolutions)} for one in camera.cameras]
    return {
        "cameraIds": list(camera.camera_ids),
        "resolutions": list(camera.resolutions),
        "frameRates": list(camera.frame_rates),
        "maxFrameRate": camera.max_frame_rate,
        "cameras": cameras,
        "torch": camera.torch,
        "jpegPassthrough": camera.jpeg_passthrough,
        "videoPassthrough": camera.video_passthrough,
    }


@route(
    "POST",
    "/torch",
    access=Access.UI,
    summary='Toggle the torch, or set it with {"enabled": …}',
    takes="TorchChange",
    takes_nothing=True,
    gives="Torch",
    answer={"torchEnabled": True},
)
async def torch(request: web.Request, context: Context) -> web.StreamResponse:
    wanted = (await json_object(request, empty=True)).get("enabled")
    if wanted is not None and not isinstance(wanted, bool):
        raise Invalid("enabled: Expected boolean")
    lit = await context.ask("camera", SetTorch(wanted))
    await context.ask("settings", ChangeSettings({"torchEnabled": lit}, "http", internal=True))
    return web.json_response({"torchEnabled": lit})


@route("GET", "/health", access=Access.PUBLIC, summary="Whether every actor is up", gives="Health", extension=True)
async def health(request: web.Request, _context: Context) -> web.StreamResponse:
    """200 also while an actor works with a restriction, e.g. without its model: it is up."""
    rows = await request.app[FRONT].actors.rows()
    if rows is None:
        return web.json_response({"status": "unhealthy", "actors": {}}, status=503)
    down = [row for row in rows if row.state != "up" and not (row.state == "degraded" and row.pid)]
    restricted = any(row.state == "degraded" for row in rows)
    word = "unhealthy" if down else "degraded" if restricted else "ok"
    actors = {row.name: row.state for row in rows}
    return web.json_response({"status": word, "actors": actors}, status=503 if down else 200)


@route("GET", "/api/actors", access=Access.UI, summary="The table of actors", gives="Actors", extension=True)
async def actors(request: web.Request, _context: Context) -> web.StreamResponse:
    rows = await request.app[FRONT].actors.rows()
    if rows is None:
        raise Unavailable("The supervisor does not answer")
    return web.json_response({"actors": [actor_shape(row) for row in rows]})


async def _peek(context: Context, to: str, message: Ask[R]) -> R | None:
    """The answer of an actor that may be away just now."""
    try:
        return await context.ask(to, message, PEEK_S)
    except ServerError:
        return None
