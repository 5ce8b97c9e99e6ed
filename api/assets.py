"""The dashboard's files: one exact route each, so that no path can lead to another file."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from aiohttp import web

from api.context import Context
from api.credentials import credential_of, set_cookie
from api.middleware import identify
from api.rate_limits import RATE_LIMITER
from api.request_keys import CLIENT
from models.errors import ServerError
from models.messages.auth import AUTH, OpenAnonymousSession

log = structlog.get_logger("facade")

ROOT = Path(__file__).parent / "static"
INDEX = "index.html"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
HEADERS = {
    "Cache-Control": "no-cache"
}  # cached by the browser, but revalidated each time, so that an update shows at once


def add_assets(app: web.Application, context: Context) -> None:
    """GET and HEAD for every file below ``static``, and ``/`` for the page itself."""
    app.router.add_get("/", _page(context))
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in TYPES:
            name = path.relative_to(ROOT).as_posix()
            app.router.add_get(f"/{name}", _page(context) if name == INDEX else _file(path))


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def send(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers=HEADERS | {"Content-Type": TYPES[path.suffix]})

    return send


def _page(context: Context) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    send = _file(ROOT / INDEX)

    async def page(request: web.Request) -> web.StreamResponse:
        response = await send(request)
        await _admit(request, response, context)
        return response

    return page


async def _admit(request: web.Request, response: web.StreamResponse, context: Context) -> None:
    """While protection is off there is no login, so the page itself sets a session."""
    if request.app[RATE_LIMITER].closed:
        return
    try:
        if not (await identify(request, credential_of(request))).dashboard:
            session = await context.actor(AUTH).ask(OpenAnonymousSession(request[CLIENT]))
            set_cookie(request, response, session.token)
    except ServerError as error:
        if error.code != "refused":  # protection is on: the page asks for the password
            log.info("the page is served without a session", reason=error.detail)
