"""Which connections there may be. Strangers have a few places of their own, and take none from those who are in."""

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
    """A connection is a stranger's until it has shown the login, or carries a session where none is asked for."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._connections: dict[Connection, None] = {}  # in the order in which they came
        self._seated: set[Connection] = set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._connections)

    def is_stranger(self, connection: Connection) -> bool:
        return connection not in self._seated

    def admit(self, connection: Connection) -> bool:
        """Take in one more stranger; False where too many of his address are here. Who makes room, if somebody must,
        is the one who has been here longest of the address with the most strangers."""
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
        """No stranger any more; False where all places, or those of his address, are taken."""
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
