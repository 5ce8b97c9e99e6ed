"""/settings: every setting, and their description for a form."""

from aiohttp import web

from api.app_state import APP_STATE
from api.context import Context
from api.json_body import json_object
from api.json_forms import settings_shape
from api.routing import Access, route
from config.settings import form
from models.messages.settings import SETTINGS, ChangeSettings
from models.security.roles import VIEWER

SETTINGS_EXAMPLE: dict[str, object] = {
    "resolution": "1280x720",
    "frameRate": 30,
    "jpegQuality": 85,
    "cameraId": "0",
    "torchEnabled": False,
    "audioEnabled": True,
    "rotation": 0,
    "keepScreenOn": True,
    "showPreview": True,
    "motionEnabled": True,
    "motionSensitivity": 5,
    "soundEnabled": False,
    "rtspEnabled": False,
    "mqttEnabled": False,
    "license": {
        "isPro": True,
        "state": "ACTIVE",
        "source": "REAL_PURCHASE",
        "billing": {"available": True, "status": "CONNECTED"},
    },
}
CHANGE_TIMEOUT_S = 10.0  # a change waits for the disk


@route("GET", "/settings", access=Access.UI, role=VIEWER, summary="All current settings",
       gives="Settings", answer=SETTINGS_EXAMPLE)  # fmt: skip
async def get_settings(request: web.Request, context: Context) -> web.StreamResponse:
    return web.json_response(settings_shape(request.app[APP_STATE].states.settings.stored, context.license))


@route(
    "POST",
    "/settings",
    access=Access.UI,
    summary="Change one or more settings: all of them, or none if one is invalid",
    takes="SettingsChange",
    body={"resolution": "1920x1080", "frameRate": 20},
    gives="SettingsChanged",
    answer={"success": True},
)
async def change_settings(request: web.Request, context: Context) -> web.StreamResponse:
    values = await json_object(request)
    result = await context.actor(SETTINGS).ask(ChangeSettings(values, "http"), CHANGE_TIMEOUT_S)
    if result.errors:
        return web.json_response({"success": False, "errors": list(result.errors)}, status=400)
    blocked = {"proBlocked": list(result.pro_blocked)} if result.pro_blocked else {}
    return web.json_response({"success": True, **blocked})


@route(
    "GET",
    "/api/settings/schema",
    access=Access.UI,
    role=VIEWER,
    summary="Groups, titles, ranges and units of all settings, for a form",
    gives="SettingsForm",
    extension=True,
)
async def settings_form(_request: web.Request, _context: Context) -> web.StreamResponse:
    return web.json_response({"groups": form()})
