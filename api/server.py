"""The HTTP servers of the two listeners: limits on what a connection may cost, and errors below any application."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from api.context import Context
from api.errors import BARE, INTERNAL, error
from api.guard import GUARD
from api.redirect import PlainListener
from models.http import limits

LINGER_S = 1.0  # how long the rest of a refused body is read away
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
    "handler_cancellation": True,  # whoever hangs up asks for nothing any more
    "keepalive_timeout": limits.IDLE_S,
    "lingering_time": LINGER_S,
    "max_line_size": LINE_MAX,
    "max_field_size": FIELD_MAX,
    "max_headers": HEADERS_MAX,
}


class Connection(RequestHandler):
    """``spoken``: the head of a request has come. ``ended`` is called once, at the end."""

    __slots__ = ("ended", "spoken")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken = False
        self.ended: Callable[[], None] = lambda: None

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.ended()

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
    """Makes ``Connection``s, and cuts off those that do not speak."""

    def __init__(self, handler: Any, request_factory: Any, **kwargs: Any) -> None:
        super().__init__(handler, request_factory=self._request, **kwargs)
        self._factory = request_factory

    def __call__(self) -> Connection:
        return Connection(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._loop.call_later(limits.FIRST_REQUEST_S, self._cut_if_silent, handler, transport)

    def _cut_if_silent(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        if isinstance(handler, Connection) and not handler.spoken:
            transport.abort()

    def _request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        protocol.spoken = True
        return self._factory(message, payload, protocol, writer, task)  # type: ignore[no-any-return]


class HttpsRunner(web.AppRunner):
    """Serves an application; one for the HTTPS listener."""

    def __init__(self, app: web.Application, shutdown_timeout: float = 60.0) -> None:
        super().__init__(app, shutdown_timeout=shutdown_timeout, **LIMITS)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, made.request_factory, **LIMITS)


def plain_runner(https: HttpsRunner, context: Context, shutdown_timeout: float = 60.0) -> web.ServerRunner:
    """The runner of the plain listener, for an ``https`` that has been set up."""
    served = https.server
    assert served is not None, "set the HTTPS runner up first"
    handler = PlainListener(context, served.request_handler, https.app[GUARD])
    server = _Server(handler, served.request_factory, **LIMITS)
    return web.ServerRunner(server, shutdown_timeout=shutdown_timeout)
