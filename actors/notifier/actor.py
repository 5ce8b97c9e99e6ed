"""The actor: events go to the intake, changes to the store of rules; the delivery does the rest."""

import asyncio
import secrets
import time
from collections.abc import Mapping

from actors.notifier import pictures
from actors.notifier.channel_sender import ChannelSender, Fate
from actors.notifier.delivery import Delivery
from actors.notifier.event_intake import Intake
from actors.notifier.outbox import Outbox
from actors.notifier.outbox_retry import Disk
from actors.notifier.rule_store import RuleStore
from actors.runtime.actor import Actor, handles
from config.clock import unix_ms
from config.device_id import device_id
from config.network.reachable import names, outer_addresses
from models.errors import Invalid, LimitReached, Missing, Refused, ServerError
from models.messages import Ok
from models.messages.event_log import EventRecorded
from models.messages.facade import PortsView
from models.messages.license import LicenseView
from models.messages.notifier import (
    DeleteChannel,
    DeleteRule,
    GetNotifications,
    NotificationsView,
    NotificationTested,
    PutChannel,
    PutRule,
    Stored,
    TestChannel,
)
from models.messages.settings import SETTINGS, GetSettings, Value
from models.notify import channel, limits, notice, rule, webhook, webpush

FOLDER = "notifier"
FEATURE = "notifications"
ID_BYTES = 4
CHANGES = "changes"
SETTINGS_S = 1.0


class Notifier(Actor):
    """Connects the intake, the store of rules and the delivery with the rest of the system."""

    oom_score = 400
    observes = (LicenseView, PortsView)

    async def on_start(self) -> None:
        self._executor = self.executor("outbox")
        rule_store = self._rule_store = await self._executor.run(RuleStore, self.boot.data_dir)
        outbox = self._outbox = await self._executor.run(Outbox, self.boot.data_dir / FOLDER / "outbox.db")
        for said in rule_store.notes:
            self.log.warning("notifications", note=said)
        if outbox.broken:
            self.log.error(
                "the outbox could not be used; a new one was created", kept_as=outbox.broken, reason=outbox.why
            )
        if outbox.said:
            self.log.info(outbox.said)
        more = asyncio.Event()
        self._tested = float("-inf")
        device = await self._executor.run(device_id, self.boot.data_dir)
        channel_sender = self._channel_sender = ChannelSender(
            self._executor, rule_store.key, device, self._link, self.boot.run_dir / FOLDER
        )
        since = await self._executor.run(outbox.begin, unix_ms())
        disk = Disk(self, self._executor)
        self._intake = Intake(self, self._executor, disk, rule_store, outbox, more, since)
        self._delivery = Delivery(self, self._executor, disk, rule_store, outbox, channel_sender, more)
        self._running = [self.start_task(self._intake.run()), self.start_task(self._delivery.run())]

    @classmethod
    def wanted(cls, settings: Mapping[str, Value]) -> bool:
        return settings["notificationsEnabled"] is True

    async def on_stop(self) -> None:
        """At the end of the program, or when notifications are switched off, which settings may not show yet."""
        for task in (*self._running, *self._delivery.under_way):
            task.cancel()  # what is being sent stays in the outbox
        try:
            view = await self.actor(SETTINGS).ask(GetSettings(), SETTINGS_S)
        except ServerError as error:
            self.log.info("it is not known whether notifications were switched off", reason=error.detail)
            return
        if not self.wanted(view.effective):
            await self._executor.run(self._outbox.switch_off)

    async def on_missed(self, publisher: str, count: int) -> None:
        await super().on_missed(publisher, count)
        self._intake.missed()

    @handles(EventRecorded)
    def _event(self, news: EventRecorded) -> None:
        self._intake.arrived(news.event)

    # ---------------------------------------------------------------- asks
    @handles(GetNotifications)
    async def _get(self, _: GetNotifications) -> NotificationsView:
        await self._executor.run(self._rule_store.keep_key)
        waiting = await self._executor.run(self._outbox.count)
        return NotificationsView(
            channel.encoded(webpush.public_bytes(self._rule_store.key)),
            tuple(one.shown() for one in self._rule_store.rules.values()),
            tuple(one.shown() | self._fared(one.id) for one in self._rule_store.channels.values()),
            waiting,
        )

    def _fared(self, channel_id: str) -> dict[str, object]:
        record = self._delivery.records.get(channel_id)
        delivered, error = (record.delivered, record.error) if record else (0, "")
        return {"lastDelivered": delivered or None, "lastError": error or None}

    @handles(PutRule, max_concurrency=1, group=CHANGES)
    async def _put_rule(self, message: PutRule) -> Stored:
        rule_id = self._id_of(message.values, self._rule_store.rules)
        new = rule.parse(message.values, rule_id, self._rule_store.channels, unix_ms())
        if new.enabled and new.needs_pro():
            self._insist_on_pro()
        await self._executor.run(self._rule_store.put_rule, new)
        return Stored(new.id)

    @handles(DeleteRule, max_concurrency=1, group=CHANGES)
    async def _delete_rule(self, message: DeleteRule) -> Ok:
        await self._executor.run(self._rule_store.delete_rule, message.id)
        return Ok()

    @handles(PutChannel, max_concurrency=1, group=CHANGES)
    async def _put_channel(self, message: PutChannel) -> Stored:
        values, new_id = message.values, secrets.token_hex(ID_BYTES)
        match values.get("kind"):
            case channel.PUSH:
                new = channel.push(values, new_id)
                former = self._rule_store.push_channel(
                    str(values.get("replaces", ""))
                ) or self._rule_store.push_channel(new.url)
                new = channel.push({"name": former.name, **values}, former.id) if former else new
            case channel.WEBHOOK:
                self._insist_on_pro()
                secret = webhook.secret_text(secrets.token_bytes(webhook.SECRET_BYTES))
                new = channel.webhook(values, new_id, secret)
            case channel.APPRISE:
                self._insist_on_pro()
                new = channel.apprise(values, new_id, *await self._channel_sender.examine(channel.apprise_url(values)))
            case _:
                raise Invalid(f"kind: Value must be one of {', '.join(channel.KINDS)}")
        await self._executor.run(self._rule_store.put_channel, new)
        return Stored(new.id, new.secret)

    @handles(DeleteChannel, max_concurrency=1, group=CHANGES)
    async def _delete_channel(self, message: DeleteChannel) -> Ok:
        await self._delivery.forget(message.id)
        return Ok()

    @handles(TestChannel, max_concurrency=2)
    async def _test(self, message: TestChannel) -> NotificationTested:
        known = self._rule_store.channels.get(message.id)
        if known is None:
            raise Missing("No such channel")
        if known.kind not in channel.FREE_KINDS:
            self._insist_on_pro()
        began = time.monotonic()
        if began - self._tested < limits.TEST_EVERY_S:
            raise LimitReached("Rate limit exceeded", retryAfterMs=int(limits.TEST_EVERY_S * 1000))
        self._tested = began
        now = unix_ms()
        told = notice.test(str(self.settings["deviceName"]), now, await pictures.of_now(self))
        began = time.monotonic()
        outcome = await self._delivery.send(known, told, now + limits.EXPIRES_MS)
        took_ms = max(1, round((time.monotonic() - began) * 1000))
        return NotificationTested(outcome.fate is Fate.DELIVERED, outcome.said, took_ms)

    # ---------------------------------------------------------------- inside
    def _id_of(self, values: dict[str, object], known: dict[str, rule.Rule]) -> str:
        given = values.get("id", "")
        if given == "":
            return secrets.token_hex(ID_BYTES)
        if not isinstance(given, str) or given not in known:
            raise Missing("No such rule")
        return given

    def _insist_on_pro(self) -> None:
        license = self.latest(LicenseView)
        if license is None or not license.is_pro:
            raise Refused("Pro license required", feature=FEATURE)

    def _link(self) -> str:
        """The dashboard's URL for notifications: as set by the owner, or this device's address."""
        if given := str(self.settings["publicAddress"]):
            return given.rstrip("/")
        ports = self.latest(PortsView)
        port = ports.https if ports is not None else self.boot.https_port
        outward = next(map(str, outer_addresses()), names()[0])
        return f"https://{f'[{outward}]' if ':' in outward else outward}:{port}"
