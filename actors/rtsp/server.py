"""The network core of the RTSP server: listeners, connections, and sessions, each of which plays one of the streams.

It does not know the actor, which feeds ring entries to it and implements ``ServerHost``.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Protocol

from actors.rtsp.connection import Connection
from actors.rtsp.connection_limits import ConnectionLimits
from actors.rtsp.limits import BACKLOG, LOOK_EVERY_S
from actors.rtsp.senders import Sender
from actors.rtsp.session import Session
from actors.rtsp.stream import Stream, StreamHooks
from actors.rtsp.tls import TlsListener
from actors.shared.rtsp_logins import Logins
from models.errors import LimitReached
from models.media.tier import Tier
from models.messages.rtsp_session import Serving
from models.rtsp.message import Request
from models.rtsp.url import parse, tier_of


class ServerHost(StreamHooks, Protocol):
    """What the server needs from its actor."""

    @property
    def device_name(self) -> str: ...
    @property
    def max_sessions(self) -> int: ...
    @property
    def max_sessions_per_address(self) -> int: ...
    async def admit(self, session_id: str, address: str) -> None:
        """Take a place among the allowed sessions; raises ``ServerError`` if there is none."""

    def changed(self) -> None:
        """Sessions were opened or closed, or changed their state."""

    def failed(self, error: BaseException) -> None: ...


class RtspServer:
    """``answer`` carries out a request (``actors.rtsp.methods``)."""

    def __init__(
        self,
        host: ServerHost,
        answer: "Callable[[RtspServer, Connection, Request], Awaitable[None]]",
        logins: Logins,
    ) -> None:
        self.logins = logins
        self._host = host
        self._answer = answer
        self.streams = {tier: Stream(self, host, tier) for tier in Tier}
        self.serving: Serving | None = None
        self.sessions: dict[str, Session] = {}
        self.connections = ConnectionLimits(host)
        self._look_at = 0.0
        self.admitting: dict[str, str] = {}  # session id → address, between SETUP and the manager's answer
        self.description_id = time.time_ns() // 1_000_000_000
        self._listeners: dict[int, list[asyncio.Server | TlsListener]] = {}  # by port

    @staticmethod
    def now() -> float:
        return time.monotonic()

    @property
    def device_name(self) -> str:
        return self._host.device_name

    # ---------------------------------------------------------------- serving
    @property
    def ports(self) -> frozenset[int]:
        """The ports that it listens on."""
        return frozenset(self._listeners)

    @property
    def path(self) -> str:
        """The path of the main stream."""
        return self.serving.path if self.serving else ""

    async def serve(
        self, serving: Serving, made: Mapping[int, Iterable[socket.socket]], tls: ssl.SSLContext | None = None
    ) -> None:
        """Serve this configuration from now on; all sessions end. ``made``: sockets of ports that are not served yet.

        ``tls``: for ``serving.tls_port``.
        """
        fresh = {port: [await self._listen(sock, port, serving, tls) for sock in made[port]] for port in made}
        self.end_all()
        self._close_listeners(keep=set(serving.ports) - fresh.keys())
        self._listeners |= fresh
        self.serving = serving

    async def _listen(
        self, sock: socket.socket, port: int, serving: Serving, tls: ssl.SSLContext | None
    ) -> "asyncio.Server | TlsListener":
        if tls is not None and port == serving.tls_port:
            return TlsListener(sock, tls, lambda: Connection(self))
        return await asyncio.get_running_loop().create_server(lambda: Connection(self), sock=sock, backlog=BACKLOG)

    async def stop(self) -> None:
        self.end_all()
        self._close_listeners()
        self.serving = None

    def _close_listeners(self, keep: Collection[int] = ()) -> None:
        for port in [port for port in self._listeners if port not in keep]:
            for listener in self._listeners.pop(port):
                listener.close()

    def end_all(self) -> None:
        """End every session and connection."""
        for session in list(self.sessions.values()):
            self.end(session)
        for connection in list(self.connections):
            connection.transport.close()

    # ---------------------------------------------------------------- media
    def look_at_queues(self, now: float) -> None:
        """Check periodically how much waits for each connection."""
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            for connection in self.connections:
                connection.look(now)

    @property
    def on_air(self) -> bool:
        return self.serving is not None

    def playing(self, stream: Stream) -> list[dict[int, Sender]]:
        return [session.senders for session in self.sessions.values() if session.plays(stream)]

    def stream(self, request: Request) -> Stream:
        """The stream that the URL of a request refers to."""
        return self.streams[tier_of(parse(request.url), self.path)]

    def demand(self) -> None:
        """Keep each tier's media running as long as somebody plays it, or has just requested it."""
        for stream in self.streams.values():
            stream.demand()

    # ---------------------------------------------------------------- sessions
    def find(self, connection: Connection, session_id: str) -> Session | None:
        """The session that a request names; one of another address counts as unknown."""
        session = self.sessions.get(session_id)
        return session if session is not None and session.address == connection.peer else None

    def heard(self, session_id: str, compound: bytes) -> None:
        session = self.sessions.get(session_id)
        if session is not None:
            session.heard(compound, self.now())

    async def open_session(self, stream: Stream, connection: Connection, user_agent: str) -> Session:
        """Open a session if there is a place for it and for its connection; raises ``ServerError`` if not."""
        if not self.promote(connection):
            raise LimitReached("Too many connections")
        session = Session(stream, connection.peer, user_agent, connection, self.now())
        self.admitting[session.session_id] = connection.peer
        try:
            await self._host.admit(session.session_id, connection.peer)
        finally:
            del self.admitting[session.session_id]
        self.sessions[session.session_id] = session
        self.changed()
        return session

    def end(self, session: Session) -> None:
        if self.sessions.pop(session.session_id, None) is None:
            return
        session.goodbye(self.now())
        session.close()
        self.changed()

    def changed(self) -> None:
        """Sessions were opened or closed, play or pause, or have another track."""
        for stream in self.streams.values():
            stream.sessions_changed()
        self.demand()
        self._host.changed()

    # ---------------------------------------------------------------- connections
    def connected(self, connection: Connection) -> bool:
        return self.serving is not None and self.connections.admit(connection)

    def promote(self, connection: Connection) -> bool:
        """It is no longer a stranger; False if all places are taken."""
        return self.connections.promote(connection)

    async def answer(self, connection: Connection, request: Request) -> None:
        await self._answer(self, connection, request)

    def has_session(self, session_id: str) -> bool:
        return session_id in self.sessions

    def disconnected(self, connection: Connection) -> None:
        """TCP sessions end with their connection; UDP sessions are kept alive by RTCP (RFC 2326 §1.3)."""
        self.connections.leave(connection)
        for session in list(self.sessions.values()):
            if session.owner is connection:
                session.owner = None
                if session.transport != "udp":
                    self.end(session)

    def failed(self, error: BaseException) -> None:
        self._host.failed(error)
