"""How processes of one run communicate: pickles over AF_UNIX/SOCK_SEQPACKET, driven by each process's asyncio loop.

Every process listens on its own socket in the run directory (mode 0700) and keeps one connection to each peer; both
ends read and write on it. The kernel keeps order and boundaries, and says at once when a peer
is gone. Nothing listens on TCP. No other user can enter the run directory, and the peer's user is checked as well
(``SO_PEERCRED``, unix(7)), because what arrives is unpickled.

A message is delivered at most once, in the order of its sender. Not guaranteed: that it arrives at all. Messages in
flight to a process that died are lost without notice; the supervisor's directory says who is alive.
"""

import asyncio
import contextlib
import os
import pickle
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog

from actors.runtime import limits
from models.errors import TooLarge

LAST, MORE = b"\0", b"\1"  # first byte of a packet: whether it is the last one of its message
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
log = structlog.get_logger("transport")


def serialize(message: Any) -> bytes:
    """The message's bytes. Raises ``TooLarge`` over ``limits.MESSAGE_MAX_BYTES``."""
    data = pickle.dumps(message, 5)
    if len(data) > limits.MESSAGE_MAX_BYTES:
        raise TooLarge(f"a message of {len(data) >> 20} MB is too large; at most {limits.MESSAGE_MAX_BYTES >> 20} MB")
    return data


def listen(path: str) -> socket.socket:
    """A listening socket, which a forked child can take over: peers that connect before it runs wait in the backlog."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(limits.PEERS)
    listener.setblocking(False)
    return listener


class Connection:
    """One peer. ``send`` never blocks: what the socket cannot take waits here, up to ``limits.PACKETS_WAITING``."""

    def __init__(self, endpoint: "Endpoint", connected: socket.socket, path: str = "") -> None:
        self.path = path  # of the peer; "" for one that connected to us
        self._endpoint = endpoint
        self._socket = connected
        self._waiting: deque[tuple[bytes, memoryview]] = deque()
        self._parts: list[bytes] = []
        endpoint.loop.add_reader(connected, self._readable)

    def send(self, data: bytes) -> None:
        """Send one message made by ``serialize``; it is dropped if the peer is gone."""
        view = memoryview(data)
        for start in range(0, len(data), limits.PACKET_MAX_BYTES):
            part = view[start : start + limits.PACKET_MAX_BYTES]
            mark = LAST if start + len(part) == len(data) else MORE
            if self._waiting or not self._packet(mark, part):
                self._wait(mark, part)

    def _packet(self, mark: bytes, part: memoryview) -> bool:
        """Whether the packet is done: sent, or the peer is gone."""
        try:
            self._socket.sendmsg((mark, part))
        except BlockingIOError:
            return False
        except OSError:
            self.close()
        return True

    def _wait(self, mark: bytes, part: memoryview) -> None:
        if len(self._waiting) >= limits.PACKETS_WAITING:  # it has not read for long: the supervisor will deal with it
            log.warning("a peer does not read; its connection is closed", path=self.path)
            self.close()
            return
        if not self._waiting:
            self._endpoint.loop.add_writer(self._socket, self._writable)
        self._waiting.append((mark, part))

    def _writable(self) -> None:
        while self._waiting:
            if not self._packet(*self._waiting[0]):
                return
            if self._socket.fileno() == -1:
                return
            self._waiting.popleft()
        self._endpoint.loop.remove_writer(self._socket)
        self._endpoint.flushed()

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def _readable(self) -> None:
        buffer = self._endpoint.buffer
        for _ in range(limits.PACKETS_PER_TURN):
            try:
                size = self._socket.recv_into(buffer)
            except BlockingIOError:
                return
            except OSError:
                size = 0
            if not size:
                self.close()
                return
            packet = buffer[:size]
            if packet[0]:
                self._parts.append(bytes(packet[1:]))
                if len(self._parts) * limits.PACKET_MAX_BYTES > limits.MESSAGE_MAX_BYTES:
                    log.error("a peer violates the protocol; its connection is closed", path=self.path)
                    self.close()
                    return
                continue
            data: bytes | memoryview = packet[1:]
            if self._parts:
                data, self._parts = b"".join((*self._parts, data)), []
            self._endpoint.received(pickle.loads(data), self)  # noqa: S301 — only our own user's processes get here

    def close(self) -> None:
        if self._socket.fileno() == -1:
            return
        self._endpoint.loop.remove_reader(self._socket)
        self._endpoint.loop.remove_writer(self._socket)
        self._socket.close()
        self._waiting.clear()
        self._endpoint.closed(self)


class Endpoint:
    """This process's own address and its connections. ``received`` is called in the loop for every message."""

    def __init__(self, loop: asyncio.AbstractEventLoop, path: str, listener: socket.socket | None = None) -> None:
        self.loop = loop
        self.path = path
        self.buffer = memoryview(bytearray(limits.PACKET_MAX_BYTES + 1))
        self.received: Callable[[Any, Connection], None] = lambda _message, _connection: None
        self.flushed: Callable[[], None] = lambda: None
        self._listener = listener if listener is not None else listen(path)
        self._to: dict[str, Connection] = {}
        self._from: set[Connection] = set()
        loop.add_reader(self._listener, self._accept)

    def to(self, path: str) -> Connection | None:
        """The connection to a peer's address, made if necessary; None if nothing listens there any more."""
        connection = self._to.get(path)
        if connection is None:
            connected = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connected.setblocking(False)
            try:
                connected.connect(path)
            except OSError:
                connected.close()
                return None
            connection = self._to[path] = Connection(self, connected, path)
        return connection

    @property
    def waiting(self) -> bool:
        """Whether anything has not been passed to the kernel yet."""
        return any(connection.waiting for connection in (*self._to.values(), *self._from))

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except OSError:
            return
        accepted.setblocking(False)
        credentials = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        if _CREDENTIALS.unpack(credentials)[1] != os.getuid() or len(self._from) >= limits.PEERS:
            accepted.close()
            return
        self._from.add(Connection(self, accepted))

    def closed(self, connection: Connection) -> None:
        """For ``Connection``: forget it."""
        self._from.discard(connection)
        if self._to.get(connection.path) is connection:
            del self._to[connection.path]

    def close(self) -> None:
        if self._listener.fileno() == -1:
            return
        for connection in (*self._to.values(), *self._from):
            connection.close()
        self.loop.remove_reader(self._listener)
        self._listener.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
