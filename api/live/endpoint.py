"""GET /ws: from the upgrade to the last close."""

import asyncio
import time

from aiohttp import WSMsgType, web

from api.client_transport import ClientTransport
from api.context import Context
from api.live.dispatch import receive
from api.live.hub import HUB, Hub
from api.live.socket import LiveSocket
from api.live.upgrade import caller_of
from config.clock import unix_ms
from models.errors import Invalid, Unavailable
from models.http import limits
from models.http.handshake import Close, SocketState

ENDED = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})


async def serve(request: web.Request, context: Context) -> web.StreamResponse:
    """Serve one socket until it ends."""
    hub = request.app[HUB]
    # No compression: H.264 and base64 sound do not shrink, and every frame is made once for all sockets.
    ws = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=limits.MAX_TEXT + 1, timeout=limits.CLOSE_S)
    if not ws.can_prepare(request).ok:
        raise Invalid("Expected a WebSocket upgrade")
    caller = await caller_of(request, context)
    if isinstance(caller, web.Response):
        return caller
    if not (hub.room_for if caller.authenticated else hub.make_room_for)(caller.address):
        raise Unavailable("Too many connections")
    await ws.prepare(request)
    if request.transport is None:
        return ws
    socket = LiveSocket(request, ws, ClientTransport(request.transport), caller)
    hub.join(socket)
    writer = asyncio.create_task(socket.write())
    writer.add_done_callback(lambda _: socket.transport.abort())  # however it ends, the reader must not wait forever
    try:
        if socket.ready:
            await hub.welcome(socket)
        else:
            socket.answer({"type": "auth_required", "timestamp": unix_ms()})
        await _read(socket, hub)
    finally:
        hub.leave(socket)
        await socket.stop()
        await _finish(socket, writer)
    return ws


async def _read(socket: LiveSocket, hub: Hub) -> None:
    while (message := await socket.ws.receive()).type not in ENDED:
        socket.seen_at = time.monotonic()
        if not socket.ready and not socket.buckets["waiting"].take(socket.seen_at):
            socket.end(Close.MALFORMED)
            break
        if message.type is WSMsgType.TEXT and socket.state is not SocketState.CLOSED:  # nothing is answered any more
            await receive(socket, message.data, hub)
        elif message.type is WSMsgType.BINARY:
            socket.end(Close.BINARY)
        elif message.type is WSMsgType.PING:
            await socket.ws.pong(message.data)


async def _finish(socket: LiveSocket, writer: "asyncio.Task[None]") -> None:
    """The client disconnected, or we close: let the writer finish, but with a time limit."""
    socket.end(Close.NORMAL)
    done, _ = await asyncio.wait({writer}, timeout=2 * limits.CLOSE_S)
    if not done:
        writer.cancel()
        socket.transport.abort()
    elif (error := writer.exception()) is not None and not isinstance(error, ConnectionError):
        raise error
