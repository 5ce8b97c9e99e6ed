"""The picture for an event: from the ring, or from a camera that is opened for it."""

from actors.event_log import limits
from actors.event_log.thumbnail import picture, thumbnail
from actors.event_log.thumbnail_store import ThumbnailStore
from actors.runtime.actor import Actor
from actors.runtime.worker import SerialExecutor
from models.media.ring import FORMAT_I420, Entry
from models.media.tier import FRAMES, Tier

NS = 1_000_000_000
HOLDER = "thumbnail"

Prints = tuple[bytes, bytes]  # the thumbnail, and the picture in its own size or nothing


class ThumbnailSource:
    def __init__(
        self, actor: Actor, executor: SerialExecutor, thumbnails: ThumbnailStore, full: ThumbnailStore
    ) -> None:
        """``full``: for pictures in their own size, which are kept while clips are on."""
        self._actor = actor
        self._executor = executor
        self._thumbnails, self._full = thumbnails, full
        self._ring, self._small = actor.ring_reader(FRAMES), actor.ring_reader(Tier.SUB.ring(FRAMES))
        self._waiting = 0

    async def at_hand(self, pts: int, wall_ms: int) -> Prints | None:
        """JPEGs of the picture nearest to the event, if there is a recent one."""
        whole = self._actor.settings["clipsEnabled"]
        for ring in (self._ring,) if whole else (self._ring, self._small):
            entry = ring.nearest(pts) if pts else ring.peek()
            if entry is not None and abs(entry.wall // 1_000_000 - wall_ms) < limits.PICTURE_FRESH_S * 1000:
                return await self._develop(entry)
        return None

    async def fetch(self, event_id: int) -> bool:
        """Lease the camera for one picture and store it; whether there is one now."""
        if self._waiting >= limits.THUMBNAILS_WAITING or self._actor.settings["cameraStandbyMode"]:
            return False
        self._waiting += 1
        self._actor.lease("camera", "frames", HOLDER)
        try:
            prints = await self._develop(await self._ring.newest(limits.PICTURE_WAIT_S))
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._actor.release("camera", "frames", HOLDER)
        return prints is not None and await self.keep(event_id, prints)

    async def keep(self, event_id: int, prints: Prints) -> bool:
        """Whether there is a thumbnail."""
        small, full = prints
        if full:
            await self._executor.run(self._full.save, event_id, full)
        return await self._executor.run(self._thumbnails.save, event_id, small)

    async def _develop(self, entry: Entry | None) -> Prints | None:
        if entry is None or entry.format != FORMAT_I420:
            return None
        small = await self._executor.run(thumbnail, entry)
        return small, await self._executor.run(picture, entry) if self._actor.settings["clipsEnabled"] else b""
