"""From the event log into the outbox: each event is handled once, including those whose news were missed."""

import asyncio
import time

from actors.notifier.outbox import Outbox, Wanted
from actors.notifier.outbox_retry import Disk
from actors.notifier.rule_store import RuleStore
from actors.runtime.actor import Actor
from actors.runtime.worker import SerialExecutor
from config.clock import unix_ms
from models.errors import ServerError
from models.events import Event
from models.messages.event_log import EVENT_LOG, QueryEvents
from models.messages.facade import FACADE, GetViewers
from models.messages.license import LicenseView
from models.notify import limits
from models.notify.channel import FREE_KINDS
from models.notify.rule import FREE_TYPES, Rule

LICENSE_S = 5.0  # for the licence's first word


class Intake:
    """``more``: set when something was put into the outbox. ``since``: Unix ms; earlier events are ignored."""

    def __init__(
        self,
        actor: Actor,
        executor: SerialExecutor,
        disk: Disk,
        rule_store: RuleStore,
        outbox: Outbox,
        more: asyncio.Event,
        since: int,
    ) -> None:
        self._since = since
        self._actor = actor
        self._executor = executor
        self._disk = disk
        self._rule_store = rule_store
        self._outbox = outbox
        self._more = more
        self._missed = True  # before this life
        self._arrived: asyncio.Queue[Event | None] = asyncio.Queue(limits.WAITING_EVENTS)

    def arrived(self, event: Event) -> None:
        """An event was recorded. If there are too many at once, they are read from the history later."""
        if not self._rule_store.rules or event.phase != "appeared":
            return
        if self._arrived.full():
            self._missed = True
        else:
            self._arrived.put_nowait(event)

    def missed(self) -> None:
        """Events were recorded whose news were dropped."""
        self._missed = True
        if not self._arrived.full():
            self._arrived.put_nowait(None)

    async def run(self) -> None:
        """Never returns."""
        while True:
            if self._missed and self._arrived.empty():
                await self._catch_up()
            event = await self._arrived.get()
            if event is not None:
                await self._take(event)

    async def _catch_up(self) -> None:
        self._missed = False
        if not self._rule_store.rules:
            return
        begin = max(
            unix_ms() - limits.EXPIRES_MS, min(rule.since for rule in self._rule_store.rules.values()), self._since, 1
        )
        recent = QueryEvents(begin, limit=limits.CATCH_UP, system=True, summary=False)
        try:
            page = await self._actor.actor(EVENT_LOG).ask(recent)
        except ServerError as error:
            self._actor.log.warning("missed events are looked for later", reason=error.detail)
            await asyncio.sleep(limits.LOOK_AGAIN_S)
            return self.missed()
        unseen = await self._executor.run(self._outbox.unseen, [event.event_id for event in page.events])
        for event in page.events:
            if event.event_id in unseen:
                await self._take(event)

    async def _take(self, event: Event) -> None:
        """Handle an event until the result is on disk; after a full disk, missed events are read from the history."""
        expires = event.timestamp + limits.EXPIRES_MS
        if expires <= unix_ms():
            return
        wanted = await self._wanted(event)
        dropped = await self._disk.run(self._outbox.take, event, wanted, expires)
        if dropped:
            self._actor.log.warning("the outbox is full: the oldest messages were dropped", count=dropped)
        if wanted:
            self._more.set()

    async def _wanted(self, event: Event) -> list[Wanted]:
        local = time.localtime(event.timestamp / 1000)
        minute = local.tm_hour * 60 + local.tm_min
        rules = [rule for rule in self._rule_store.rules.values() if rule.fits(event, local.tm_wday, minute)]
        if any(rule.unwatched for rule in rules) and await self._watched():
            rules = [rule for rule in rules if not rule.unwatched]
        if not rules:
            return []
        license = await self._actor.first(LicenseView, LICENSE_S)
        pro = license is not None and license.is_pro
        if not pro and event.type not in FREE_TYPES:
            return []
        return [Wanted(rule.id, rule.every_min * 60_000, self._channels(rule, pro)) for rule in rules]

    def _channels(self, rule: Rule, pro: bool) -> tuple[str, ...]:
        known = self._rule_store.channels
        return tuple(to for to in rule.channels if to in known and (pro or known[to].kind in FREE_KINDS))

    async def _watched(self) -> bool:
        """Whether somebody is watching live; False if this is unknown."""
        try:
            return (await self._actor.actor(FACADE).ask(GetViewers(), limits.VIEWERS_S)).clients > 0
        except ServerError as error:
            self._actor.log.info("it is not known who is watching", reason=error.detail)
            return False
