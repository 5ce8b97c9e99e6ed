"""Snapshots: the newest JPEG of a tier, made for whoever asks at that moment and for nobody in between."""

import asyncio
import time
from collections import Counter

from actors.onvif.limits import PICTURE_FRESH_NS, PICTURE_WAIT_S, PICTURES_AT_ONCE
from actors.runtime.actor import Actor
from models.errors import LimitReached, Unavailable
from models.media.ring import Entry
from models.media.tier import JPEG, Tier

HOLDER = "snapshot"


class Pictures:
    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._asking: Counter[Tier] = Counter()

    async def take(self, tier: Tier) -> bytes:
        """A JPEG of this moment. Raises ``Unavailable`` where none comes in time."""
        if self._asking.total() >= PICTURES_AT_ONCE:
            raise LimitReached("Too many snapshots at once")
        ring = tier.ring(JPEG)
        self._asking[tier] += 1
        reader = self._actor.ring_reader(ring)
        self._actor.lease("encoder", ring, HOLDER)
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
            self._asking[tier] -= 1
            if not self._asking[tier]:
                self._actor.release("encoder", ring, HOLDER)


def _fresh(entry: Entry | None) -> bool:
    return entry is not None and time.monotonic_ns() - entry.pts < PICTURE_FRESH_NS
