"""Snapshots: the newest JPEG, made for whoever asks at that moment and for nobody in between."""

import asyncio
import time

from actors.onvif.limits import PICTURE_FRESH_NS, PICTURE_WAIT_S, PICTURES_AT_ONCE
from actors.runtime.actor import Actor
from models.errors import LimitReached, Unavailable
from models.media.ring import Entry

RING = "jpeg"
HOLDER = "snapshot"


class Pictures:
    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._asking = 0

    async def take(self) -> bytes:
        """A JPEG of this moment. Raises ``Unavailable`` where none comes in time."""
        if self._asking >= PICTURES_AT_ONCE:
            raise LimitReached("Too many snapshots at once")
        self._asking += 1
        reader = self._actor.ring_reader(RING)
        self._actor.lease("encoder", RING, HOLDER)
        try:
            async with asyncio.timeout(PICTURE_WAIT_S):
                while not _fresh(entry := await reader.newest(PICTURE_WAIT_S)):
                    pass
                assert entry is not None
                return entry.data
        except TimeoutError:
            raise Unavailable("There is no picture") from None
        finally:
            reader.close()
            self._asking -= 1
            if not self._asking:
                self._actor.release("encoder", RING, HOLDER)


def _fresh(entry: Entry | None) -> bool:
    return entry is not None and time.monotonic_ns() - entry.pts < PICTURE_FRESH_NS
