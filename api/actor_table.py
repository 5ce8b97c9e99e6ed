"""The table of actors for all clients: the supervisor is asked once for all of them."""

import asyncio
import time
from typing import Any

import structlog

from api.context import Context
from models.errors import ServerError
from models.messages.supervisor import SUPERVISOR, ActorRow, GetActors

log = structlog.get_logger("facade")

FRESH_S = 1.0  # a table of this age is as good as a new one, unless an actor has changed its state
ANSWER_S = 1.0  # how long the table may keep an answer waiting


class ActorTableCache:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._rows: tuple[ActorRow, ...] | None = None
        self._at = float("-inf")
        self._changes = 0
        self._asking: asyncio.Task[Any] | None = None

    @property
    def last(self) -> tuple[ActorRow, ...]:
        """The rows of the last request."""
        return self._rows or ()

    def changed(self) -> None:
        """The cached table is out of date."""
        self._changes += 1
        self._at = float("-inf")

    async def rows(self, fresh_s: float = FRESH_S) -> tuple[ActorRow, ...] | None:
        """The table, at most ``fresh_s`` old; None while the supervisor does not answer."""
        if time.monotonic() - self._at > fresh_s:
            if self._asking is None or self._asking.done():
                self._asking = self._context.start_task(self._ask())
            await asyncio.wait({self._asking}, timeout=2 * ANSWER_S)
        return self._rows

    async def _ask(self) -> None:
        began, changes = time.monotonic(), self._changes
        try:
            self._rows = (await self._context.actor(SUPERVISOR).ask(GetActors(), ANSWER_S)).rows
        except ServerError as error:
            self._rows = None
            log.info("the table of actors is not available", reason=error.detail)
        if changes == self._changes:
            self._at = began
