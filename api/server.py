"""The HTTP servers of the two listeners: limits on what a connection may cost, and errors below any application."""

import asyncio
import logging
from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from api.context import Context
from api.errors import BARE, INTERNAL, error
from api.redirect import PlainListener
from models.security.lockout import client_key

IDLE_S = 75.0  # a connection without a whole request head, new or kept alive: longer than proxies keep theirs
LINGER_S = 1.0  # how long the rest of a refused body is read away
CONNECTIONS_MAX = 512
CONNECTIONS_PER_ADDRESS = 128  # a proxy, or everybody behind one router, is one address
LINE_MAX = FIELD_MAX = 8190
HEADERS_MAX = 100


class _NameOnly(logging.Handler):
    """aiohttp logs a request that it cannot parse with all its bytes, credentials included: only the kind is kept."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        structlog.get_logger("facade").warning("in the HTTP server", error=kind.__name__ if kind else record.levelname)


DISCREET = logging.Logger("ipcamera.http", logging.WARNING)
DISCREET.addHandler(_NameOnly())

LIMITS: dict[str, Any] = {
    "access_log": None,
    "logger": DISCREET,
    "keepalive_timeout": IDLE_S,
    "lingering_time": LINGER_S,
    "max_line_size": LINE_MAX,
    "max_field_size": FIELD_MAX,
    "max_headers": HEADERS_MAX,
}


class _Connection(RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp says in plain text, in JSON; ``message`` may hold what the client sent and is not repeated."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was already begun")
        response = error(status, "Malformed request" if status < 500 else INTERNAL)
        response.headers.update(BARE)
        response.force_close()
        return response


class _Server(web.Server):
    """Cuts off whoever opens more connections than anybody needs: each costs memory before it has said a word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Noted at the beginning: a TLS transport that was closed twice raises when it is asked (Python 3.11), and one
        # that is just going down would then take every new connection with it.
        self._addresses: dict[RequestHandler, str] = {}

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        address = self._addresses[handler] = _address_of(transport)
        same = sum(other == address for other in self._addresses.values())
        if len(self._connections) > CONNECTIONS_MAX or same > CONNECTIONS_PER_ADDRESS:
            transport.abort()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self._addresses.pop(handler, None)
        super().connection_lost(handler, exc)

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


def _address_of(transport: asyncio.Transport) -> str:
    peer = transport.get_extra_info("peername")
    return client_key(peer[0]) if peer else ""


class HttpsRunner(web.AppRunner):
    """Serves an application; one for the HTTPS listener."""

    def __init__(self, app: web.Application, shutdown_timeout: float = 60.0) -> None:
        super().__init__(app, shutdown_timeout=shutdown_timeout, **LIMITS)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **LIMITS)


def plain_runner(https: HttpsRunner, context: Context, shutdown_timeout: float = 60.0) -> web.ServerRunner:
    """The runner of the plain listener, for an ``https`` that has been set up."""
    served = https.server
    assert served is not None, "set the HTTPS runner up first"
    handler = PlainListener(context, served.request_handler)
    server = _Server(handler, request_factory=served.request_factory, **LIMITS)
    return web.ServerRunner(server, shutdown_timeout=shutdown_timeout)
