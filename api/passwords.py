"""Passwords are checked one at a time; see ``models.security.password_queue`` for the order."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from aiohttp import web

from api.rate_limits import RATE_LIMITER
from api.routing import CONTEXT
from models.errors import LimitReached, Refused
from models.messages import Ask
from models.messages.auth import AUTH, Identity, ToAuth
from models.security.password_queue import Outcome, PasswordQueue, QueuedPassword

R = TypeVar("R")
HASHING_TIMEOUT_S = 10.0  # on a small board


class Passwords:
    def __init__(self) -> None:
        self._turns = PasswordQueue()
        self._called: dict[QueuedPassword, asyncio.Future[None]] = {}
        self._timers: dict[bool, asyncio.TimerHandle] = {}

    @asynccontextmanager
    async def turn(self, client: str, known: bool) -> AsyncIterator[None]:
        """Wait for this client's turn and hold it; a ``Refused`` inside counts as a wrong guess.

        Raises:
            LimitReached: too many are already waiting.
        """
        turn, gone = self._turns.enter(client, known, time.monotonic())
        if gone is not None and not (called := self._called.pop(gone)).done():
            called.set_exception(_full())
        if turn is None:
            raise _full()
        called = self._called[turn] = asyncio.get_running_loop().create_future()
        self._call(known)
        try:
            await called
        except asyncio.CancelledError:
            if self._called.pop(turn, None) is not None:
                self._turns.withdraw(turn)
            elif not called.cancelled() and called.exception() is None:  # called and cancelled at the same time
                self._over(turn, Outcome.LOCKED)
            raise
        outcome = Outcome.RIGHT
        try:
            yield
        except Refused:
            outcome = Outcome.WRONG
            raise
        except LimitReached:
            outcome = Outcome.LOCKED
            raise
        finally:
            self._over(turn, outcome)

    def _over(self, turn: QueuedPassword, outcome: Outcome) -> None:
        self._turns.leave(turn, outcome, time.monotonic())
        self._call(turn.known)

    def _call(self, known: bool) -> None:
        if known in self._timers:
            self._timers.pop(known).cancel()
        now = time.monotonic()
        while (turn := self._turns.next(known, now)) is not None:
            called = self._called.pop(turn)
            if not called.cancelled():
                return called.set_result(None)
            self._turns.leave(turn, Outcome.LOCKED, now)
        if wait_s := self._turns.pause_s(known, now):
            self._timers[known] = asyncio.get_running_loop().call_later(wait_s, self._call, known)
        return None


PASSWORDS: web.AppKey[Passwords] = web.AppKey("passwords", Passwords)


async def check_password(app: web.Application, client: str, question: Ask[ToAuth, R]) -> R:
    """The answer of auth to an ask with a password in it, when it is this client's turn."""
    rate_limiter = app[RATE_LIMITER]
    async with app[PASSWORDS].turn(client, rate_limiter.knows(client)):
        answer = await app[CONTEXT].actor(AUTH).ask(question, HASHING_TIMEOUT_S)
        if isinstance(answer, Identity) and not answer.authenticated:
            raise Refused("Invalid password")
    rate_limiter.welcome(client)
    return answer


def _full() -> LimitReached:
    return LimitReached("Too many attempts", lockout=True, lockoutRemaining=1)
