"""/api/onvif/status: whether ONVIF is served, and its subscribers."""

from aiohttp import web

from api.context import Context
from api.routing import Access, route
from models.errors import SwitchedOff
from models.messages.onvif import ONVIF, GetOnvif, OnvifSubscriber, OnvifView


@route(
    "GET",
    "/api/onvif/status",
    access=Access.PRO,
    feature="rtsp_streaming",
    summary="ONVIF status and subscribers",
    gives="OnvifStatus",
    answer={"enabled": True, "running": True, "port": 8000, "lastError": None, "subscribers": []},
    extension=True,
)
async def onvif_status(_request: web.Request, context: Context) -> web.StreamResponse:
    try:
        view = await context.actor(ONVIF).ask(GetOnvif())
    except SwitchedOff:
        view = OnvifView(running=False, port=int(context.settings["onvifPort"]))
    return web.json_response(
        {
            "enabled": context.settings["onvifEnabled"] is True,
            "running": view.running,
            "port": view.port,
            "lastError": view.last_error or None,
            "subscribers": [_subscriber(one) for one in view.subscribers],
        }
    )


def _subscriber(one: OnvifSubscriber) -> dict[str, object]:
    return {
        "client": one.client,
        "userAgent": one.agent,
        "kind": one.kind,
        "seconds": one.seconds,
        "expiresInSec": one.expires_in_s,
        "delivered": one.delivered,
        "dropped": one.dropped,
    }
