"""One WebSocket: its permissions, its outbox, and the only task that writes to it."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from api.client_transport import ClientTransport
from api.live.messages import Message
from api.routing import CONTEXT
from models.http import limits
from models.http.handshake import START, TRANSITIONS, Close, Event, SocketState
from models.http.outbox import Outbox
from models.http.websocket_frames import text
from models.rate_limit import TokenBucket, Window
from models.security.roles import OWNER


@dataclass(slots=True)
class Caller:
    """Who opened the socket, and with which credential."""

    address: str
    dashboard: bool  # by the session cookie
    authenticated: bool
    session_id: str = ""
    carrier: str = "none"  # cookie, bearer, query, none
    token: str = ""
    role: str = OWNER
    foreign: bool = False  # another site's page: it may use a token, but not guess a password


class LiveSocket:
    def __init__(
        self, request: web.Request, ws: web.WebSocketResponse, transport: ClientTransport, caller: Caller
    ) -> None:
        self.request, self.ws, self.transport, self.caller = request, ws, transport, caller
        self.outbox = Outbox()
        self.state = START[Event.CREDENTIAL if caller.authenticated else Event.NO_CREDENTIAL]
        self.listening = False
        self.talk_name = f"ws-{id(self):x}"
        self.wants: frozenset[str] = frozenset()
        self.opened_at = self.seen_at = self.pinged_at = self.refreshed_at = time.monotonic()
        self.tries = 0
        self.malformed = Window(limits.MALFORMED, limits.MALFORMED_WINDOW_S)
        self.buckets = {
            "setting": TokenBucket(limits.SETTINGS_PER_S, limits.SETTINGS_BURST),
            "requestKeyframe": TokenBucket(limits.KEYFRAMES_PER_S, limits.KEYFRAMES_BURST),
            "h264_quality": TokenBucket(limits.QUALITIES_PER_S, limits.QUALITIES_BURST),
            "stream_control": TokenBucket(limits.STREAM_CONTROLS_PER_S, limits.STREAM_CONTROLS_BURST),
            "audio": TokenBucket(limits.TALK_PER_S, limits.TALK_BURST),
            "waiting": TokenBucket(limits.WAITING_PER_S, limits.WAITING_BURST),
            "talk_error": TokenBucket(limits.TALK_ERRORS_PER_S, limits.TALK_ERRORS_BURST),
        }
        self.buckets["settings_batch"] = self.buckets["setting"]
        self.ended = asyncio.Event()
        self._wake = asyncio.Event()
        self._close: Close | None = None
        self._jobs: set[asyncio.Task[Any]] = set()

    @property
    def ready(self) -> bool:
        return self.state is SocketState.READY

    @property
    def watching(self) -> bool:
        """H.264 is on."""
        return self.outbox.video is not None

    def step(self, event: Event) -> None:
        """Advance the handshake; a closing state closes the socket."""
        self.state, close = TRANSITIONS[self.state][event]
        if close is not None:
            self.end(close)

    def answer(self, message: Message, request: Message | None = None) -> None:
        """Answer on this socket, with the ``requestId`` of the request."""
        if request is not None and "requestId" in request:
            message = message | {"requestId": request["requestId"]}
        self.frame(text(message))

    def frame(self, frame: bytes) -> None:
        """Send an answer or event that is already framed."""
        keep = self.outbox.event if self.ready else self.outbox.answer
        if not keep(frame):
            self.end(Close.OVERLOADED)
        self.wake()

    def wake(self) -> None:
        self._wake.set()

    def end(self, code: Close) -> None:
        """Close it after the waiting answers. The first reason counts."""
        if self._close is None:
            self._close = code
            self.state = SocketState.CLOSED
        self.wake()

    def spawn(self, job: Coroutine[Any, Any, None]) -> None:
        """Run what takes longer than the reader may wait; it ends with the socket."""
        task = self.request.app[CONTEXT].start_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def stop(self) -> None:
        for task in tuple(self._jobs):
            task.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    async def write(self) -> None:
        """Write until the end. The only writer, except for control frames."""
        while self._close is None:
            frame = self.outbox.take()
            if frame is None:
                await self._wake.wait()
                self._wake.clear()
            elif await self._room():
                self.transport.write(frame)
        await self._part(self._close)

    async def _room(self) -> bool:
        """Wait until the client has read most of what was written; False when the socket ended meanwhile."""
        pause = 0.002
        while self.transport.backlog() > limits.SOCKET_BACKLOG:
            if self._close is not None:
                return False
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        return not self.transport.closing

    async def _part(self, code: Close) -> None:
        while self.transport.backlog() <= limits.SOCKET_BACKLOG and (frame := self.outbox.take_answer()) is not None:
            self.transport.write(frame)
        await self.ws.close(code=code.value)
        self.transport.abort()
        self.ended.set()
