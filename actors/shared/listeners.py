"""The public listeners: every address of ``boot.bind`` on one port."""

import contextlib
import errno
import json
import socket
from pathlib import Path

from config.network.sockets import listening
from models.errors import Conflict

TRIES = 16  # to find a port that is free on every address
NOT_HERE = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT})


def listen(addresses: tuple[str, ...], port: int, former: int, option: str) -> tuple[int, list[socket.socket]]:
    """Bound sockets and their port. ``port`` 0: the ``former`` one of this run if it is free, otherwise any.

    Raises:
        Conflict: the port is in use or not permitted, or this device has none of the addresses.
    """
    if port:
        return _bind_all(addresses, port, option)
    for wanted in (former, *[0] * TRIES) if former else [0] * TRIES:
        with contextlib.suppress(Conflict):
            return _bind_all(addresses, wanted, option)
    raise Conflict(f"No free port was found on {', '.join(addresses)}")


def _bind_all(addresses: tuple[str, ...], port: int, option: str) -> tuple[int, list[socket.socket]]:
    bound: list[socket.socket] = []
    missing: list[str] = []
    try:
        for address in addresses:
            try:
                bound.append(listening(address, port))
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise Conflict(_reason(error, address, port, option)) from None
                missing.append(address)
                continue
            port = bound[-1].getsockname()[1]
        if not bound:
            raise Conflict(f"This device has no address {', '.join(missing)}: correct --bind")
    except Conflict:
        for listener in bound:
            listener.close()
        raise
    return port, bound


def _reason(error: OSError, address: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use: stop the other program, or choose another port with {option}"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user: choose one above 1023 with {option}"
    return f"Cannot listen on {address} port {port}: {error.strerror}"


def remembered(path: Path) -> dict[str, int]:
    """The ports of the facade before its restart in this run, so that clients can reconnect to them."""
    try:
        ports = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in ports.items() if isinstance(value, int)} if isinstance(ports, dict) else {}
