"""From the outbox to the channels: in order for each, several in parallel, with retries.

At least once: a message is removed from the outbox when the receiver has accepted it. After a kill in between, it is
sent again with the same id; this affects only the message of a channel that was being sent.
"""

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass

from actors.notifier import pictures
from actors.notifier.channel_sender import ChannelSender, Fate, Outcome
from actors.notifier.outbox import Outbox, QueuedMessage
from actors.notifier.outbox_retry import Disk
from actors.notifier.rule_store import RuleStore
from actors.runtime.actor import Actor
from actors.runtime.worker import SerialExecutor
from config.clock import unix_ms
from models.errors import ServerError
from models.media.backoff import Backoff
from models.notify import limits, notice
from models.notify.channel import Channel


@dataclass(slots=True)
class Record:
    """Statistics of a channel since the actor was started."""

    delivered: int = 0  # Unix ms of the last one
    error: str = ""  # why the last try failed


class Delivery:
    """``more``: set when there may be something to do."""

    def __init__(
        self,
        actor: Actor,
        executor: SerialExecutor,
        disk: Disk,
        rule_store: RuleStore,
        outbox: Outbox,
        channel_sender: ChannelSender,
        more: asyncio.Event,
    ) -> None:
        self.records: dict[str, Record] = {}
        self._actor = actor
        self._executor = executor
        self._disk = disk
        self._rule_store = rule_store
        self._outbox = outbox
        self._channel_sender = channel_sender
        self._more = more
        self.under_way: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()

    async def run(self) -> None:
        """Never returns."""
        while True:
            self._more.clear()
            now = unix_ms()
            heads, expired = await self._disk.run(self._outbox.heads, now)
            if expired:
                self._actor.log.warning("notifications could not be delivered in time", count=expired)
            idle = [head for head in heads if head.channel not in self._busy]
            ready = [head for head in idle if head.due <= now or head.due > now + limits.EXPIRES_MS]
            for head in ready[: limits.AT_ONCE - len(self._busy)]:
                self._busy.add(head.channel)
                task = self._actor.start_task(self._deliver(head))
                self.under_way.add(task)
                task.add_done_callback(self.under_way.discard)
            dates = [head.due for head in idle if head not in ready]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((min(dates) - now) / 1000 if dates else None):
                    await self._more.wait()

    async def _deliver(self, head: QueuedMessage) -> None:
        channel = self._rule_store.channels.get(head.channel)
        if channel is None:
            await self._disk.run(self._outbox.forget, head.channel)
        else:
            await self._try(channel, head)
        self._busy.discard(head.channel)
        self._more.set()

    async def _try(self, channel: Channel, head: QueuedMessage) -> None:
        event = head.event
        clock = time.strftime("%H:%M", time.localtime(event.timestamp / 1000))
        picture = await pictures.of_event(self._actor, event)
        told = notice.of_event(event, str(self._actor.settings["deviceName"]), clock, picture)
        outcome = await self.send(channel, told, head.expires)
        if outcome.fate is not Fate.LATER:
            if outcome.fate is not Fate.DELIVERED:
                self._actor.log.warning("a notification was refused", channel=channel.id, reason=outcome.said)
            return await self._disk.run(self._outbox.done, head.sequence)
        backoff = Backoff(limits.FIRST_RETRY_S, limits.LARGEST_RETRY_S, head.attempts)
        wait_s = max(backoff.failed() * random.uniform(0.8, 1.2), outcome.wait_s)  # noqa: S311
        due = unix_ms() + int(wait_s * 1000)
        if not head.attempts:
            self._actor.log.warning("a notification is tried again later", channel=channel.id, reason=outcome.said)
        await self._disk.run(self._outbox.postpone, head.sequence, due)

    async def send(self, channel: Channel, told: notice.Notice, expires: int) -> Outcome:
        """Send once, now. A channel whose receiver no longer exists is deleted."""
        try:
            outcome = await self._channel_sender.carry(channel, told, expires)
        except ServerError as error:
            outcome = Outcome(Fate.LATER, error.detail)
        record = self.records.setdefault(channel.id, Record())
        if outcome.fate is Fate.DELIVERED:
            record.delivered, record.error = unix_ms(), ""
        else:
            record.error = outcome.said
        if outcome.fate is Fate.GONE and self._rule_store.channels.get(channel.id) == channel:
            self._actor.log.info("a browser accepts no more notifications and is removed", channel=channel.id)
            try:
                await self.forget(channel.id)
            except ServerError as error:  # already deleted, or the disk is full: retried with the next message
                self._actor.log.info("it could not be removed", channel=channel.id, reason=error.detail)
        return outcome

    async def forget(self, channel_id: str) -> None:
        """Raises Missing, Unavailable."""
        await self._executor.run(self._rule_store.delete_channel, channel_id)
        await self._disk.run(self._outbox.forget, channel_id)
        self.records.pop(channel_id, None)
