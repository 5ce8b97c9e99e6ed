"""The connection to one client: what has been written but not yet acknowledged by the client.

asyncio's buffer does not include the kernel's, which grows to megabytes automatically: a slow viewer got pictures
11 s old. SIOCOUTQ counts what the peer has not acknowledged, for plain and TLS sockets alike.
"""

import asyncio
import socket

from config.network.sockets import unacknowledged


class ClientTransport:
    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._socket = transport.get_extra_info("socket")
        if self._socket is not None and self._socket.family in {socket.AF_INET, socket.AF_INET6}:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def closing(self) -> bool:
        return self._transport.is_closing()

    def backlog(self) -> int:
        """Bytes that the peer has not acknowledged; 0 for a connection that is gone."""
        if self.closing:
            return 0
        waiting = self._transport.get_write_buffer_size()
        if self._socket is None or self._socket.fileno() < 0:
            return waiting
        try:
            return waiting + unacknowledged(self._socket.fileno())
        except OSError:  # it is being closed meanwhile
            return waiting

    def write(self, data: bytes) -> None:
        if not self.closing:
            self._transport.write(data)

    def abort(self) -> None:
        self._transport.abort()
