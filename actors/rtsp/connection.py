"""One TCP connection: requests are answered one at a time, in order; interleaved RTCP is handled at once."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections import deque
from email.utils import formatdate
from typing import Protocol

from actors.rtsp.limits import QUEUE_AGE_MAX_S, REQUESTS_PENDING_MAX, WRITE_BUFFER_HIGH
from actors.rtsp.send_queue import SendQueue
from config.network.sockets import unacknowledged
from models.rtsp.auth import Nonces
from models.rtsp.message import Request, Response, Status
from models.rtsp.parser import InterleavedFrame, Malformed, Parser
from models.security.lockout import client_key

SERVER = "ipcamera"
NOBODY = ("", 0)
OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
)


class ConnectionHandler(Protocol):
    """What a connection reports to its server, and asks it."""

    @staticmethod
    def now() -> float: ...
    def connected(self, connection: "Connection") -> bool:
        """Whether it may stay."""

    def disconnected(self, connection: "Connection") -> None: ...
    async def answer(self, connection: "Connection", request: Request) -> None: ...
    def heard(self, session_id: str, compound: bytes) -> None:
        """RTCP from a client."""

    def has_session(self, session_id: str) -> bool: ...
    def failed(self, error: BaseException) -> None: ...


class Connection(asyncio.Protocol):
    """``peer`` and ``local`` are addresses without port; an IPv4-mapped IPv6 address is shown as IPv4."""

    def __init__(self, server: ConnectionHandler) -> None:
        self.server = server
        self.peer = self.local = ""
        self.client = ""  # what counts as one client: the address, or its IPv6 /64
        self.logged_in = False
        self.nonces = Nonces(secrets.token_bytes(32))
        self.channels: dict[int, tuple[str, int]] = {}  # to session id and track
        self.last_request: float | None = None
        self.opened = server.now()
        self.send_queue = SendQueue(self.opened)
        self.age = 0.0  # s that the oldest byte had waited at the last check
        self.clear = False  # open, not encrypted, nothing waits in user space, and the age is small
        self.secure = False  # over TLS
        self._descriptor = -1
        self._parser = Parser()
        self._pending: deque[Request | Malformed] = deque()
        self._worker: asyncio.Task[None] | None = None

    # ---------------------------------------------------------------- the transport
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        sock: socket.socket = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it may already be gone
            for level, option, value in OPTIONS:
                sock.setsockopt(level, option, value)
        self._descriptor = sock.fileno()
        self.secure = transport.get_extra_info("ssl_object") is not None
        self.clear = not self.secure
        transport.set_write_buffer_limits(high=WRITE_BUFFER_HIGH)
        self.peer, self.local = (_bare(transport.get_extra_info(name)) for name in ("peername", "sockname"))
        self.client = client_key(self.peer)
        if not self.server.connected(self):
            self.reply(Response(Status.SERVICE_UNAVAILABLE), "")
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._worker is not None:
            self._worker.cancel()
        self._descriptor = -1  # it may belong to another socket from now on
        self.clear = False
        self.server.disconnected(self)

    def pause_writing(self) -> None:
        self.transport.pause_reading()  # a client that does not read answers may not send more requests

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
        self.send(response.encode(cseq, formatdate(usegmt=True), SERVER))

    # ---------------------------------------------------------------- what senders need
    def send(self, data: bytes) -> None:
        """Bypass the transport, which owns the socket, as long as it holds nothing back: a third of the time."""
        self.send_queue.total += len(data)
        if self.clear:
            try:
                written = os.write(self._descriptor, data)
            except OSError:
                written = 0  # full or broken: left to the transport
            if written == len(data):
                return
            self.clear = False
            data = data[written:]
        if not self.transport.is_closing():
            self.transport.write(data)

    def look(self, now: float) -> None:
        """Check how much of what was written is still waiting, where, and for how long."""
        if self._descriptor >= 0:
            buffered = self.transport.get_write_buffer_size()
            self.age = self.send_queue.age(unacknowledged(self._descriptor), buffered, now)
            self.clear = not self.secure and not buffered and self.age <= QUEUE_AGE_MAX_S

    def stalled_for(self, now: float) -> float:
        """Seconds since the client last accepted anything of what waits for it."""
        self.look(now)
        return now - self.send_queue.progress

    def take_channels(self, wanted: tuple[int, int] | None, owner: tuple[str, int]) -> tuple[int, int] | None:
        """Assign channels to a track (session id, track), the requested ones or free ones; None if they are in use."""
        used = {
            channel: other
            for channel, other in self.channels.items()
            if other != owner and self.server.has_session(other[0])
        }
        free = ((low, low + 1) for low in range(0, 256, 2) if used.keys().isdisjoint((low, low + 1)))
        chosen = wanted or next(free, None)
        if chosen is None or not used.keys().isdisjoint(chosen):
            return None
        self.channels = used | dict.fromkeys(chosen, owner)
        return chosen


def _bare(address: tuple[str, ...] | None) -> str:
    """Without port, scope and the IPv4-mapped prefix; "" for a connection that has already ended."""
    return address[0].partition("%")[0].removeprefix("::ffff:") if address else ""
