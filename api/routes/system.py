"""The device, its capabilities and its state: /status, /capabilities, /torch, /health, /api/actors."""

import time

from aiohttp import web

from api.app_state import APP_STATE
from api.context import Context
from api.json_body import json_object
from api.json_forms import actor_shape, status_shape
from api.routing import Access, route
from models.errors import Invalid, Unavailable
from models.messages.camera import CAMERA, CameraControls, Capabilities, GetControls, SetControl, SetTorch
from models.messages.settings import SETTINGS, ChangeSettings
from models.messages.supervisor import ActorStates
from models.security.roles import VIEWER

WELL = frozenset({"up", "off"})


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
    app_state = request.app[APP_STATE]
    now = app_state.states
    body = status_shape(now.camera, app_state.viewers(), now.settings.stored, context.license)
    about = {"version": context.boot.version, "deviceId": context.license.device_id}
    return web.json_response(body | about | _troubles(now.actors))


def _troubles(states: ActorStates | None) -> dict[str, object]:
    """The program's uptime, and what does not work properly, by actor."""
    if states is None:
        return {}
    troubles = {name: one.detail or one.state for name, one in states.actors.items() if one.state not in WELL}
    return {"uptimeSec": round(time.monotonic() - states.started), "degraded": troubles}


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
async def capabilities(request: web.Request, _context: Context) -> web.StreamResponse:
    now = request.app[APP_STATE].states
    camera, microphone, speaker, video = now.capabilities, now.microphone, now.speaker, now.video()
    if camera is None:
        raise Unavailable("The camera is starting")
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
    lit = await context.actor(CAMERA).ask(SetTorch(wanted))
    await context.actor(SETTINGS).ask(ChangeSettings({"torchEnabled": lit}, "http", internal=True))
    return web.json_response({"torchEnabled": lit})


CONTROL = {
    "name": "exposureTime",
    "title": "Exposure time",
    "kind": "int",
    "value": 157,
    "default": 157,
    "min": 1,
    "max": 5000,
    "step": 1,
    "choices": [],
    "active": True,
}


@route(
    "GET",
    "/api/camera/controls",
    access=Access.UI,
    extension=True,
    summary="Exposure, focus, white balance and other controls of the camera in use",
    gives="CameraControls",
    answer={"controls": [CONTROL]},
)
async def controls(_request: web.Request, context: Context) -> web.StreamResponse:
    """Empty if the source is not a USB camera."""
    return web.json_response(_controls_shape(await context.actor(CAMERA).ask(GetControls())))


@route(
    "POST",
    "/api/camera/controls",
    access=Access.UI,
    extension=True,
    summary="Set one control and keep it for this camera; without a name, reset all to their defaults",
    takes="CameraControlChange",
    body={"name": "exposureTime", "value": 300},
    gives="CameraControls",
    answer={"controls": [CONTROL]},
)
async def set_control(request: web.Request, context: Context) -> web.StreamResponse:
    body = await json_object(request)
    name, value = body.get("name", ""), body.get("value", 0)
    if not isinstance(name, str):
        raise Invalid("name: Expected string")
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**31) <= value < 2**31:
        raise Invalid("value: Expected integer")
    return web.json_response(_controls_shape(await context.actor(CAMERA).ask(SetControl(name, value))))


def _controls_shape(view: CameraControls) -> dict[str, object]:
    return {
        "controls": [
            {
                "name": one.name,
                "title": one.title,
                "kind": one.kind,
                "value": one.value,
                "default": one.default,
                "min": one.minimum,
                "max": one.maximum,
                "step": one.step,
                "choices": [{"value": value, "title": title} for value, title in one.choices],
                "active": one.active,
            }
            for one in view.controls
        ]
    }


@route("GET", "/health", access=Access.PUBLIC, summary="Whether every actor is up", gives="Health", extension=True)
async def health(request: web.Request, _context: Context) -> web.StreamResponse:
    """200 even while an actor is limited, for example without its model: it is up."""
    states = request.app[APP_STATE].states.actors
    if states is None:
        return web.json_response({"status": "unhealthy", "actors": {}}, status=503)
    shown = states.actors.values()
    down = any(one.state not in WELL and not (one.state == "degraded" and one.running) for one in shown)
    restricted = any(one.state == "degraded" for one in shown)
    word = "unhealthy" if down else "degraded" if restricted else "ok"
    actors = {name: one.state for name, one in states.actors.items()}
    return web.json_response({"status": word, "actors": actors}, status=503 if down else 200)


@route("GET", "/api/actors", access=Access.UI, summary="The table of actors", gives="ActorTableCache", extension=True)
async def actors(request: web.Request, _context: Context) -> web.StreamResponse:
    rows = await request.app[APP_STATE].actors.rows()
    if rows is None:
        raise Unavailable("The supervisor does not answer")
    return web.json_response({"actors": [actor_shape(row) for row in rows]})
