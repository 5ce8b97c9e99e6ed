"""All private parts of aiohttp that are used: pinned, and tested in tests/house/test_internals.py.

aiohttp has no public way to close a connection that never sends anything, to send JSON for the errors that it answers
in plain text below any application, or to answer without a length and without chunks.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from api.errors import BARE, INTERNAL, error
from models.http import limits

PINNED = "3.14.5"


class Unframed(web.StreamResponse):
    """An answer that ends with its connection, with neither Content-Length nor chunks."""

    _length_check = False  # aiohttp's own switch for its WebSocket answer

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        self.force_close()


class Connection(RequestHandler):
    """``spoken``: the head of a request has arrived. ``ended`` is called once, at the end."""

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
        """aiohttp's own errors as JSON; ``message`` may contain what the client sent, and is not repeated."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was already begun")
        response = error(status, "Malformed request" if status < 500 else INTERNAL)
        response.headers.update(BARE)
        response.force_close()
        return response


class Server(web.Server):
    """Makes ``Connection``s, and closes those that stay silent."""

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


class AppRunner(web.AppRunner):
    """Serves an application by a ``Server``. ``options`` are those of ``web.Server``."""

    def __init__(self, app: web.Application, shutdown_timeout: float, options: Mapping[str, Any]) -> None:
        super().__init__(app, shutdown_timeout=shutdown_timeout, **options)
        self._options = options

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return Server(made.request_handler, made.request_factory, **self._options)
