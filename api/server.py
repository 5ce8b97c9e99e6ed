"""The HTTP servers of the two listeners, and limits on the cost of a connection."""

import logging
from typing import Any

import structlog
from aiohttp import web

from api.aiohttp_internals import AppRunner, Server
from api.context import Context
from api.rate_limits import RATE_LIMITER
from api.redirect import PlainListener
from models.http import limits

LINGER_S = 1.0  # how long the rest of a refused body is read and discarded
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
    "handler_cancellation": True,  # a client that disconnects wants nothing any more
    "keepalive_timeout": limits.IDLE_S,
    "lingering_time": LINGER_S,
    "max_line_size": LINE_MAX,
    "max_field_size": FIELD_MAX,
    "max_headers": HEADERS_MAX,
}


class HttpsRunner(AppRunner):
    """Serves an application; one for the HTTPS listener."""

    def __init__(self, app: web.Application, shutdown_timeout: float = 60.0) -> None:
        super().__init__(app, shutdown_timeout, LIMITS)


def plain_runner(https: HttpsRunner, context: Context, shutdown_timeout: float = 60.0) -> web.ServerRunner:
    """The runner of the plain listener, for an ``https`` that has been set up."""
    served = https.server
    assert served is not None, "set the HTTPS runner up first"
    handler = PlainListener(context, served.request_handler, https.app[RATE_LIMITER])
    server = Server(handler, served.request_factory, **LIMITS)
    return web.ServerRunner(server, shutdown_timeout=shutdown_timeout)
