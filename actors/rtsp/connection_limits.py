"""Limits on connections. Strangers have a few places of their own, and take none from logged-in clients."""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from actors.rtsp.connection import Connection
from actors.rtsp.limits import SOCKETS_PER_SESSION, STRANGERS, STRANGERS_PER_CLIENT


class Sizes(Protocol):
    @property
    def max_sessions(self) -> int: ...
    @property
    def max_sessions_per_address(self) -> int: ...


class ConnectionLimits:
    """A connection is a stranger's until it has logged in, or carries a session if no login is required."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._connections: dict[Connection, None] = {}  # in order of arrival
        self._seated: set[Connection] = set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._connections)

    def is_stranger(self, connection: Connection) -> bool:
        return connection not in self._seated

    def admit(self, connection: Connection) -> bool:
        """Admit one more stranger; False if there are too many of this address. If one has to make room, it is the
        oldest of the address with the most strangers."""
        strangers = [other for other in self._connections if other not in self._seated]
        by_client = Counter(other.client for other in strangers)
        if by_client[connection.client] >= STRANGERS_PER_CLIENT:
            return False
        if len(strangers) >= STRANGERS:
            crowd = max(by_client, key=by_client.__getitem__)
            oldest = next(other for other in strangers if other.client == crowd)
            self.leave(oldest)
            oldest.transport.abort()
        self._connections[connection] = None
        return True

    def promote(self, connection: Connection) -> bool:
        """It is no longer a stranger; False if all places, or those of its address, are taken."""
        if connection in self._seated:
            return True
        same = sum(other.client == connection.client for other in self._seated)
        if (
            len(self._seated) >= SOCKETS_PER_SESSION * self._sizes.max_sessions
            or same >= SOCKETS_PER_SESSION * self._sizes.max_sessions_per_address
        ):
            return False
        self._seated.add(connection)
        return True

    def leave(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        self._seated.discard(connection)
