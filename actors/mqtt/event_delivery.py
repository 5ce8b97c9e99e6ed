"""Events: from the event log into the outbox, and from there to the broker."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from actors.mqtt.connection import Connection
from actors.mqtt.inflight import InflightStore
from actors.mqtt.outbox import LAST, SINCE, Outbox, QueuedMessage
from actors.runtime.actor import Actor
from actors.runtime.worker import SerialExecutor
from config.clock import unix_ms
from models.errors import ServerError
from models.events import VISITS, Event
from models.messages.event_log import EVENT_LOG, EventsAfter, QueryEvents
from models.mqtt import limits, payloads
from models.mqtt.inflight_record import Phase
from models.mqtt.topics import Topics

QUEUE = 1000
TOO_OLD_MS = 24 * 3600 * 1000  # older events are only in the history, and not sent
UNKNOWN = -1
IN, OUT = "in", "out"  # into the outbox, and out of it


class EventDelivery:
    """``dropped`` counts events for which the outbox had no space."""

    def __init__(self, actor: Actor, executor: SerialExecutor, outbox: Outbox, inflight: InflightStore) -> None:
        self.dropped = 0
        self._actor = actor
        self._executor = executor
        self._outbox = outbox
        self._inflight = inflight
        self._last = UNKNOWN
        self._missed = False
        self._trouble = {IN: "", OUT: ""}
        self._unkept: deque[int] = deque(maxlen=QUEUE)
        self._arrived: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE)
        self._more = asyncio.Event()

    # ---------------------------------------------------------------- in
    async def begin(self, enabled: Callable[[], bool]) -> None:
        """Accept events from now on, while ``enabled``, and those recorded since the last one in the outbox."""
        last = await self._executor.run(self._outbox.recall, LAST)
        self._last = last if isinstance(last, int) else UNKNOWN
        self._enabled = enabled
        if enabled():
            await self.resume(anew=self._last == UNKNOWN)
        self._actor.start_task(self._take_in())

    async def resume(self, anew: bool) -> None:
        """MQTT is on (again). ``anew``: it was just switched on; earlier events are not sent."""
        if not anew:
            if not self._arrived.full():
                self._arrived.put_nowait(None)
            return
        try:
            page = await self._actor.actor(EVENT_LOG).ask(QueryEvents(since=1, limit=1, system=True))
        except ServerError as error:
            self._actor.log.info("starting with the next event", reason=error.detail)
            self._last = UNKNOWN
            return
        self._last = max((event.event_id for event in page.events), default=0)
        await self._executor.run(self._outbox.begin_after, self._last)

    def arrived(self, event: Event) -> None:
        """An event was recorded. If there are too many at once, they are read from the history later."""
        if not self._enabled():
            return
        if self._arrived.full():
            self._missed = True
        else:
            self._arrived.put_nowait(event)

    def missed(self) -> None:
        """Events were recorded whose news were dropped."""
        self._missed = True
        if self._enabled() and not self._arrived.full():
            self._arrived.put_nowait(None)

    async def _take_in(self) -> None:
        while True:
            event = await self._arrived.get()
            while self._enabled():
                try:
                    await self._take(event)
                except sqlite3.OperationalError as error:  # a full disk: nothing of this event was stored
                    await self._wait_for_the_disk(error, IN)
                else:
                    break
            if self._missed and self._arrived.empty():
                await asyncio.sleep(limits.LOOK_AGAIN_S)
                await self.resume(anew=False)

    async def _take(self, event: Event | None) -> None:
        if event is None:
            self._missed = False
            await self._catch_up()
            await self._find_ends()
        elif event.phase == "disappeared":
            if event.id and UNKNOWN < self._last < event.event_id:  # its beginning must be sent first
                await self._catch_up()
            await self._end(event)
        elif event.id == 0:
            await self._take_unkept(event)
        elif event.event_id > self._last:
            if self._last != UNKNOWN and event.event_id > self._last + 1:
                await self._catch_up()
            gap = self._missed and self._last != UNKNOWN  # must be filled first, or it would never be noticed
            if event.event_id > self._last and not gap:
                await self._store([event])

    async def _take_unkept(self, event: Event) -> None:
        """History is off: nothing can be looked up, and the next event may be published before this one."""
        if event.event_id not in self._unkept:
            await self._store([event])
            self._unkept.append(event.event_id)

    async def _end(self, event: Event) -> None:
        await self._store([event], event.event_id)

    async def _find_ends(self) -> None:
        """Visits that ended while this actor was down."""
        first = await self._executor.run(self._outbox.recall, SINCE)
        recent = unix_ms() - TOO_OLD_MS
        visits = QueryEvents(recent, types=VISITS, limit=limits.ENDS_LOOKED_FOR, summary=False)
        try:
            page = await self._actor.actor(EVENT_LOG).ask(visits)
        except ServerError as error:
            self._actor.log.warning("ends of visits are looked for later", reason=error.detail)
            self._missed = True
            return
        for event in page.events:
            known = isinstance(first, int) and event.event_id <= first  # before MQTT was switched on
            if "endTimestamp" in event.metadata and not known:
                await self._end(replace(event, phase="disappeared"))

    async def _catch_up(self) -> None:
        """Read the events that are missing in the outbox from the event log; nothing while history is off."""
        while self._last != UNKNOWN:
            ask = EventsAfter(self._last, limits.CATCH_UP_PAGE, system=True)
            try:
                page = await self._actor.actor(EVENT_LOG).ask(ask)
            except ServerError as error:
                self._actor.log.warning("missed events are looked for later", reason=error.detail)
                self._missed = True
                return
            new = [event for event in page.events if event.event_id > self._last]
            if new:
                await self._store(new)
            if len(page.events) < limits.CATCH_UP_PAGE or not new:
                return

    async def _store(self, events: list[Event], ended: int | None = None) -> None:
        """Put them into the outbox, in one transaction with the record that they are in it."""
        oldest = unix_ms() - TOO_OLD_MS
        messages = [message for event in events if event.timestamp >= oldest for message in _messages(event)]
        last = self._last
        if ended is None:
            last = max(last, *(event.event_id for event in events))
            dropped = await self._executor.run(self._outbox.add, messages, last)
        else:
            dropped = await self._executor.run(self._outbox.add_end, messages, last, ended)
        if dropped:
            self.dropped += dropped
            self._actor.log.warning("the outbox is full: the oldest messages were dropped", count=dropped)
        self._last = last
        self._say(IN)
        self._more.set()

    # ---------------------------------------------------------------- out
    async def in_flight(self, session: int, qos: int) -> QueuedMessage | None:
        """The message recorded as in flight, if ``session`` can continue it, with ``qos`` at most."""
        record = self._inflight.record
        if not record.in_flight:
            return None
        head = await self._executor.run(self._outbox.head)
        if head is not None and record.sequence == head.sequence and record.session == session and record.qos <= qos:
            return head
        self._inflight.abandon()
        return None

    async def send(self, connection: Connection, topics: Topics) -> None:
        """Deliver in order, one at a time. Never returns; ``BrokerConnectionError`` when the connection is gone."""
        while True:
            self._more.clear()
            message = await self._executor.run(self._outbox.head)
            if message is None:
                await self._more.wait()
                continue
            if not self._is_over(message):
                taken = await connection.deliver(message.sequence, topics(message.topic), message.payload)
                if not taken:
                    self._actor.log.warning("the broker refused an event", topic=message.topic)
            try:
                await self._executor.run(self._outbox.done, message.sequence)
                self._say(OUT)
            except sqlite3.OperationalError as error:
                await self._wait_for_the_disk(error, OUT)

    def _is_over(self, message: QueuedMessage) -> bool:
        """Expired, or already delivered and just not removed from the outbox yet."""
        record = self._inflight.record
        delivered = record.sequence == message.sequence and record.phase is Phase.DONE
        return delivered or 0 < message.expires <= unix_ms()

    async def _wait_for_the_disk(self, error: sqlite3.OperationalError, way: str) -> None:
        self._say(way, f"events for MQTT cannot be stored: {error}")
        self._actor.log.error("the outbox cannot be written", reason=str(error))
        await asyncio.sleep(limits.DISK_WAIT_S)

    def _say(self, way: str, trouble: str = "") -> None:
        """Report problems of each direction separately."""
        self._trouble[way] = trouble
        self._actor.degraded(self._trouble[IN] or self._trouble[OUT])


def _messages(event: Event) -> list[QueuedMessage]:
    """The event itself and, while it is recent, the message that triggers Home Assistant's automations."""
    topic = Topics("").event(event.type).lstrip("/")
    messages = [QueuedMessage(event.event_id, topic, payloads.dumps(payloads.event(event)))]
    trigger = payloads.trigger(event)
    if trigger is not None:
        until = event.timestamp + limits.LIVE_TRIGGER_MS
        messages.append(QueuedMessage(event.event_id, "events/ha", payloads.dumps(trigger), until))
    return messages
