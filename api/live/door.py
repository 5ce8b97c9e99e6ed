"""The upgrade: who may open a socket at all."""

from aiohttp import web

from api.context import Context
from api.credentials import credential_of
from api.errors import error, pro_required
from api.keys import ARRIVAL, CLIENT
from api.live.socket import Caller
from api.middleware import identify
from api.proxy import same_origin


async def caller_of(request: web.Request, context: Context) -> Caller | web.Response:
    """The caller, or the answer that refuses him."""
    credential = credential_of(request, media=True)
    identity = await identify(request, credential)
    if identity.authenticated and credential.carrier in ("cookie", "none") and _foreign(request, identity.dashboard):
        return error(403, "Invalid origin")
    if identity.authenticated and not identity.dashboard and not context.license.is_pro:
        return pro_required("api_access", dashboard=False)
    return Caller(
        request[CLIENT],
        identity.dashboard,
        identity.authenticated,
        identity.session_id,
        credential.carrier,
        credential.token,
    )


def _foreign(request: web.Request, dashboard: bool) -> bool:
    """Whether a page of somebody else's asks: it sends our cookie too, or needs none while protection is off.

    There is no CSRF token at an upgrade. A script sends no Origin, and has no cookie of ours.
    """
    origin = request.headers.get("Origin", "")
    return (dashboard or origin != "") and not same_origin(origin, request[ARRIVAL])
