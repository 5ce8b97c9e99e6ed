"""Keeps strangers from using up what the owner needs: a budget of requests, and a share of the asks.

A *stranger* is an address from which nobody has shown a valid credential to this process or, according to what auth
keeps on disk, to an earlier one.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from aiohttp import web

from api.context import Context
from models.errors import LimitReached
from models.http import limits
from models.media.ring import Entry
from models.messages import Ask, Ref, State, Tell
from models.messages.auth import AuthStatus
from models.messages.handle import ASK_TIMEOUT_S, Handle
from models.messages.license import LicenseView
from models.messages.settings import Value
from models.rate_limit import Buckets
from models.security.lockout import client_key

A = TypeVar("A")
R = TypeVar("R")
S = TypeVar("S", bound=State)
TOO_MANY = "Rate limit exceeded"
RETRY_MS = 1000


class RateLimiter:
    """Addresses are given as text, and count as ``client_key`` says."""

    def __init__(self, auth: Callable[[], AuthStatus | None] = lambda: None) -> None:
        """``auth``: the last state of auth; None until there is one."""
        self._auth = auth
        self._known: OrderedDict[str, None] = OrderedDict()
        self._budgets = Buckets(limits.REQUESTS_PER_S, limits.REQUESTS_BURST, limits.ADDRESSES)
        self._known_budgets = Buckets(limits.REQUESTS_KNOWN_PER_S, limits.REQUESTS_KNOWN_BURST, limits.ADDRESSES)
        self._asking: Counter[str] = Counter()  # strangers
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @property
    def auth(self) -> AuthStatus | None:
        return self._auth()

    @property
    def closed(self) -> bool:
        """Protection is certainly on: a client without a credential can be refused without an ask."""
        return self.auth is not None and self.auth.enabled

    def knows(self, client: str) -> bool:
        return self.knows_key(client_key(client))

    def knows_key(self, key: str) -> bool:
        """The same for the result of ``client_key``."""
        return key in self._known

    def welcome(self, *clients: str) -> None:
        """A valid credential was shown from this address, or the owner trusts it as a proxy."""
        for key in map(client_key, clients):
            self._known[key] = None
            self._known.move_to_end(key)
        while len(self._known) > limits.ADDRESSES:
            self._known.popitem(last=False)

    def learn(self, clients: Iterable[str]) -> None:
        """Addresses from which somebody has logged in before, the latest last."""
        self.welcome(*(client for client in clients if not self.knows(client)))

    def allows(self, client: str) -> bool:
        """Count one more request of this client; False if it sends too many for a client without a session."""
        key = client_key(client)
        budgets = self._known_budgets if key in self._known else self._budgets
        return budgets[key].take(time.monotonic())

    @asynccontextmanager
    async def ask_slot(self, client: str) -> AsyncIterator[None]:
        """Use around every ask for this client: known addresses have their own slots.

        Raises:
            LimitReached: a stranger has too many asks at once.
        """
        key = client_key(client)
        if key in self._known:
            place = self._places.setdefault(key, asyncio.Semaphore(limits.QUESTIONS_PER_ADDRESS))
            async with place:
                yield
            return
        if self._asking[key] >= limits.QUESTIONS_PER_STRANGER or self._asking.total() >= limits.QUESTIONS_STRANGERS:
            raise LimitReached(TOO_MANY, retryAfterMs=RETRY_MS)
        self._asking[key] += 1
        try:
            yield
        finally:
            self._asking[key] -= 1
            if not self._asking[key]:
                del self._asking[key]


class RateLimitedContext:
    """The context as requests see it: asks for a client stay within that client's share (``ASKED_FOR``)."""

    def __init__(self, context: Context, rate_limiter: RateLimiter) -> None:
        self._context, self._rate_limiter = context, rate_limiter
        self.boot = context.boot
        self.lease, self.release = context.lease, context.release
        self.newest, self.kept = context.newest, context.kept

    @property
    def license(self) -> LicenseView:
        return self._context.license

    @property
    def settings(self) -> Mapping[str, Value]:
        return self._context.settings

    def latest(self, kind: type[S], publisher: str = "") -> S | None:
        return self._context.latest(kind, publisher)

    def follow(self, ring: str) -> AsyncGenerator[Entry, None]:
        return self._context.follow(ring)

    def actor(self, ref: Ref[A]) -> Handle[A]:
        return Handle(ref, self)

    async def ask(self, to: Ref[Any], message: Ask[Any, R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        client = ASKED_FOR.get()
        if client is None:
            return await self._context.actor(to).ask(message, timeout_s)
        async with self._rate_limiter.ask_slot(client):
            return await self._context.actor(to).ask(message, timeout_s)

    def tell(self, to: Ref[Any], message: Tell[Any]) -> None:
        self._context.actor(to).tell(message)

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Such a task works for all clients."""
        return self._context.start_task(_for_everybody(coroutine))


async def _for_everybody(coroutine: Coroutine[Any, Any, Any]) -> Any:
    ASKED_FOR.set(None)
    return await coroutine


# Address of the client whose request this task answers; None: of no particular client.
ASKED_FOR: ContextVar[str | None] = ContextVar("asked_for", default=None)
RATE_LIMITER: web.AppKey[RateLimiter] = web.AppKey("guard", RateLimiter)
