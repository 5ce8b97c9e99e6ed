"""Group commit: one transaction for all events that arrived while the previous one was being written."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from actors.event_log import limits
from actors.event_log.database import EventDatabase
from actors.event_log.store import Store, WriteRequest, WriteResult
from models.errors import Overloaded, Unavailable

Pending = tuple[WriteRequest, "asyncio.Future[WriteResult]"]


class GroupCommit:
    def __init__(
        self, event_database: EventDatabase, start_task: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._database = event_database
        self._start_task = start_task
        self._pending: deque[Pending] = deque()
        self._busy = False

    async def record(self, order: WriteRequest) -> WriteResult:
        """On disk when this returns. Raises Unavailable or Overloaded: the sender keeps the event and retries."""
        if len(self._pending) >= limits.WAITING:
            raise Overloaded("too many events are waiting to be written")
        future: asyncio.Future[WriteResult] = asyncio.get_running_loop().create_future()
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

        def job(store: Store) -> list[WriteResult]:
            return store.record(orders)

        try:
            written = await self._database.write(job)
        except Unavailable as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(Unavailable(error.detail))
            return
        for (_, future), one in zip(batch, written, strict=True):
            if not future.done():
                future.set_result(one)
