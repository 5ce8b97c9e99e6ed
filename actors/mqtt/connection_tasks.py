"""What is done on a connection: states kept, events sent, figures and pictures published, commands obeyed."""

import asyncio
import ipaddress
import json
import random
from collections.abc import Callable, Coroutine
from typing import Any

from actors.mqtt.command_handler import CommandHandler
from actors.mqtt.connection import Connection, IncomingMessage
from actors.mqtt.event_delivery import EventDelivery
from actors.mqtt.inflight import InflightStore
from actors.mqtt.persistent_state import PersistentState
from actors.mqtt.pictures import Pictures
from actors.mqtt.telemetry import Telemetry
from actors.runtime.actor import Actor
from config.boot_load import program_version
from config.network.reachable import outer_addresses
from config.settings import REGISTRY
from models.mqtt import discovery, limits
from models.mqtt.options import Options
from models.mqtt.states import Facts, announcement, retained
from models.mqtt.topics import DETECTIONS, ON, ONLINE, Topics, birth

Work = Coroutine[Any, Any, None]
COMMANDED_STATES = ("settings", "streaming")  # what commands set


class RetainedMessages:
    """What should be at the broker, what is, and the difference sent.

    ``want`` may be called at any time; ``keep`` brings it about while there is a connection.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, bytes] = {}
        self._there: dict[str, bytes] = {}
        self._changed = asyncio.Event()

    def want(self, messages: dict[str, bytes]) -> None:
        self._wanted = messages
        self._changed.set()

    def forget(self, *topics: str) -> None:
        """Send these again, whether or not the broker has them; without topics, everything."""
        for topic in topics or tuple(self._there):
            self._there.pop(topic, None)
        self._changed.set()

    async def keep(self, connection: Connection) -> None:
        """Never returns; ``BrokerConnectionError`` when the connection is gone."""
        while True:
            self._changed.clear()
            await self._send_difference(connection)
            await self._changed.wait()

    async def _send_difference(self, connection: Connection) -> None:
        for topic, payload in list(self._wanted.items()):
            if self._there.get(topic) != payload:
                await connection.assure(topic, payload, retain=True)
                self._there[topic] = payload


class ConnectionTasks:
    """``notice``: what is worth saying although the connection works (another camera on the same prefix)."""

    def __init__(
        self,
        actor: Actor,
        delivery: EventDelivery,
        persistent: PersistentState,
        inflight: InflightStore,
        facts: Facts,
        changed: Callable[[], None],
    ) -> None:
        self.inflight = inflight
        self.facts = facts
        self.pictures = Pictures(actor, persistent)
        self.notice = ""
        self._actor = actor
        self._delivery = delivery
        self._persistent = persistent
        self._changed = changed
        self._retained = RetainedMessages()
        self.telemetry = Telemetry(actor)
        self._commands = CommandHandler(actor, self._say_again)
        self._rebirth: asyncio.Task[None] | None = None
        self._topics = Topics("")
        self._connection: Connection | None = None
        self._subscribed = False

    async def works(self, connection: Connection, wanted: Options) -> list[Work]:
        """Set up the connection, and return the tasks to run until it is lost."""
        topics = self._topics = Topics(wanted.prefix)
        self._connection, self.notice, self._subscribed = connection, "", False
        self.facts.host = _reachable(connection.local_address, self._actor.boot.bind)
        self._retained.forget()
        connection.received = self._received
        return [
            self._greet(connection, wanted),
            self._commands.execute(connection, topics),
            self._remind(connection, topics),
            self._delivery.send(connection, topics),
            self.telemetry.report(connection, topics.telemetry),
            self.pictures.live(connection, topics),
            self.pictures.of_events(connection, wanted),
            self._every_hour(connection),
        ]

    async def refresh(self) -> None:
        """Something in the published states has changed."""
        if self._connection is None:
            return
        await self._note_entities()
        self._retained.want(retained(self._topics, self.facts, REGISTRY.values()))
        self._listen_to_commands(self._connection)

    # ---------------------------------------------------------------- out
    async def _greet(self, connection: Connection, wanted: Options) -> None:
        """Subscribe before publishing anything, so that another camera's messages are seen before ours replace them."""
        connection.subscribe(self._topics.device)
        connection.subscribe(birth(self._discovery_prefix()))
        names = (self.facts.discovery_topic, *self._topics.retained())
        await self._clear_away(connection, await self._persistent.left_behind(wanted, names))
        await self._persistent.note_retained(wanted, names)
        await self.refresh()
        await self._retained.keep(connection)

    async def _remind(self, connection: Connection, topics: Topics) -> None:
        while True:
            await asyncio.sleep(limits.REMIND_S)
            for key in [key for key, active in self.facts.active.items() if active and key in DETECTIONS]:
                await connection.assure(topics.state(key), ON.encode(), retain=True)

    async def _every_hour(self, connection: Connection) -> None:
        """Retry what the broker did not accept. Also check whether the installed program is newer than the running one;
        no server is contacted.
        """
        while True:
            self.facts.installed = await asyncio.to_thread(program_version)
            await self.refresh()
            await asyncio.sleep(limits.AVOIDED_S)
            if connection.avoided:
                self._retained.forget(*connection.avoided)

    async def _clear_away(self, connection: Connection, former: tuple[str, ...]) -> None:
        """Remove everything from the broker under a prefix that we no longer use."""
        for topic in former:
            await connection.assure(topic, b"", retain=True)
            prefix = topic.removesuffix(Topics("").device)
            if prefix != topic:
                connection.unsubscribe(topic)
                connection.unsubscribe(Topics(prefix).control)

    async def _note_entities(self) -> None:
        """Called before an entity is announced to Home Assistant, so that it can be removed whatever happens."""
        told = discovery.announced(announcement(self._topics, self.facts, REGISTRY.values()))
        if not set(told) <= set(self.facts.former):
            self.facts.former = tuple(sorted({*told, *self.facts.former}))
            await self._persistent.note_former(self.facts.former)

    def _discovery_prefix(self) -> str:
        return self.facts.discovery_topic.rsplit("/device/", 1)[0]

    # ---------------------------------------------------------------- in
    def _listen_to_commands(self, connection: Connection) -> None:
        if connection.lost.done() or self._subscribed == self.facts.commands:
            return
        self._subscribed = self.facts.commands
        listen = connection.subscribe if self._subscribed else connection.unsubscribe
        listen(self._topics.control)

    def _received(self, message: IncomingMessage) -> None:
        if message.topic == self._topics.device:
            self._compare(message)
        elif message.topic == birth(self._discovery_prefix()):
            wanted = message.payload == ONLINE.encode() and not message.retained
            if wanted and (self._rebirth is None or self._rebirth.done()):
                self._rebirth = self._actor.start_task(self._reborn())
        elif self._connection is not None:
            self._commands.arrived(self._connection, self._topics, message)

    def _say_again(self) -> None:
        """A command was refused: publish the states again for clients that already show the requested value."""
        self._retained.forget(*(self._topics.state(name) for name in COMMANDED_STATES))

    async def _reborn(self) -> None:
        """Home Assistant has just started: send everything, after a random time, because other cameras do so too."""
        await asyncio.sleep(random.uniform(0, limits.REBIRTH_JITTER_S))  # noqa: S311
        self._retained.forget()
        self.telemetry.renew()

    def _compare(self, message: IncomingMessage) -> None:
        """Detect another camera with the same prefix."""
        try:
            other = json.loads(message.payload or b"{}")
        except (ValueError, RecursionError):
            return
        name = other.get("deviceId") if isinstance(other, dict) else None
        if not isinstance(name, str) or not name or name == self.facts.device_id:
            return
        called = str(other.get("name", ""))[:64]
        self.notice = (
            f"Another camera ({called}, {name[:32]}) also uses the topic prefix {self._topics.prefix}: "
            "give each camera its own mqttTopicPrefix"
        )
        self._actor.log.warning("another camera uses the same topic prefix", prefix=self._topics.prefix)
        self._changed()


def _reachable(local: str, bound: tuple[str, ...]) -> str:
    """This device's address for links: that towards the broker, or another one if the broker is on this device."""
    if not _is_loopback(local) or all(_is_loopback(address) for address in bound):
        return local
    return next(map(str, outer_addresses()), local)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address == "localhost"
