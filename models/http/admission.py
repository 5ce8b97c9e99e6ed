"""Which connections are admitted, and which handshake comes next.

Known and unknown addresses have separate places and rates. Within each pool the places are shared fairly:
when it is full, the address that holds most gives up its oldest for one that holds fewer. Handshakes above the rate
wait and are served in turn, one address after the other (fair queueing, RFC 970), so that a flood delays itself.

``now`` is in seconds of any steady clock.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from models.http import limits
from models.rate_limit import Buckets, TokenBucket

C = TypeVar("C", bound=Hashable)


class Admission(Generic[C]):
    """``known``: whether somebody has shown a valid credential from this address. Connections are any objects."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._held: dict[str, dict[C, None]] = {}  # by address, oldest first, including waiting ones
        self._waiting: OrderedDict[str, deque[C]] = OrderedDict()
        self._rates = Buckets(limits.HANDSHAKES_PER_S, limits.HANDSHAKES_BURST, limits.ADDRESSES)
        self._known_rates = Buckets(limits.HANDSHAKES_KNOWN_PER_S, limits.HANDSHAKES_KNOWN_BURST, limits.ADDRESSES)
        self._strangers = TokenBucket(limits.HANDSHAKES_STRANGERS_PER_S, limits.HANDSHAKES_STRANGERS_BURST)
        self.refused: Counter[str] = Counter()  # by address, since the last clear

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def arrive(self, address: str, connection: C) -> tuple[C, ...]:
        """Register a new connection. Returns the connections to close for it, possibly the new one itself."""
        known = self._known(address)
        if known:
            most, of_one = limits.CONNECTIONS_KNOWN, limits.CONNECTIONS_KNOWN_PER_ADDRESS
        else:
            most, of_one = limits.CONNECTIONS_STRANGERS, limits.CONNECTIONS_STRANGERS_PER_ADDRESS
        own = len(self._held.get(address, ()))
        queued = len(self._waiting.get(address, ()))
        if own >= of_one or queued >= limits.HANDSHAKES_WAITING_PER_ADDRESS:
            return self._refuse(address, connection)
        gone: tuple[C, ...] = ()
        pool = {one: held for one, held in self._held.items() if self._known(one) == known}
        if sum(map(len, pool.values())) >= most:
            greediest = max(pool, key=lambda one: len(pool[one]))
            if len(pool[greediest]) <= own:
                return self._refuse(address, connection)
            gone = self._refuse(greediest, next(iter(pool[greediest])))
        self._held.setdefault(address, {})[connection] = None
        self._waiting.setdefault(address, deque()).append(connection)
        return gone

    def due(self, now: float) -> list[C]:
        """The waiting connections whose handshake may begin now."""
        due: list[C] = []
        served = True
        while served:
            served = False
            for address in tuple(self._waiting):
                if self._take(address, now):
                    due.append(self._waiting[address].popleft())
                    self._forget_if_empty(address)
                    served = True
        return due

    def left(self, address: str, connection: C) -> None:
        """The connection has ended. Harmless if it is no longer registered."""
        held = self._held.get(address, {})
        held.pop(connection, None)
        if not held:
            self._held.pop(address, None)
        if connection in self._waiting.get(address, ()):
            self._waiting[address].remove(connection)
            self._forget_if_empty(address)

    def _take(self, address: str, now: float) -> bool:
        if self._known(address):
            return self._known_rates[address].take(now)
        return self._strangers.ready(now) and self._rates[address].take(now) and self._strangers.take(now)

    def _forget_if_empty(self, address: str) -> None:
        if not self._waiting[address]:
            del self._waiting[address]
        else:
            self._waiting.move_to_end(address)

    def _refuse(self, address: str, connection: C) -> tuple[C, ...]:
        self.left(address, connection)
        if address in self.refused or len(self.refused) < limits.ADDRESSES:
            self.refused[address] += 1
        return (connection,)
