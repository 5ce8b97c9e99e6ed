"""/api/license: making the device Pro, with the code that it printed or with a licence key."""

from aiohttp import web

from api.context import Context
from api.json_body import json_object, text_of
from api.passwords import check_password
from api.request_keys import CLIENT
from api.routing import Access, route
from models.messages.auth import ProveOwner
from models.messages.license import LICENSE, ActivateLicense, IssueLicense


@route(
    "POST",
    "/api/license/issue",
    access=Access.UI,
    extension=True,
    summary="Make this device Pro with a licence of its own; needs the code that it printed at its start",
    takes="OwnerCode",
    body={"code": "4821-7733"},
    gives="Done",
    answer={"success": True},
)
async def issue(request: web.Request, context: Context) -> web.StreamResponse:
    """403 for a wrong code, which counts towards the lock-out, and if only configured issuers are trusted."""
    code = text_of(await json_object(request), "code")
    await check_password(request.app, request[CLIENT], ProveOwner(code, request[CLIENT]))
    await context.actor(LICENSE).ask(IssueLicense())
    return web.json_response({"success": True})


@route(
    "POST",
    "/api/license/activate",
    access=Access.UI,
    extension=True,
    summary="Check and store a licence key",
    takes="LicenseKey",
    body={"key": "IPC1…"},
    gives="Done",
    answer={"success": True},
)
async def activate(request: web.Request, context: Context) -> web.StreamResponse:
    """400 says what is wrong with the key."""
    await context.actor(LICENSE).ask(ActivateLicense(text_of(await json_object(request), "key")))
    return web.json_response({"success": True})
