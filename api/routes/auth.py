"""/auth: log in, log out, change the password."""

from aiohttp import web

from api.context import Context
from api.credentials import agent_of, clear_cookie, credential_of, set_cookie
from api.errors import failure
from api.json_body import json_object, text_of
from api.middleware import identify
from api.passwords import check_password
from api.rate_limits import RATE_LIMITER
from api.request_keys import CLIENT
from api.routing import Access, route
from models.errors import Invalid, Refused
from models.messages.auth import AUTH, ChangePassword, GetAuthStatus, LogIn, LogOut, StartProtection

LOGIN_ANSWER = {"success": True, "token": "a1b2c3d4e5f6...", "csrfToken": "g7h8i9j0k1l2..."}


@route(
    "POST",
    "/auth",
    access=Access.PUBLIC,
    summary="Authenticate and receive a session token",
    takes="Password",
    body={"password": "your_password"},
    gives="LoginSession",
    answer=LOGIN_ANSWER,
)
async def log_in(request: web.Request, _context: Context) -> web.StreamResponse:
    """401 for a wrong password, 429 while locked out."""
    if request.content_type != "application/json":  # the forms of other sites' pages cannot send it
        return failure(400, "Content-Type must be application/json")
    try:
        password = text_of(await json_object(request), "password")
    except Invalid as problem:
        return failure(400, problem.detail)
    try:
        session = await check_password(
            request.app, request[CLIENT], LogIn(password, request[CLIENT], agent_of(request))
        )
    except Refused as problem:
        response = failure(401, problem.detail)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    response = web.json_response({"success": True, "token": session.token, "csrfToken": session.csrf_token})
    set_cookie(request, response, session.token)
    return response


@route(
    "GET",
    "/auth/status",
    access=Access.PUBLIC,
    summary="Whether authentication is enabled; the CSRF token for a session cookie",
    gives="AuthStatus",
    answer={"enabled": True, "configured": True},
)
async def status(request: web.Request, context: Context) -> web.StreamResponse:
    now = request.app[RATE_LIMITER].auth
    if now is None:
        now = await context.actor(AUTH).ask(GetAuthStatus())
    body: dict[str, object] = {"enabled": now.enabled, "configured": now.configured}
    credential = credential_of(request)
    if credential.carrier == "cookie":
        identity = await identify(request, credential)
        if identity.dashboard:  # a reloaded page has lost the token of POST /auth, but still has the cookie
            body |= {"authenticated": True, "csrfToken": identity.csrf_token, "role": identity.role}
    return web.json_response(body)


@route(
    "POST",
    "/auth/logout",
    access=Access.PUBLIC,
    csrf=True,
    summary="End the session of this token",
    gives="Done",
    answer={"success": True},
)
async def log_out(request: web.Request, context: Context) -> web.StreamResponse:
    """200 even if there was nothing to revoke."""
    credential = credential_of(request)
    if credential.token:
        await context.actor(AUTH).ask(LogOut(credential.token))
    response = web.json_response({"success": True})
    clear_cookie(request, response)
    return response


@route(
    "POST",
    "/auth/password",
    access=Access.UI,
    extension=True,
    summary="Change the password; every session ends",
    takes="PasswordChange",
    body={"current": "your_password", "new": "your_new_password"},
    gives="Done",
    answer={"success": True},
)
async def change_password(request: web.Request, _context: Context) -> web.StreamResponse:
    """403 for a wrong current password, which counts towards the lock-out; 400 for an invalid new one."""
    try:
        body = await json_object(request)
        change = ChangePassword(text_of(body, "new"), text_of(body, "current"), request[CLIENT])
        await check_password(request.app, request[CLIENT], change)
    except Invalid as problem:
        return failure(400, problem.detail)
    except Refused as problem:
        return failure(403, problem.detail)
    response = web.json_response({"success": True})
    clear_cookie(request, response)
    return response


@route(
    "POST",
    "/auth/protection",
    access=Access.UI,
    extension=True,
    summary="Switch password protection on; needs the code that the device printed at its start",
    takes="ProtectionStart",
    body={"code": "4821-7733", "new": "your_new_password"},
    gives="Done",
    answer={"success": True},
)
async def start_protection(request: web.Request, _context: Context) -> web.StreamResponse:
    """403 for a wrong code, which counts towards the lock-out; 400 for an invalid password; every session ends."""
    body = await json_object(request)
    change = StartProtection(text_of(body, "code"), text_of(body, "new"), request[CLIENT])
    await check_password(request.app, request[CLIENT], change)
    response = web.json_response({"success": True})
    clear_cookie(request, response)
    return response
