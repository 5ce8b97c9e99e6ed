"""Telemetry of the device, at intervals."""

import asyncio
from typing import TypeVar

from actors.mqtt.connection import Connection
from actors.runtime.actor import Actor
from config import sensors
from config.clock import unix_ms
from models.errors import ServerError
from models.messages import Ask, Ref
from models.messages.camera import CAMERA, GetCamera
from models.messages.encoder import ENCODER, GetVideo
from models.messages.facade import FACADE, GetViewers
from models.messages.microphone import MICROPHONE, GetMicrophone
from models.mqtt import limits
from models.mqtt.payloads import dumps

A = TypeVar("A")
R = TypeVar("R")
PEEK_S = 1.0


class Telemetry:
    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._renewed = asyncio.Event()
        sensors.cpu()  # the first call only begins the measurement

    async def report(self, connection: Connection, topic: str) -> None:
        """Publish at once, again soon, and then at every interval. Never returns."""
        wait_s = limits.SECOND_REPORT_S
        while True:
            connection.publish(topic, dumps(await self._figures()))
            self._renewed.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._renewed.wait()
                wait_s = limits.SECOND_REPORT_S
            except TimeoutError:
                wait_s = int(self._actor.settings["mqttTelemetryIntervalSec"])

    def renew(self) -> None:
        """The interval has changed, or there is a new subscriber."""
        self._renewed.set()

    async def _figures(self) -> dict[str, object]:
        looks = (
            self._peek(CAMERA, GetCamera()),
            self._peek(ENCODER, GetVideo()),
            self._peek(FACADE, GetViewers()),
            self._peek(MICROPHONE, GetMicrophone()),
        )
        camera, video, viewers, microphone = await asyncio.gather(*looks)
        heard = microphone is not None and microphone.state == "running"
        memory = sensors.memory()
        return {
            "timestamp": unix_ms(),
            "cpu": sensors.cpu(),
            "memory": memory.percent if memory is not None else None,
            "temperature": sensors.temperature(),
            "diskFreeBytes": sensors.disk_free(self._actor.boot.data_dir),
            "fps": round(camera.fps, 1) if camera is not None else None,
            "throttle": video.throttle if video is not None else None,
            "clients": viewers.clients if viewers is not None else None,
            "soundDb": round(microphone.level_db, 1) if microphone is not None and heard else None,
        }

    async def _peek(self, to: Ref[A], message: Ask[A, R]) -> R | None:
        """The answer of an actor that may be unavailable."""
        try:
            return await self._actor.actor(to).ask(message, PEEK_S)
        except ServerError:
            return None
