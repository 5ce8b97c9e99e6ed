"""An actor's mailbox: one message at a time, in the order of arrival, bounded.

A handler that must not delay the others is declared with ``max_concurrency`` or ``group`` (see ``handles``): its kind
of message, or its group, has a lane of its own, in which at most that many run at once. Order holds within a lane.
"""

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any

from actors.runtime import limits


@dataclass(slots=True)
class Job:
    """``call`` handles the message; ``key`` names it for ``Mailbox.cancel``. What ``call`` raises ends the actor."""

    call: Callable[[], Awaitable[None] | None]
    key: Hashable = None


@dataclass(slots=True)
class _Lane:
    width: int
    running: int = 0
    waiting: deque[Job] = field(default_factory=deque)


class Mailbox:
    """``start_task`` runs a coroutine whose failure ends the actor. Closed until ``open``: messages wait."""

    def __init__(self, start_task: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]) -> None:
        self._start_task = start_task
        self._lanes: dict[object, _Lane] = {}
        self._open = False

    def __len__(self) -> int:
        """Messages that have been started or wait."""
        return sum(lane.running + len(lane.waiting) for lane in self._all())

    def _all(self) -> list[_Lane]:
        return list(self._lanes.values())

    def open(self) -> None:
        """Handle what has arrived, and what arrives from now on."""
        self._open = True
        for lane in self._all():
            self._run(lane)

    def put(self, job: Job, lane_name: object = None, max_concurrency: int = 1) -> bool:
        """False if the mailbox is full. ``lane_name`` None: in turn with all other messages."""
        lane = self._lanes.setdefault(lane_name, _Lane(max_concurrency))
        if len(lane.waiting) >= limits.MAILBOX_WAITING:
            return False
        lane.waiting.append(job)
        if self._open:
            self._run(lane)
        return True

    def cancel(self, key: Hashable) -> bool:
        """Drop a message that has not been started; whether there was one."""
        for lane in self._all():
            for job in lane.waiting:
                if job.key == key:
                    lane.waiting.remove(job)
                    return True
        return False

    def _run(self, lane: _Lane) -> None:
        while lane.waiting and lane.running < lane.width:
            job = lane.waiting.popleft()
            lane.running += 1
            result = job.call()
            if result is None:
                lane.running -= 1
            else:
                self._start_task(self._finish(lane, result))

    async def _finish(self, lane: _Lane, result: Awaitable[None]) -> None:
        try:
            await result
        finally:
            lane.running -= 1
        self._run(lane)


def is_awaitable(result: Any) -> bool:
    """Whether a handler's result has to be awaited. Faster than ``inspect.isawaitable`` for plain values."""
    return result is not None and inspect.isawaitable(result)
