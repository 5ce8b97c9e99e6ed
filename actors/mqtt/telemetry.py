"""How the device does, every so many seconds."""

import asyncio
import time
from pathlib import Path
from typing import TypeVar

import psutil

from actors.mqtt.link import Link
from actors.runtime.actor import Actor
from models.errors import ServerError
from models.messages import Ask
from models.messages.camera import GetCamera
from models.messages.encoder import GetVideo
from models.messages.facade import GetViewers
from models.messages.microphone import GetMicrophone
from models.mqtt import limits
from models.mqtt.payloads import dumps

R = TypeVar("R")
PEEK_S = 1.0
_BEST = ("cpu_thermal", "coretemp", "k10temp", "soc_thermal", "acpitz")


class Telemetry:
    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._renewed = asyncio.Event()
        psutil.cpu_percent(None)  # the first call only begins the measurement

    async def report(self, link: Link, topic: str) -> None:
        """Publish at once, soon again, and then in every interval. Never returns."""
        wait_s = limits.SECOND_REPORT_S
        while True:
            link.publish(topic, dumps(await self._figures()))
            self._renewed.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._renewed.wait()
                wait_s = limits.SECOND_REPORT_S
            except TimeoutError:
                wait_s = int(self._actor.settings["mqttTelemetryIntervalSec"])

    def renew(self) -> None:
        """The interval is another one, or somebody new listens."""
        self._renewed.set()

    async def _figures(self) -> dict[str, object]:
        looks = (
            self._peek("camera", GetCamera()),
            self._peek("encoder", GetVideo()),
            self._peek("facade", GetViewers()),
            self._peek("microphone", GetMicrophone()),
        )
        camera, video, viewers, microphone = await asyncio.gather(*looks)
        heard = microphone is not None and microphone.state == "running"
        return {
            "timestamp": int(time.time() * 1000),
            "cpu": psutil.cpu_percent(None),
            "memory": psutil.virtual_memory().percent,
            "temperature": temperature(),
            "diskFreeBytes": disk_free(self._actor.boot.data_dir),
            "fps": round(camera.fps, 1) if camera is not None else None,
            "throttle": video.throttle if video is not None else None,
            "clients": viewers.clients if viewers is not None else None,
            "soundDb": round(microphone.level_db, 1) if microphone is not None and heard else None,
        }

    async def _peek(self, to: str, message: Ask[R]) -> R | None:
        """The answer of an actor that may be away just now."""
        try:
            return await self._actor.ask(to, message, PEEK_S)
        except ServerError:
            return None


def temperature() -> float | None:
    """Of the processor, °C; None where the device has no sensor for it."""
    found = psutil.sensors_temperatures()
    for name in (*_BEST, *found):
        if values := [entry.current for entry in found.get(name, ())]:
            return round(float(max(values)), 1)
    return None


def disk_free(path: Path) -> int | None:
    try:
        return int(psutil.disk_usage(str(path)).free)
    except OSError:
        return None
