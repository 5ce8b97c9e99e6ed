"""Pictures: one now and then, and one with each event. The encoder is asked for them only in between."""

import asyncio
import time

from actors.mqtt.link import Link
from actors.runtime.actor import Actor
from models.messages.camera import CameraView
from models.mqtt import limits
from models.mqtt.topics import Topics

HOLDER = "picture"
FRESH_NS = 1_500_000_000


class Pictures:
    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._turn = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._cleared = False
        self.camera: CameraView | None = None

    def event(self) -> None:
        """Something has just happened."""
        self._wanted.set()

    def clear(self) -> None:
        """The history was deleted: its last picture must not stay at the broker."""
        self._cleared = True
        self._wanted.set()

    async def live(self, link: Link, topics: Topics) -> None:
        """Never returns. A camera in standby is left asleep."""
        while True:
            camera = self.camera
            if camera is not None and camera.running and not camera.standby and (picture := await self._take()):
                link.publish(topics.live_image, picture)
            await asyncio.sleep(limits.IMAGE_EVERY_S)

    async def of_events(self, link: Link, topics: Topics) -> None:
        """Never returns."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if self._cleared:
                await link.assure(topics.event_image, b"", retain=True)
                self._cleared = False
            elif picture := await self._take():
                await link.assure(topics.event_image, picture, retain=True)
            await asyncio.sleep(limits.EVENT_IMAGE_EVERY_S)

    async def _take(self) -> bytes:
        """A JPEG of this moment; empty where there is none in time."""
        async with self._turn:
            reader = self._actor.ring_reader("jpeg")
            self._actor.lease("encoder", "jpeg", HOLDER)
            try:
                async with asyncio.timeout(limits.PICTURE_WAIT_S):
                    while True:
                        entry = await reader.newest(limits.PICTURE_WAIT_S)
                        if entry is not None and time.time_ns() - entry.wall < FRESH_NS:
                            return entry.data if len(entry.data) <= limits.IMAGE_BYTES else b""
            except TimeoutError:
                return b""
            finally:
                self._actor.release("encoder", "jpeg", HOLDER)
                reader.close()
