"""/stream, /snapshot, /capture: the picture over plain HTTP, for <img>, players and scripts."""

from aiohttp import web

from api.app_state import APP_STATE
from api.client_transport import ClientTransport
from api.context import Context
from api.live import endpoint
from api.request_keys import CLIENT, IDENTITY
from api.routing import Access, Query, route
from api.schema_words import FLAG, TEXT, whole
from api.streams import NOT_STARTED, Multipart, Viewer, fresh_picture, sized_picture
from config.setting import between, one_of
from models.errors import Invalid, Missing, Unavailable
from models.http import mjpeg
from models.http.limits import WIDEST
from models.media.tier import Tier
from models.messages.camera import CAMERA, GetCapture, PreviewCamera
from models.security.roles import MEDIA

TIER = Query("tier", {"type": "string", "enum": list(Tier)}, "main (default), or sub for the small stream")
WIDTH = Query("width", whole(1, WIDEST), "Maximum width; keeps the aspect ratio, and never enlarges")
PREVIEW_TIMEOUT_S = 12.0  # a camera is opened for it
NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


def _tier(request: web.Request) -> Tier:
    asked = request.query.get("tier", Tier.MAIN)
    if asked not in list(Tier):
        raise Invalid(f"tier: {one_of(tuple(Tier))}")
    return Tier(asked)


def _width(request: web.Request) -> int:
    """0: not asked for."""
    asked = request.query.get("width", "")
    if not asked:
        return 0
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 5 and 1 <= int(asked) <= WIDEST):
        raise Invalid(f"width: {between(1, WIDEST)}")
    return int(asked)


@route(
    "GET",
    "/stream",
    access=Access.UI,
    role=MEDIA,
    media=True,
    summary="Live video as MJPEG",
    content_type=mjpeg.CONTENT_TYPE,
    query=(Query("advance", FLAG, "Send the next part's headers in advance, or Content-Length"), TIER),
)
@route("GET", "/video.mjpg", access=Access.UI, role=MEDIA, media=True, summary="The same as /stream", extension=True,
       content_type=mjpeg.CONTENT_TYPE, query=(TIER,))  # fmt: skip
async def stream(request: web.Request, context: Context) -> web.StreamResponse:
    """503 while there is no picture, or if there are too many viewers."""
    app_state, tier = request.app[APP_STATE], _tier(request)
    response = Multipart()
    if request.method == "HEAD":
        if not app_state.states.camera.streaming:
            raise Unavailable(NOT_STARTED)
        await response.prepare(request)
        return response
    address = request[CLIENT]
    with app_state.streams.place(address):
        first = await fresh_picture(context, app_state.states, tier)
        await response.prepare(request)
    if request.transport is None:
        return response
    agent, dest = request.headers.get("User-Agent", ""), request.headers.get("Sec-Fetch-Dest", "")
    mode = mjpeg.mode_for(agent, dest, request.query.get("advance", ""))
    await app_state.streams.serve(
        Viewer(ClientTransport(request.transport), mode, address, request[IDENTITY], tier), first
    )
    return response


@route(
    "GET",
    "/snapshot",
    access=Access.UI,
    role=MEDIA,
    media=True,
    summary="The newest picture",
    content_type="image/jpeg",
    query=(TIER, WIDTH),
)
@route(
    "GET",
    "/snapshot.jpg",
    access=Access.UI,
    role=MEDIA,
    media=True,
    summary="The same as /snapshot",
    extension=True,
    content_type="image/jpeg",
    query=(TIER, WIDTH),
)
async def snapshot(request: web.Request, context: Context) -> web.StreamResponse:
    """At most a second old; 503 when there is none within three."""
    if request.method == "HEAD":
        if not request.app[APP_STATE].states.camera.streaming:
            raise Unavailable(NOT_STARTED)
        return web.Response(headers=NO_STORE, content_type="image/jpeg")
    now, width = request.app[APP_STATE].states, _width(request)
    picture = await (sized_picture(context, now, width) if width else fresh_picture(context, now, _tier(request)))
    stamp = {"X-Timestamp": f"{picture.wall / 1e9:.6f}"}
    return web.Response(body=picture.data, content_type="image/jpeg", headers=NO_STORE | stamp)


@route(
    "GET",
    "/capture",
    access=Access.UI,
    role=MEDIA,
    media=True,
    summary="The last capture at full sensor resolution, for ten minutes",
    content_type="image/jpeg",
    query=(Query("id", TEXT, "captureId from capture_ready: only that capture"),),
)
async def capture(request: web.Request, context: Context) -> web.StreamResponse:
    """404 before the first one; only the WebSocket message ``capture`` takes one."""
    still = await context.actor(CAMERA).ask(GetCapture())
    if request.query.get("id", still.capture_id) != still.capture_id:
        raise Missing("No capture available")
    name = f"capture-{still.timestamp}.jpg"
    headers = {"Content-Type": "image/jpeg", "Content-Disposition": f'inline; filename="{name}"', **NO_STORE}
    return web.FileResponse(still.path, headers=headers)


@route(
    "GET",
    "/api/cameras/{id}/preview",
    access=Access.UI,
    extension=True,
    summary="A preview of a connected camera that is not in use",
    content_type="image/jpeg",
)
async def preview(request: web.Request, context: Context) -> web.StreamResponse:
    """503 with the reason if there is none; for the camera in use, use /snapshot."""
    picture = await context.actor(CAMERA).ask(PreviewCamera(request.match_info["id"]), PREVIEW_TIMEOUT_S)
    return web.Response(body=picture, content_type="image/jpeg", headers=NO_STORE)


@route("GET", "/ws", access=Access.PUBLIC, summary="The WebSocket",
       query=(Query("token", TEXT, "A session's token"),))  # fmt: skip
async def live(request: web.Request, context: Context) -> web.StreamResponse:
    """See docs/live.md."""
    return await endpoint.serve(request, context)
