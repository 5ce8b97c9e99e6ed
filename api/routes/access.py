"""/api/sessions and /api/tokens: who is logged in, and tokens for others that can be revoked."""

from aiohttp import web

from api.context import Context
from api.json_body import json_object
from api.request_keys import ARRIVAL, CLIENT, IDENTITY
from api.routing import Access, route
from models.errors import Invalid
from models.messages.auth import AUTH, EndSession, GetSessions, IssueToken
from models.security.roles import MEDIA, ROLES

SESSION = {
    "id": "9263e894821fa7a4",
    "kind": "token",
    "role": "media",
    "name": "Home Assistant",
    "address": "",
    "agent": "",
    "created": 1707000000000,
    "lastUsed": 1707000600000,
    "expires": None,
    "current": False,
}
TOKEN = {
    "success": True,
    "id": "9263e894821fa7a4",
    "role": "media",
    "token": "a1b2c3d4e5f6...",
    "streamUrl": "https://192.168.1.100:8443/stream?token=a1b2c3d4e5f6...",
    "snapshotUrl": "https://192.168.1.100:8443/snapshot?token=a1b2c3d4e5f6...",
}


@route(
    "GET",
    "/api/sessions",
    access=Access.UI,
    extension=True,
    summary="All sessions and tokens",
    gives="Sessions",
    answer={"sessions": [SESSION]},
)
async def sessions(request: web.Request, context: Context) -> web.StreamResponse:
    found = await context.actor(AUTH).ask(GetSessions())
    own = request[IDENTITY].session_id
    return web.json_response(
        {"sessions": [one.as_dict() | {"current": one.session_id == own} for one in found.sessions]}
    )


@route(
    "DELETE",
    "/api/sessions/{id}",
    access=Access.UI,
    extension=True,
    summary="End a session or revoke a token",
    gives="Done",
    answer={"success": True},
)
async def end(request: web.Request, context: Context) -> web.StreamResponse:
    """Its connections end at once, as does every session that was opened with a revoked token."""
    await context.actor(AUTH).ask(EndSession(request.match_info["id"], request[CLIENT]))
    return web.json_response({"success": True})


@route(
    "POST",
    "/api/tokens",
    access=Access.UI,
    extension=True,
    summary="Make a token for a person, a script or a player; it is shown only here",
    takes="TokenRequest",
    body={"name": "Home Assistant", "role": "media", "days": 0},
    gives="Token",
    answer=TOKEN,
)
async def issue(request: web.Request, context: Context) -> web.StreamResponse:
    """``role``: media (pictures only), viewer (read-only), owner. ``days`` 0 or omitted: until it is revoked."""
    body = await json_object(request)
    name, role, days = body.get("name"), body.get("role"), body.get("days", 0)
    if not isinstance(name, str):
        raise Invalid("name: Expected string")
    if not isinstance(role, str):
        raise Invalid(f"role: Value must be one of {', '.join(ROLES)}")
    if not isinstance(days, int) or isinstance(days, bool):
        raise Invalid("days: Expected integer")
    session = await context.actor(AUTH).ask(IssueToken(name, role, days, request[CLIENT]))
    answer = {"success": True, "id": session.session_id, "role": session.role, "token": session.token}
    if session.role == MEDIA:
        arrived = request[ARRIVAL]
        base = f"https://{arrived.host}{arrived.prefix}"
        answer |= {f"{what}Url": f"{base}/{what}?token={session.token}" for what in ("stream", "snapshot")}
    return web.json_response(answer)
