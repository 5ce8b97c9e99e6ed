"""The upgrade: who may open a socket at all."""

from aiohttp import web

from api.context import Context
from api.credentials import credential_of
from api.errors import error, pro_required
from api.live.socket import Caller
from api.middleware import NOT_ALLOWED, identify, is_foreign
from api.proxy import same_origin
from api.request_keys import ARRIVAL, CLIENT
from models.messages.auth import Identity
from models.security.roles import VIEWER, may


async def caller_of(request: web.Request, context: Context) -> Caller | web.Response:
    """The caller, or the answer that refuses the upgrade."""
    credential = credential_of(request, media=True)
    identity = await identify(request, credential)
    foreign = is_foreign(request)
    if identity.authenticated and (_needs_origin(request, identity) or (identity.open and foreign)):
        return error(403, "Invalid origin")
    if identity.authenticated and not may(identity.role, VIEWER):
        return error(403, NOT_ALLOWED, role=identity.role)
    if identity.authenticated and not identity.dashboard and not context.license.is_pro:
        return pro_required("api_access", dashboard=False)
    return Caller(
        request[CLIENT],
        identity.dashboard,
        identity.authenticated,
        identity.session_id,
        credential.carrier,
        credential.token,
        identity.role,
        foreign,
    )


def _needs_origin(request: web.Request, identity: Identity) -> bool:
    """There is no CSRF token at an upgrade, so our cookie is only valid together with our own Origin."""
    return identity.dashboard and not same_origin(request.headers.get("Origin", ""), request[ARRIVAL])
