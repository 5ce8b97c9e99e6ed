"""What keeps strangers from taking what the owner needs: a budget of requests, and a share of the questions.

A *stranger* is an address from which nobody has shown a valid credential to this process, or, by what auth keeps on
disk, to an earlier one.
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from aiohttp import web

from models.errors import LimitReached
from models.http import limits
from models.http.bucket import Buckets
from models.messages.auth import AuthStatus
from models.security.lockout import client_key

TOO_MANY = "Rate limit exceeded"
RETRY_MS = 1000


class Guard:
    """Addresses are given as text, and count as ``client_key`` says."""

    def __init__(self, auth: Callable[[], AuthStatus | None] = lambda: None) -> None:
        """``auth``: what auth has said last; None until it has spoken."""
        self._auth = auth
        self._known: OrderedDict[str, None] = OrderedDict()
        self._budgets = Buckets(limits.REQUESTS_PER_S, limits.REQUESTS_BURST, limits.ADDRESSES)
        self._asking: Counter[str] = Counter()

    @property
    def auth(self) -> AuthStatus | None:
        return self._auth()

    @property
    def closed(self) -> bool:
        """Protection is on for certain: without a credential nobody need be asked."""
        return self.auth is not None and self.auth.enabled

    def knows(self, client: str) -> bool:
        return client_key(client) in self._known

    def welcome(self, *clients: str) -> None:
        """A valid credential has come from here, or the owner trusts it as a proxy."""
        for key in map(client_key, clients):
            self._known[key] = None
            self._known.move_to_end(key)
        while len(self._known) > limits.ADDRESSES:
            self._known.popitem(last=False)

    def learn(self, clients: Iterable[str]) -> None:
        """Those that have been in before, the latest last."""
        self.welcome(*(client for client in clients if not self.knows(client)))

    def allows(self, client: str) -> bool:
        """One request more of this client; False where a stranger asks too often."""
        key = client_key(client)
        return key in self._known or self._budgets[key].take(time.monotonic())

    @contextmanager
    def question(self, client: str) -> Iterator[None]:
        """Around whatever is asked of an actor before we know who asks; raises ``LimitReached`` above his share."""
        key = client_key(client)
        known = key in self._known
        share = limits.QUESTIONS_PER_ADDRESS if known else limits.QUESTIONS_PER_STRANGER
        if self._asking[key] >= share or (not known and self._strangers_asking() >= limits.QUESTIONS_STRANGERS):
            raise LimitReached(TOO_MANY, retryAfterMs=RETRY_MS)
        self._asking[key] += 1
        try:
            yield
        finally:
            self._asking[key] -= 1
            if not self._asking[key]:
                del self._asking[key]

    def _strangers_asking(self) -> int:
        return sum(number for key, number in self._asking.items() if key not in self._known)


GUARD: web.AppKey[Guard] = web.AppKey("guard", Guard)
