"""/api/rtsp/*: the RTSP server's state and its configuration."""

from aiohttp import web

from api.context import Context
from api.credentials import Credential
from api.json_body import json_object
from api.json_forms import rtsp_shape
from api.middleware import identify
from api.routing import Access, route
from models.errors import Conflict, Invalid, Refused
from models.messages import Ask, Ok
from models.messages.auth import AUTH, GetAuthStatus
from models.messages.rtsp import (
    RTSP,
    ApplyRtsp,
    GetRtsp,
    RestartRtsp,
    RtspSession,
    StartRtsp,
    StopRtsp,
    StoreRtsp,
    TakeNewLogin,
    ToRtsp,
)

FEATURE = "rtsp_streaming"
CHANGE_TIMEOUT_S = 20.0  # a change waits for the disk and for every session actor
EXAMPLE = {"rtspPort": 8554, "rtspPath": "/stream", "rtspUsername": "admin", "rtspPassword": "secret"}
DONE = {"success": True}


def _session_shape(session: RtspSession) -> dict[str, object]:
    return {
        "client": session.client,
        "userAgent": session.user_agent,
        "tier": session.tier,
        "transport": session.transport,
        "state": session.state,
        "bitrateKbps": session.bitrate_kbps,
        "lossPercent": session.loss_percent,
        "seconds": session.seconds,
    }


@route(
    "GET",
    "/api/rtsp/status",
    access=Access.PRO,
    feature=FEATURE,
    summary="RTSP server status",
    gives="RtspStatus",
    answer={"enabled": True, "running": True, "port": 8554, "path": "/stream", "clients": 2},
)
async def rtsp_status(_request: web.Request, context: Context) -> web.StreamResponse:
    view = await context.actor(RTSP).ask(GetRtsp())
    return web.json_response(rtsp_shape(view) | {"sessions": [_session_shape(session) for session in view.sessions]})


@route(
    "POST",
    "/api/rtsp/start",
    access=Access.PRO,
    feature=FEATURE,
    summary="Start the RTSP server",
    gives="Done",
    answer=DONE,
)
async def start_rtsp(_request: web.Request, context: Context) -> web.StreamResponse:
    return await _act(context, StartRtsp())


@route(
    "POST",
    "/api/rtsp/stop",
    access=Access.PRO,
    feature=FEATURE,
    summary="Stop the RTSP server",
    gives="Done",
    answer=DONE,
)
async def stop_rtsp(_request: web.Request, context: Context) -> web.StreamResponse:
    return await _act(context, StopRtsp())


@route(
    "POST",
    "/api/rtsp/restart",
    access=Access.PRO,
    feature=FEATURE,
    summary="Restart the RTSP server with the stored settings",
    gives="Done",
    answer=DONE,
)
async def restart_rtsp(_request: web.Request, context: Context) -> web.StreamResponse:
    return await _act(context, RestartRtsp())


@route(
    "POST",
    "/api/rtsp/settings",
    access=Access.PRO,
    feature=FEATURE,
    summary="Store RTSP settings for the next restart",
    takes="RtspSettings",
    body=EXAMPLE,
    gives="RtspStored",
    answer={"success": True, "restartRequired": True},
)
async def store_rtsp_settings(request: web.Request, context: Context) -> web.StreamResponse:
    values, confirmed = await _asked(request, context)
    change = await context.actor(RTSP).ask(StoreRtsp(values, confirmed=confirmed), CHANGE_TIMEOUT_S)
    if change.errors:
        return _wrong(change.errors)
    return web.json_response({"success": True, "restartRequired": change.restart_required})


@route(
    "POST",
    "/api/rtsp/apply-settings",
    access=Access.PRO,
    feature=FEATURE,
    summary="Store RTSP settings and serve with them, or change nothing",
    takes="RtspSettings",
    body=EXAMPLE,
    gives="Done",
    answer=DONE,
)
async def apply_rtsp_settings(request: web.Request, context: Context) -> web.StreamResponse:
    values, confirmed = await _asked(request, context)
    try:
        change = await context.actor(RTSP).ask(ApplyRtsp(values, confirmed=confirmed), CHANGE_TIMEOUT_S)
    except Conflict as error:
        return _failed(error)
    return _wrong(change.errors) if change.errors else web.json_response(DONE)


@route(
    "POST",
    "/api/rtsp/new-login",
    access=Access.PRO,
    feature=FEATURE,
    summary="The login that was created when RTSP was switched on without one: returned once, then null",
    gives="RtspNewLogin",
    answer={"login": {"username": "viewer", "password": "secret"}},
)
async def take_new_login(_request: web.Request, context: Context) -> web.StreamResponse:
    login = await context.actor(RTSP).ask(TakeNewLogin())
    shown = {"username": login.username, "password": login.password} if login.password else None
    return web.json_response({"login": shown})


async def _asked(request: web.Request, context: Context) -> tuple[dict[str, object], bool]:
    """The requested values, and whether the password that came with them is the dashboard's.

    Raises:
        Refused: it is not.
        LimitReached: too many wrong ones.
    """
    values = await json_object(request)
    password = values.pop("currentPassword", None)
    if password is None:
        return values, not (await context.actor(AUTH).ask(GetAuthStatus())).enabled
    if not isinstance(password, str):
        raise Invalid("currentPassword: Expected string")
    if not (await identify(request, Credential("basic", password))).authenticated:
        raise Refused("Invalid password")
    return values, True


async def _act(context: Context, message: Ask[ToRtsp, Ok]) -> web.StreamResponse:
    try:
        await context.actor(RTSP).ask(message, CHANGE_TIMEOUT_S)
    except Conflict as error:
        return _failed(error)
    return web.json_response(DONE)


def _failed(error: Conflict) -> web.StreamResponse:
    return web.json_response({"success": False, "error": error.detail}, status=500)


def _wrong(errors: tuple[str, ...]) -> web.StreamResponse:
    return web.json_response({"success": False, "errors": list(errors)}, status=400)
