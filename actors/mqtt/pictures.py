"""Pictures: one periodically, and one with each event. The encoder is leased only for as long as it takes."""

import asyncio
from pathlib import Path

from actors.mqtt.connection import Connection
from actors.mqtt.persistent_state import PersistentState
from actors.runtime.actor import Actor
from actors.shared.media.snapshot import snapshot
from models.errors import ServerError
from models.messages.camera import CameraView
from models.messages.event_log import EVENT_LOG, GetThumbnail, QueryEvents
from models.mqtt import limits
from models.mqtt.options import Options
from models.mqtt.topics import Topics

NO_EVENT = Path(__file__).parent / "no_event.jpg"
EVENTS_LOOKED_AT = 20


class Pictures:
    def __init__(self, actor: Actor, persistent: PersistentState) -> None:
        self._actor = actor
        self._persistent = persistent
        self._turn = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._cleared = False
        self.camera: CameraView | None = None

    def event(self) -> None:
        """An event has just happened."""
        self._wanted.set()

    def clear(self) -> None:
        """The history was deleted, so its last picture must not stay at the broker."""
        self._cleared = True
        self._wanted.set()

    async def live(self, connection: Connection, topics: Topics) -> None:
        """Never returns. Does not wake a camera in standby."""
        while True:
            camera = self.camera
            if camera is not None and camera.running and not camera.standby and (picture := await self._take()):
                connection.publish(topics.live_image, picture)
            await asyncio.sleep(limits.IMAGE_EVERY_S)

    async def of_events(self, connection: Connection, wanted: Options) -> None:
        """Never returns. There is always a picture at the broker, because Home Assistant shows an error without one."""
        topic = Topics(wanted.prefix).event_image
        if not (connection.session_present and await self._persistent.has_event_image(wanted)):
            await connection.assure(topic, await self._last_event(), retain=True)
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if self._cleared:
                await connection.assure(topic, NO_EVENT.read_bytes(), retain=True)
                await self._persistent.note_event_image(wanted, False)
                self._cleared = False
            elif picture := await self._take():
                await connection.assure(topic, picture, retain=True)
                await self._persistent.note_event_image(wanted, True)
            await asyncio.sleep(limits.EVENT_IMAGE_EVERY_S)

    async def _last_event(self) -> bytes:
        """The thumbnail of the newest event that has one, or a placeholder picture."""
        try:
            page = await self._actor.actor(EVENT_LOG).ask(QueryEvents(since=1, limit=EVENTS_LOOKED_AT, summary=False))
            newest = next((event.event_id for event in reversed(page.events) if event.thumbnail), None)
            if newest is not None:
                thumbnail = await self._actor.actor(EVENT_LOG).ask(GetThumbnail(newest))
                return Path(thumbnail.path).read_bytes()
        except (ServerError, OSError) as error:
            self._actor.log.info("no picture of the last event", reason=str(error))
        return NO_EVENT.read_bytes()

    async def _take(self) -> bytes:
        """A current JPEG; empty if there is none in time."""
        async with self._turn:
            picture = await snapshot(self._actor, "jpeg", limits.PICTURE_WAIT_S)
        return picture if len(picture) <= limits.IMAGE_BYTES else b""
