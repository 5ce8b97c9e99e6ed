"""RTSP over TLS: connections are counted when they are accepted, before any computation for them."""

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Callable

from actors.rtsp.limits import ACCEPT_PAUSE_S, HANDSHAKE_S, HANDSHAKES, HANDSHAKES_PER_CLIENT
from models.security.lockout import client_key


class TlsListener:
    """Accepts on ``sock`` until it is closed; ``factory`` makes the protocol of a connection that has shaken hands."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, factory: Callable[[], asyncio.Protocol]) -> None:
        self._socket = sock
        self._context = context
        self._factory = factory
        self._shaking: dict[asyncio.Task[None], str] = {}  # to the client, in order of arrival
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    def close(self) -> None:
        """Accept no new connections; those with a completed handshake continue."""
        for task in (self._accepting, *self._shaking):
            task.cancel()
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(self._socket)
            except OSError:  # it is already gone, or there is no descriptor left
                await asyncio.sleep(ACCEPT_PAUSE_S)
                continue
            client = client_key(address[0])
            if Counter(self._shaking.values())[client] >= HANDSHAKES_PER_CLIENT:
                sock.close()
                continue
            if len(self._shaking) >= HANDSHAKES:
                next(iter(self._shaking)).cancel()
            task = loop.create_task(self._greet(sock))
            self._shaking[task] = client
            task.add_done_callback(self._shaking.pop)

    async def _greet(self, sock: socket.socket) -> None:
        """Errors of clients that do not speak TLS are ignored."""
        with contextlib.suppress(OSError):  # of which ssl.SSLError and TimeoutError are kinds
            await asyncio.get_running_loop().connect_accepted_socket(
                self._factory, sock, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S
            )
