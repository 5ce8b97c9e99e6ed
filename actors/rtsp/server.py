"""The RTSP server's network core: listeners, connections, sessions, and the fan-out of units to all of them.

It knows no actor: whoever runs it feeds ring entries and implements ``Hooks``.
"""

import asyncio
import secrets
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Protocol

from actors.rtsp.connection import Connection
from actors.rtsp.limits import (
    AUDIO_RETRY_S,
    AUDIO_WAIT_S,
    BACKLOG,
    FIRST_PICTURE_S,
    GUESS_EVERY_S,
    LINGER_S,
    LOOK_EVERY_S,
)
from actors.rtsp.seats import Seats
from actors.rtsp.senders import Sender
from actors.rtsp.session import Session
from actors.rtsp.tls import TlsListener
from models.media.ring import Entry
from models.messages.rtsp_session import Serving
from models.rtp.track import Unit
from models.rtsp.message import Request
from models.rtsp.presentation import Presentation, Seeds
from models.rtsp.state import State
from models.rtsp.url import AUDIO, VIDEO
from models.security.lockout import KNOWN_MAX, KnownClients, LockoutPolicy, Lockouts, client_key

LOCKOUT = LockoutPolicy(lock_s=60.0)


class Hooks(Protocol):
    """What the server needs from the house around it."""

    @property
    def device_name(self) -> str: ...
    @property
    def max_sessions(self) -> int: ...
    @property
    def max_sessions_per_address(self) -> int: ...
    @property
    def streaming(self) -> bool:
        """The master switch."""

    @property
    def sound(self) -> bool:
        """Whether an audio track may be described."""

    async def admit(self, session_id: str, address: str) -> None:
        """Take a place among the allowed sessions; raises ``ServerError`` where there is none."""

    def changed(self) -> None:
        """Sessions came, went, or play now."""

    def want_media(self, wanted: bool) -> None: ...
    def request_keyframe(self) -> None: ...
    def login_failed(self, address: str) -> None: ...
    def first_login(self, address: str) -> None:
        """Nobody had logged in from there, as far as is remembered."""

    def failed(self, error: BaseException) -> None: ...


class RtspServer:
    """``answer`` does what a request asks for (``actors.rtsp.methods``)."""

    def __init__(self, hooks: Hooks, answer: "Callable[[RtspServer, Connection, Request], Awaitable[None]]") -> None:
        self.hooks = hooks
        self._answer = answer
        self.presentation = Presentation(_seeds())
        self.serving: Serving | None = None
        self.sessions: dict[str, Session] = {}
        self.seats = Seats(hooks)
        self._playing: dict[int, list[Sender]] = {VIDEO: [], AUDIO: []}
        self._look_at = 0.0
        self.admitting: dict[str, str] = {}  # session id → address, between SETUP and the manager's answer
        self.lockouts = Lockouts(LOCKOUT)
        self.known = KnownClients()  # from where somebody has logged in
        self._turns: dict[str, asyncio.Lock] = {}  # by locked address from which somebody has been in
        self.description_id = time.time_ns() // 1_000_000_000
        self._listeners: dict[int, list[asyncio.Server | TlsListener]] = {}  # by port
        self._news = asyncio.Event()  # set, and replaced, at each key picture and each first sound
        self._media_until = 0.0
        self._wants_media = False
        self._no_sound_since: float | None = None

    @staticmethod
    def now() -> float:
        return time.monotonic()

    # ---------------------------------------------------------------- serving
    @property
    def ports(self) -> frozenset[int]:
        """Where it listens."""
        return frozenset(self._listeners)

    async def serve(
        self, serving: Serving, made: Mapping[int, Iterable[socket.socket]], tls: ssl.SSLContext | None = None
    ) -> None:
        """Serve from now on like this; all sessions end. ``made``: the sockets of ports that it does not listen on yet.

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
        for connection in list(self.seats):
            connection.transport.close()

    # ---------------------------------------------------------------- media in, packets out
    def feed_video(self, entry: Entry) -> None:
        unit = self.presentation.feed_video(entry)
        if unit is None:
            if self.presentation.waits_for_key:
                self.hooks.request_keyframe()
            return
        self._publish(VIDEO, unit)
        if unit.key:
            self._tell_waiting()

    def feed_audio(self, entry: Entry) -> None:
        first = self.presentation.audio_format is None
        unit = self.presentation.feed_audio(entry)
        if unit is not None:
            self._no_sound_since = None
            self._publish(AUDIO, unit)
            if first:
                self._tell_waiting()

    def _publish(self, track: int, unit: Unit) -> None:
        now = self.now()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            for connection in self.seats:
                connection.look(now)
        for sender in self._playing[track]:
            sender.send(unit, now)

    def _tell_waiting(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for_news(self, timeout_s: float) -> bool:
        """Wait for a key picture or the first sound; False when ``timeout_s`` passed without."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def described(self) -> bool:
        """Wake the media and wait until the description is complete; False: no picture came."""
        self.demand(LINGER_S)
        begin = self.now()
        while self.presentation.video_format is None:
            self.hooks.request_keyframe()
            left = begin + FIRST_PICTURE_S - self.now()
            if left <= 0:
                return False
            await self.wait_for_news(min(left, 1.0))
        await self._sound_described(begin)
        return True

    async def _sound_described(self, begin: float) -> None:
        lately = self._no_sound_since is not None and self.now() - self._no_sound_since < AUDIO_RETRY_S
        if not self.hooks.sound or lately:
            return
        while self.presentation.audio_format is None:
            left = begin + AUDIO_WAIT_S - self.now()
            if left <= 0:
                self._no_sound_since = self.now()  # no microphone, it seems: the next viewer need not wait for it
                return
            await self.wait_for_news(left)

    def demand(self, for_s: float = 0.0) -> None:
        """Keep the media running for ``for_s`` seconds, and as long as somebody plays."""
        self._media_until = max(self._media_until, self.now() + for_s)
        plays = any(session.state is State.PLAYING for session in self.sessions.values())
        wanted = self.serving is not None and self.hooks.streaming and (plays or self.now() < self._media_until)
        if wanted != self._wants_media:
            self._wants_media = wanted
            if not wanted:
                self.presentation.pause()
            self.hooks.want_media(wanted)

    def logged_in(self, address: str) -> None:
        """Somebody there knows the login."""
        if self.known.add(address):
            self.hooks.first_login(address)

    async def turn_at(self, address: str) -> None:
        """Wait until a login from this locked address may be tried: one after the other, ``GUESS_EVERY_S`` apart.

        Who hangs up meanwhile gives his turn away, so the queue is as long as the address has connections.
        """
        if len(self._turns) > KNOWN_MAX:
            self._turns = {key: turn for key, turn in self._turns.items() if turn.locked()}
        async with self._turns.setdefault(client_key(address), asyncio.Lock()):
            await asyncio.sleep(GUESS_EVERY_S)

    # ---------------------------------------------------------------- sessions
    def find(self, connection: Connection, session_id: str) -> Session | None:
        """The session that a request names; one of another address is as unknown as one that never was."""
        session = self.sessions.get(session_id)
        return session if session is not None and session.address == connection.peer else None

    def heard(self, session_id: str, compound: bytes) -> None:
        session = self.sessions.get(session_id)
        if session is not None:
            session.heard(compound, self.now())

    def end(self, session: Session) -> None:
        if self.sessions.pop(session.session_id, None) is None:
            return
        session.goodbye(self.presentation, self.now())
        session.close()
        self.demand()
        self.changed()

    def changed(self) -> None:
        """Sessions came or went, play or pause now, or have one more track."""
        playing = [session.senders for session in self.sessions.values() if session.state is State.PLAYING]
        self._playing = {track: [of[track] for of in playing if track in of] for track in (VIDEO, AUDIO)}
        self.hooks.changed()

    # ---------------------------------------------------------------- connections
    def connected(self, connection: Connection) -> bool:
        return self.serving is not None and self.seats.come_in(connection)

    async def answer(self, connection: Connection, request: Request) -> None:
        await self._answer(self, connection, request)

    def has_session(self, session_id: str) -> bool:
        return session_id in self.sessions

    def disconnected(self, connection: Connection) -> None:
        """TCP sessions end with their connection; UDP ones live on by RTCP (RFC 2326 §1.3), or until their time-out."""
        self.seats.leave(connection)
        for session in list(self.sessions.values()):
            if session.owner is connection:
                session.owner = None
                if session.transport != "udp":
                    self.end(session)

    def failed(self, error: BaseException) -> None:
        self.hooks.failed(error)


def _seeds() -> Seeds:
    def three() -> tuple[int, int, int]:
        return secrets.randbits(32), secrets.randbits(16), secrets.randbits(32)

    return Seeds(three(), three())
