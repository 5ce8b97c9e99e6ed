"""What is done on a connection: states kept, events sent, figures and pictures published, commands obeyed."""

import asyncio
import ipaddress
import json
import random
from collections.abc import Callable, Coroutine
from typing import Any

from actors.mqtt.flight import Flight
from actors.mqtt.link import Link, Received
from actors.mqtt.mail import Mail
from actors.mqtt.memory import Memory
from actors.mqtt.orders import Orders
from actors.mqtt.pictures import Pictures
from actors.mqtt.shelf import Shelf
from actors.mqtt.telemetry import Telemetry
from actors.runtime.actor import Actor
from config.boot_load import program_version
from config.reachable import outer_addresses
from config.settings import REGISTRY
from models.mqtt import discovery, limits
from models.mqtt.options import Options
from models.mqtt.states import Facts, announcement, retained
from models.mqtt.topics import DETECTIONS, ON, ONLINE, Topics, birth

Work = Coroutine[Any, Any, None]
COMMANDED_STATES = ("settings", "streaming")  # what commands set


class Service:
    """``notice``: what is worth saying although the connection works (another camera on the same prefix)."""

    def __init__(
        self, actor: Actor, mail: Mail, memory: Memory, flight: Flight, facts: Facts, changed: Callable[[], None]
    ) -> None:
        self.flight = flight
        self.facts = facts
        self.pictures = Pictures(actor, memory)
        self.notice = ""
        self._actor = actor
        self._mail = mail
        self._memory = memory
        self._changed = changed
        self._shelf = Shelf()
        self.telemetry = Telemetry(actor)
        self._orders = Orders(actor, self._say_again)
        self._rebirth: asyncio.Task[None] | None = None
        self._topics = Topics("")
        self._link: Link | None = None
        self._obeying = False

    async def works(self, link: Link, wanted: Options) -> list[Work]:
        """Greet the broker and give what is to be done until the connection is lost."""
        topics = self._topics = Topics(wanted.prefix)
        self._link, self.notice, self._obeying = link, "", False
        self.facts.host = _reachable(link.local_address, self._actor.boot.bind)
        self._shelf.forget()
        link.received = self._received
        return [
            self._greet(link, wanted),
            self._orders.obey(link, topics),
            self._remind(link, topics),
            self._mail.send(link, topics),
            self.telemetry.report(link, topics.telemetry),
            self.pictures.live(link, topics),
            self.pictures.of_events(link, wanted),
            self._every_hour(link),
        ]

    async def refresh(self) -> None:
        """Something that is shown has changed."""
        if self._link is None:
            return
        await self._note_entities()
        self._shelf.want(retained(self._topics, self.facts, REGISTRY.values()))
        self._listen_to_commands(self._link)

    # ---------------------------------------------------------------- out
    async def _greet(self, link: Link, wanted: Options) -> None:
        """Subscribed before anything is published: so another camera's traces are seen before ours cover them."""
        link.subscribe(self._topics.device)
        link.subscribe(birth(self._discovery_prefix()))
        names = (self.facts.discovery_topic, *self._topics.retained())
        await self._clear_away(link, await self._memory.left_behind(wanted, names))
        await self._memory.note_retained(wanted, names)
        await self.refresh()
        await self._shelf.keep(link)

    async def _remind(self, link: Link, topics: Topics) -> None:
        while True:
            await asyncio.sleep(limits.REMIND_S)
            for key in [key for key, active in self.facts.active.items() if active and key in DETECTIONS]:
                await link.assure(topics.state(key), ON.encode(), retain=True)

    async def _every_hour(self, link: Link) -> None:
        """What the broker did not take is tried again. And the program on the disk may be newer than the one that runs;
        nobody outside is asked.
        """
        while True:
            self.facts.installed = await asyncio.to_thread(program_version)
            await self.refresh()
            await asyncio.sleep(limits.AVOIDED_S)
            if link.avoided:
                self._shelf.forget(*link.avoided)

    async def _clear_away(self, link: Link, former: tuple[str, ...]) -> None:
        """Nothing stays at the broker under a prefix that is no longer ours."""
        for topic in former:
            await link.assure(topic, b"", retain=True)
            prefix = topic.removesuffix(Topics("").device)
            if prefix != topic:
                link.unsubscribe(topic)
                link.unsubscribe(Topics(prefix).control)

    async def _note_entities(self) -> None:
        """Before Home Assistant is told of an entity, so that it can be taken back whatever happens."""
        told = discovery.announced(announcement(self._topics, self.facts, REGISTRY.values()))
        if not set(told) <= set(self.facts.former):
            self.facts.former = tuple(sorted({*told, *self.facts.former}))
            await self._memory.note_former(self.facts.former)

    def _discovery_prefix(self) -> str:
        return self.facts.discovery_topic.rsplit("/device/", 1)[0]

    # ---------------------------------------------------------------- in
    def _listen_to_commands(self, link: Link) -> None:
        if link.lost.done() or self._obeying == self.facts.commands:
            return
        self._obeying = self.facts.commands
        listen = link.subscribe if self._obeying else link.unsubscribe
        listen(self._topics.control)

    def _received(self, message: Received) -> None:
        if message.topic == self._topics.device:
            self._compare(message)
        elif message.topic == birth(self._discovery_prefix()):
            wanted = message.payload == ONLINE.encode() and not message.retained
            if wanted and (self._rebirth is None or self._rebirth.done()):
                self._rebirth = self._actor.start_task(self._reborn())
        elif self._link is not None:
            self._orders.arrived(self._link, self._topics, message)

    def _say_again(self) -> None:
        """A command was refused: whoever shows what it asked for is told how it is."""
        self._shelf.forget(*(self._topics.state(name) for name in COMMANDED_STATES))

    async def _reborn(self) -> None:
        """Home Assistant has just started: tell it everything, but spread over many cameras."""
        await asyncio.sleep(random.uniform(0, limits.REBIRTH_JITTER_S))  # noqa: S311
        self._shelf.forget()
        self.telemetry.renew()

    def _compare(self, message: Received) -> None:
        """Who else uses this prefix?"""
        try:
            other = json.loads(message.payload or b"{}")
        except (ValueError, RecursionError):
            return
        name = other.get("deviceId") if isinstance(other, dict) else None
        if not isinstance(name, str) or not name or name == self.facts.device_id:
            return
        called = str(other.get("name", ""))[:64]
        self.notice = (
            f"Another camera ({called}, {name[:32]}) uses the topic prefix {self._topics.prefix} too: "
            "give each camera its own mqttTopicPrefix"
        )
        self._actor.log.warning("another camera uses the same topic prefix", prefix=self._topics.prefix)
        self._changed()


def _reachable(local: str, bound: tuple[str, ...]) -> str:
    """The address for links to us: ours on the way to the broker, or another one if the broker is on this device."""
    if not _is_loopback(local) or all(_is_loopback(address) for address in bound):
        return local
    return next(map(str, outer_addresses()), local)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address == "localhost"
