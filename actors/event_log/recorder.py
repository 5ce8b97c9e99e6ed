"""Events that come in are written together: one transaction for all that waited while the last one was under way."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from actors.event_log import limits
from actors.event_log.ledger import Ledger
from actors.event_log.store import Order, Store, Written
from models.errors import Overloaded, Unavailable

Pending = tuple[Order, "asyncio.Future[Written]"]


class Recorder:
    def __init__(self, ledger: Ledger, start_task: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self._ledger = ledger
        self._start_task = start_task
        self._pending: deque[Pending] = deque()
        self._busy = False

    async def record(self, order: Order) -> Written:
        """On disk when this returns. Raises Unavailable or Overloaded: the sender keeps the event and asks again."""
        if len(self._pending) >= limits.WAITING:
            raise Overloaded("too many events are waiting to be written")
        future: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._pending.append((order, future))
        if not self._busy:
            self._busy = True
            self._start_task(self._drain())
        return await future

    async def _drain(self) -> None:
        while self._pending:
            batch = [self._pending.popleft() for _ in range(min(len(self._pending), limits.BATCH))]
            await self._write(batch)
        self._busy = False

    async def _write(self, batch: list[Pending]) -> None:
        orders = [order for order, _ in batch]

        def job(store: Store) -> list[Written]:
            return store.record(orders)

        try:
            written = await self._ledger.write(job)
        except Unavailable as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(Unavailable(error.detail))
            return
        for (_, future), one in zip(batch, written, strict=True):
            if not future.done():
                future.set_result(one)
