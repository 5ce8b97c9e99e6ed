"""The upgrade: who may open a socket at all."""

from aiohttp import web

from api.client import address_of, origin_of
from api.context import Context
from api.live.messages import DIRECT_HINT, PRO_MESSAGE
from api.live.socket import Caller
from models.messages.auth import WhoIs


async def caller_of(request: web.Request, context: Context) -> Caller | web.Response:
    """The caller, or the answer that refuses him.

    A credential that is named explicitly decides alone: Authorization, then ``?token=``, then the cookie.
    """
    carrier, token = _credential(request)
    address = address_of(request)
    identity = await context.ask("auth", WhoIs(carrier, token, address))
    if carrier == "cookie" and identity.dashboard and request.headers.get("Origin") != origin_of(request):
        # A page of somebody else's sends our cookie too, and cannot send a CSRF token with an upgrade.
        return web.json_response({"error": "Invalid origin"}, status=403)
    if identity.authenticated and not identity.dashboard and not context.license.is_pro:
        body = {"error": PRO_MESSAGE, "feature": "api_access", "hint": DIRECT_HINT}
        return web.json_response(body, status=403)
    return Caller(address, identity.dashboard, identity.authenticated, identity.session_id, carrier, token)


def _credential(request: web.Request) -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return "bearer", value.strip()
    if "token" in request.query:
        return "query", request.query["token"]
    if cookie := request.cookies.get("session"):
        return "cookie", cookie
    return "none", ""
