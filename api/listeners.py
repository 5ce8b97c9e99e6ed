"""The listeners: connections are counted, refused and paced here, before TLS and before any of them costs memory."""

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable

import structlog
from aiohttp import web

from api.aiohttp_internals import Connection
from models.http import limits
from models.http.admission import Admission
from models.security.lockout import client_key

log = structlog.get_logger("facade")

AT_ONCE = 64  # accepted in one iteration of the loop
PACE_S = 0.02  # how often waiting connections are checked
OUT_OF_DESCRIPTORS_S = 0.2
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a refused connection leaves nothing behind, not even TIME_WAIT


class Arrived:
    """One accepted connection until its end."""

    def __init__(self, connection: socket.socket, address: str, site: "GuardedSite") -> None:
        self.socket, self.address, self.site = connection, address, site
        self.transport: asyncio.Transport | None = None
        self.handshake: asyncio.Task[None] | None = None

    def cut(self) -> None:
        """Close it, whatever it is doing."""
        if self.transport is not None:
            self.transport.abort()
        elif self.handshake is not None:
            self.handshake.cancel()
        else:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.socket.close()


class Gate:
    """Shared by all listeners. ``known``: whether a valid credential has been shown from this ``client_key``."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self.admission: Admission[Arrived] = Admission(known)
        self._pacing: asyncio.TimerHandle | None = None

    def arrive(self, arrived: Arrived) -> None:
        for one in self.admission.arrive(arrived.address, arrived):
            one.cut()
        self._begin_due()

    def _begin_due(self) -> None:
        for one in self.admission.due(time.monotonic()):
            one.handshake = asyncio.get_running_loop().create_task(self._serve(one))
        if self._pacing is None and self.admission.waiting:
            self._pacing = asyncio.get_running_loop().call_later(PACE_S, self._pace)

    def _pace(self) -> None:
        self._pacing = None
        self._begin_due()

    async def _serve(self, one: Arrived) -> None:
        """From the handshake until the connection belongs to its protocol, which reports its end."""
        tls = one.site.tls

        def protocol() -> Connection:
            made = one.site.make(tls is not None)
            made.ended = lambda: self.admission.left(one.address, one)
            return made

        try:
            async with asyncio.timeout(limits.HANDSHAKE_S):
                if tls is not None and await _speaks_http(one.socket):
                    tls = None
                one.transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                    protocol, one.socket, ssl=tls, ssl_handshake_timeout=limits.HANDSHAKE_S if tls else None
                )
        except OSError as error:  # of TLS too; the loop has closed it
            log.debug("no handshake", client=one.address, reason=str(error))
        finally:
            if one.transport is None:
                one.socket.close()
                self.admission.left(one.address, one)


async def _speaks_http(connection: socket.socket) -> bool:
    """Whether the client speaks plain HTTP on the HTTPS port: the first byte is a letter, which TLS never sends there.

    Waits until the first byte arrives.
    """
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK).isalpha()


class GuardedSite(web.BaseSite):
    """One listening socket of a runner that has been set up; ``plain`` serves clients that do not use TLS."""

    def __init__(
        self,
        runner: web.AppRunner | web.ServerRunner,
        gate: Gate,
        listener: socket.socket,
        tls: ssl.SSLContext | None,
        plain: web.AppRunner | web.ServerRunner,
    ) -> None:
        super().__init__(runner)
        self._gate, self._listener, self.tls = gate, listener, tls
        self._secure, self._plain = runner, plain
        listener.setblocking(False)

    @property
    def name(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self._listener.getsockname()}"

    def make(self, secure: bool) -> Connection:
        served = (self._secure if secure else self._plain).server
        assert served is not None
        made = served()
        assert isinstance(made, Connection)
        return made

    async def start(self) -> None:
        await super().start()
        self._listen()

    async def stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        await super().stop()

    def _listen(self) -> None:
        if self._listener.fileno() >= 0:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, peer = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no descriptor left: waiting connections stay in the kernel's queue
                log.warning("a connection could not be accepted", reason=str(error))
                asyncio.get_running_loop().remove_reader(self._listener)
                asyncio.get_running_loop().call_later(OUT_OF_DESCRIPTORS_S, self._listen)
                return
            connection.setblocking(False)
            self._gate.arrive(Arrived(connection, client_key(peer[0]), self))
