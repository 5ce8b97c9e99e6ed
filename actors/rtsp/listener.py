"""Listening sockets, and port pairs for RTP over UDP."""

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Sequence

from actors.rtsp.limits import BACKLOG, UDP_BUFFER_BYTES, UDP_PAIR_TRIES
from models.errors import Conflict, Unavailable

UDP_SEGMENT = 103  # linux/udp.h; not in Python's socket module
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen(addresses: Sequence[str], port: int, shared: bool) -> list[socket.socket]:
    """Sockets that listen on ``port`` at each address; ``shared``: with other session actors (SO_REUSEPORT).

    Raises:
        Conflict: the port is taken, or may not be taken by us.
    """
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            with contextlib.suppress(_AbsentError):
                sockets.append(_listen_at(address, port, shared))
        if not sockets:
            raise Conflict(f"No address to listen on at port {port}")
    except BaseException:
        for made in sockets:
            made.close()
        raise
    return sockets


def is_free(addresses: Sequence[str], port: int) -> bool:
    """Whether nobody listens on ``port``: asked before session actors share it, as sharing would not fail."""
    try:
        for made in listen(addresses, port, shared=False):
            made.close()
    except Conflict:
        return False
    return True


class _AbsentError(Exception):
    """This host has no such address family."""


def _listen_at(address: str, port: int, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _AbsentError from error
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        if family == socket.AF_INET6 and error.errno in _NO_IPV6:
            raise _AbsentError from error
        if error.errno == errno.EADDRINUSE:
            raise Conflict(f"Port {port} is in use") from error
        raise Conflict(f"Port {port} cannot be opened: {error.strerror}") from error
    return made


def udp_pair(local_address: str) -> tuple[socket.socket, socket.socket]:
    """RTP on an even port and RTCP on the next one (RFC 3550 §11), at the address that the client reached us by.

    Raises:
        Unavailable: no such pair is free.
    """
    family = socket.AF_INET6 if ":" in local_address else socket.AF_INET
    for _ in range(UDP_PAIR_TRIES):
        rtp, rtcp = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        try:
            rtp.bind((local_address, 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind((local_address, port + 1))
                for made in (rtp, rtcp):
                    made.setblocking(False)
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UDP_BUFFER_BYTES)
                return rtp, rtcp
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Unavailable(f"No UDP ports: {error.strerror}") from error
            rtcp.close()
            rtp.close()
            continue
        rtp.close()
        rtcp.close()
    raise Unavailable("No pair of UDP ports is free")


def segmentation(sock: socket.socket, size: int) -> bool:
    """Let the kernel cut longer datagrams into ``size`` bytes (UDP GSO); False where it cannot."""
    try:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    except OSError:
        return False
    return True
