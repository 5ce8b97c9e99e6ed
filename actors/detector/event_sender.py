"""Delivers events to the event log, in order, with retries: its restart or a full disk loses nothing here."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from actors.detector import limits
from actors.runtime.actor import Actor
from models.errors import Invalid, Missing, ServerError
from models.events import Event
from models.messages.event_log import EVENT_LOG, EndEvent, EndFormerVisits, RecordEvent

Errand = RecordEvent | EndEvent | EndFormerVisits


class EventSender:
    def __init__(self, actor: Actor, delivered: Callable[[Event], None]) -> None:
        self._actor = actor
        self._delivered = delivered
        self._waiting: deque[Errand] = deque()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._lost = 0

    def send(self, message: Errand) -> None:
        if len(self._waiting) >= limits.EVENTS_WAITING:
            self._waiting.popleft()
            self._lost += 1
            self._actor.log.error("the event log accepts nothing: events are lost", lost=self._lost)
        self._waiting.append(message)
        self._idle.clear()
        self._more.set()

    async def run(self) -> None:
        while True:
            await self._more.wait()
            attempt = 0
            while self._waiting:
                if await self._deliver(self._waiting[0]):
                    attempt = 0
                else:
                    await asyncio.sleep(limits.RETRY_S[min(attempt, len(limits.RETRY_S) - 1)])
                    attempt += 1
            self._more.clear()
            self._idle.set()

    async def finish(self) -> None:
        """Wait a moment for pending deliveries."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), limits.FAREWELL_S)

    async def _deliver(self, message: Errand) -> bool:
        """Whether it need not be sent again."""
        try:
            if isinstance(message, RecordEvent):
                self._delivered(await self._actor.actor(EVENT_LOG).ask(message, limits.ASK_S))
            else:
                await self._actor.actor(EVENT_LOG).ask(message, limits.ASK_S)
        except (Missing, Invalid) as error:  # it was cleared meanwhile; retrying is useless
            self._actor.log.info("the event log does not know the event", reason=error.detail)
        except ServerError as error:
            self._actor.log.warning("the event log did not take an event yet", reason=error.detail)
            return False
        # The head of the queue may have been dropped meanwhile.
        if self._waiting and self._waiting[0] is message:
            self._waiting.popleft()
        return True
