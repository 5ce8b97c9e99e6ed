"""Retries what the outbox refuses because of a full disk, and reports it meanwhile."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from actors.runtime.actor import Actor
from actors.runtime.worker import SerialExecutor
from models.notify import limits

T = TypeVar("T")


class Disk:
    def __init__(self, actor: Actor, executor: SerialExecutor) -> None:
        self._actor = actor
        self._executor = executor

    async def run(self, method: Callable[..., T], *args: object) -> T:
        """The result of ``method`` of the outbox, as soon as it succeeds."""
        waited = False
        while True:
            try:
                result = await self._executor.run(method, *args)
            except sqlite3.OperationalError as error:
                self._actor.degraded(f"notifications cannot be stored: {error}")
                self._actor.log.error("the outbox cannot be written", reason=str(error))
                waited = True
                await asyncio.sleep(limits.DISK_WAIT_S)
            else:
                if waited:
                    self._actor.degraded("")
                return result
