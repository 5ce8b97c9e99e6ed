"""The real actor in the test's own loop, at a real broker."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from actors.mqtt.actor import Mqtt
from config.boot import Boot
from models.events import Event
from models.messages.camera import CameraView
from models.messages.event_log import EventPage, EventRecorded, EventsAfter, QueryEvents
from models.messages.license import GetLicense, LicenseView
from models.messages.media import Lease
from models.messages.mqtt import MqttView
from models.messages.settings import SetCredentials
from tests.actor_kit import WAIT_S, ActorKit
from tests.actors.mqtt.broker import Broker

LICENSE = LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED", device_id="3f9a1c0000")


class Kit(ActorKit[Mqtt]):
    """``history``: what the event log holds. ``camera``: what it has said before."""

    def __init__(
        self,
        boot: Boot,
        broker: Broker | None = None,
        credentials: tuple[str, str] = ("", ""),
        history: Iterable[Event] = (),
        pro: bool = True,
        camera: CameraView | None = None,
        answers: Mapping[type, Any] | None = None,
        **settings: Any,
    ) -> None:
        at = {"mqttEnabled": True, "mqttBrokerUrl": "127.0.0.1", "mqttPort": broker.port} if broker is not None else {}
        known = {GetLicense: LICENSE, EventsAfter: self._after, QueryEvents: self._newest}
        super().__init__(Mqtt, boot, answers={**known, **(answers or {})}, settings={**at, **settings})
        self.history = list(history)
        self.pro = pro
        self.set_credentials(SetCredentials("mqtt", *credentials))
        if camera is not None:
            self.state(camera, "camera")

    def _after(self, message: EventsAfter) -> EventPage:
        found = [event for event in self.history if event.event_id > message.event_id]
        return EventPage(tuple(found[: message.limit]), ())

    def _newest(self, message: QueryEvents) -> EventPage:
        found = [event for event in self.history if not message.types or event.type in message.types]
        return EventPage(tuple(found[-message.limit :]), ())

    def happen(self, event: Event, recorded: bool = True) -> None:
        """An event: stored (with history on), then told."""
        if recorded:
            self.history.append(event)
        self.news(EventRecorded(event), "event_log")

    @property
    def shown(self) -> MqttView:
        """What it has published last."""
        return self.of(MqttView)[-1]

    @property
    def leased(self) -> list[str]:
        """When pictures were wanted, and when no more, without the renewals."""
        said: list[str] = []
        holders: set[str] = set()
        for _, lease in self.told:
            if isinstance(lease, Lease) and (lease.ttl_s > 0) != (lease.holder in holders):
                said.append("lease" if lease.ttl_s else "release")
                holders ^= {lease.holder}
        return said

    async def until(self, condition: Callable[[], object], seconds: float = WAIT_S) -> None:
        """The condition may block, as a question to the broker does: the actor goes on meanwhile."""
        async with asyncio.timeout(seconds):
            while not self.crashes and not await asyncio.to_thread(condition):
                await asyncio.sleep(0.02)
        self.check()

    async def connected(self) -> None:
        await self.until(lambda: self.actor._connection_loop.connected)

    async def kill(self) -> None:
        if self._living and (session := getattr(self.actor, "_connection_loop", None)) is not None:
            if session.connection is not None:
                session.connection.abort()  # as the kernel closes the sockets
            await super().kill()
            with contextlib.suppress(OSError):
                os.close(self.actor._connection_tasks.inflight._file)
        await super().kill()


def motion(number: int, timestamp: int = 0, kind: str = "MOTION") -> Event:
    return Event(number, number, kind, timestamp or int(time.time() * 1000), {"changedPercent": 2.5})
