"""Listening sockets, and port pairs for RTP over UDP."""

import errno
import socket
from collections.abc import Sequence

from actors.rtsp.limits import UDP_BUFFER_BYTES
from config.network import sockets
from models.errors import Conflict, Unavailable

UDP_SEGMENT = 103  # linux/udp.h; not in Python's socket module
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen(addresses: Sequence[str], port: int, shared: bool) -> list[socket.socket]:
    """Sockets that listen on ``port`` at each address; ``shared``: with other session actors (SO_REUSEPORT).

    Raises:
        Conflict: the port is in use, or not permitted.
    """
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            if (made := _listen_at(address, port, shared)) is not None:
                sockets.append(made)
        if not sockets:
            raise Conflict(f"No address to listen on at port {port}")
    except BaseException:
        for made in sockets:
            made.close()
        raise
    return sockets


def is_free(addresses: Sequence[str], port: int) -> bool:
    """Whether nothing listens on ``port``: checked before session actors share it, because sharing would not fail."""
    try:
        for made in listen(addresses, port, shared=False):
            made.close()
    except Conflict:
        return False
    return True


def _listen_at(address: str, port: int, shared: bool) -> socket.socket | None:
    """None if this host does not have the address family."""
    try:
        return sockets.listening(address, port, shared=shared)
    except OSError as error:
        if ":" in address and error.errno in _NO_IPV6:
            return None
        if error.errno == errno.EADDRINUSE:
            raise Conflict(f"Port {port} is in use") from error
        raise Conflict(f"Port {port} cannot be opened: {error.strerror}") from error


def udp_pair(local_address: str) -> tuple[socket.socket, socket.socket]:
    """RTP on an even port and RTCP on the next one (RFC 3550 §11), at the address that the client used.

    Raises:
        Unavailable: no such pair is free.
    """
    try:
        pair = sockets.udp_pair(local_address)
    except OSError as error:
        raise Unavailable(f"No UDP ports: {error.strerror}") from error
    for made in pair:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UDP_BUFFER_BYTES)
    return pair


def segmentation(sock: socket.socket, size: int) -> bool:
    """Let the kernel split longer datagrams into ``size`` bytes (UDP GSO); False if it cannot."""
    try:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    except OSError:
        return False
    return True
