"""Sockets: listening, a pair for RTP, and the bytes that a peer has not acknowledged."""

import array
import errno
import fcntl
import socket
import termios

BACKLOG = 256
UDP_PAIR_TRIES = 64
SIOCOUTQ = termios.TIOCOUTQ  # tcp(7): bytes in the send queue, not acknowledged

_room = array.array("i", [0])


def listening(address: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that listens there and does not block; ``shared``: with other processes of ours (SO_REUSEPORT).

    Raises:
        OSError: the port is in use or not permitted, or this host has no such address.
    """
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(BACKLOG)  # at once: with SO_REUSEADDR only listen() finds some conflicts
    except BaseException:
        made.close()
        raise
    return made


def udp_pair(address: str) -> tuple[socket.socket, socket.socket]:
    """RTP on an even port there and RTCP on the next one (RFC 3550 §11); neither blocks.

    Raises:
        OSError: no such pair is free, or this host has no such address.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(UDP_PAIR_TRIES):
        first, second = (socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) for _ in range(2))
        try:
            first.bind((address, 0))
            port = first.getsockname()[1]
            second.bind((address, port ^ 1))
        except OSError as error:
            first.close()
            second.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        return (first, second) if port % 2 == 0 else (second, first)
    raise OSError(errno.EADDRINUSE, "none are free")


def unacknowledged(descriptor: int) -> int:
    """Bytes in the kernel's send queue of a TCP socket.

    Raises:
        OSError: it is closed.
    """
    fcntl.ioctl(descriptor, SIOCOUTQ, _room)
    return _room[0]
