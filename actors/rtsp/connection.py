"""One TCP connection: requests are answered one after the other, in order; interleaved RTCP is heard at once."""

import asyncio
import contextlib
import socket
from collections import deque
from email.utils import formatdate
from typing import TYPE_CHECKING

from actors.rtsp.limits import REQUESTS_PENDING_MAX, WRITE_BUFFER_HIGH
from actors.rtsp.outflow import Outflow, unacknowledged
from models.rtsp.message import Request, Response, Status
from models.rtsp.parser import InterleavedFrame, Malformed, Parser

if TYPE_CHECKING:
    from actors.rtsp.server import RtspServer

SERVER = "ipcamera"
LOOK_EVERY_S = 0.1
NOBODY = ("", 0)
OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
)


class Connection(asyncio.Protocol):
    """``peer`` and ``local`` are addresses without port; IPv4 in IPv6 clothes is undressed."""

    def __init__(self, server: "RtspServer") -> None:
        self.server = server
        self.peer = self.local = ""
        self.logged_in = False
        self.kept_nonce = ""
        self.channels: dict[int, tuple[str, int]] = {}  # to session id and track
        self.last_request: float | None = None
        self.opened = server.now()
        self._age = self._age_at = 0.0
        self._parser = Parser()
        self._pending: deque[Request | Malformed] = deque()
        self._worker: asyncio.Task[None] | None = None

    # ---------------------------------------------------------------- the transport
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        sock: socket.socket = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it may be gone already
            for level, option, value in OPTIONS:
                sock.setsockopt(level, option, value)
        self._descriptor = sock.fileno()
        self._outflow = Outflow()
        self._outflow.progress = self.opened
        transport.set_write_buffer_limits(high=WRITE_BUFFER_HIGH)
        self.peer, self.local = (_bare(transport.get_extra_info(name)) for name in ("peername", "sockname"))
        if not self.server.accepts(self):
            self.reply(Response(Status.SERVICE_UNAVAILABLE), "")
            transport.close()
            return
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._worker is not None:
            self._worker.cancel()
        self.server.connections.discard(self)
        self.server.connection_lost(self)

    def pause_writing(self) -> None:
        self.transport.pause_reading()  # who does not read answers may not ask more

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        for item in self._parser.feed(data):
            if isinstance(item, InterleavedFrame):
                self.server.heard(self.channels.get(item.channel, NOBODY)[0], item.payload)
            elif len(self._pending) < REQUESTS_PENDING_MAX:
                self._pending.append(item)
            else:
                self.transport.abort()
                return
        if self._pending and self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())
            self._worker.add_done_callback(self._worked)

    # ---------------------------------------------------------------- requests
    async def _work(self) -> None:
        while self._pending and not self.transport.is_closing():
            item = self._pending.popleft()
            if isinstance(item, Malformed):
                self.reply(Response(item.status), item.cseq)
                self.transport.close()
                return
            self.last_request = self.server.now()
            await self.server.answer(self, item)
            if not item.keeps_open:
                self.transport.close()

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._worker = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self.server.failed(error)

    def reply(self, response: Response, cseq: str) -> None:
        self.send(response.encode(cseq, formatdate(usegmt=True), SERVER), self.server.now())

    # ---------------------------------------------------------------- what senders need
    def send(self, data: bytes, now: float) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)
            self._outflow.wrote(len(data), now)

    def queue_age(self, now: float) -> float:
        """Seconds that the oldest byte waits; looked at so often only as it can matter."""
        if now - self._age_at < LOOK_EVERY_S or self.transport.is_closing():
            return self._age
        self._age_at = now
        self._age = self._outflow.age(unacknowledged(self._descriptor), self.transport.get_write_buffer_size(), now)
        return self._age

    def stalled_for(self, now: float) -> float:
        """Seconds since the client last took anything of what waits for it."""
        self.queue_age(now)
        return now - self._outflow.progress

    def take_channels(self, wanted: tuple[int, int] | None, owner: tuple[str, int]) -> tuple[int, int] | None:
        """Give a track (session id, track) its channels, the wanted ones or free ones; None where they are taken."""
        used = {
            channel: other
            for channel, other in self.channels.items()
            if other != owner and other[0] in self.server.sessions
        }
        free = ((low, low + 1) for low in range(0, 256, 2) if used.keys().isdisjoint((low, low + 1)))
        chosen = wanted or next(free, None)
        if chosen is None or not used.keys().isdisjoint(chosen):
            return None
        self.channels = used | dict.fromkeys(chosen, owner)
        return chosen


def _bare(address: tuple[str, ...] | None) -> str:
    """Without port, scope and IPv4's disguise; "" for a connection that ended before it was looked at."""
    return address[0].partition("%")[0].removeprefix("::ffff:") if address else ""
