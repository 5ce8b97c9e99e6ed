"""Snapshots: the newest JPEG of a tier, encoded only on request."""

from actors.onvif.limits import PICTURE_WAIT_S, PICTURES_AT_ONCE
from actors.runtime.actor import Actor
from actors.shared.media.snapshot import snapshot
from models.errors import LimitReached, Unavailable
from models.media.tier import JPEG, Tier


class Pictures:
    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._asking = 0

    async def take(self, tier: Tier) -> bytes:
        """A current JPEG. Raises ``Unavailable`` if none arrives in time."""
        if self._asking >= PICTURES_AT_ONCE:
            raise LimitReached("Too many snapshots at once")
        self._asking += 1
        try:
            picture = await snapshot(self._actor, tier.ring(JPEG), PICTURE_WAIT_S)
        finally:
            self._asking -= 1
        if not picture:
            raise Unavailable("There is no picture")
        return picture
