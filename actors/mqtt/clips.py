"""The newest clip of each type, as retained by the broker, and the picture of the newest of all."""

import asyncio
from pathlib import Path

from actors.runtime.actor import Actor
from models.clips import Clip
from models.errors import Missing, ServerError
from models.messages.event_log import EVENT_LOG, GetThumbnail, QueryClips
from models.mqtt import limits
from models.mqtt.states import Facts

LOOKED_AT = 100


class Clips:
    def __init__(self, actor: Actor, facts: Facts) -> None:
        self._actor = actor
        self._facts = facts

    async def look(self) -> None:
        """Read the last clips at the start; types without one among the last hundred are not published again."""
        try:
            page = await self._actor.actor(EVENT_LOG).ask(QueryClips(limit=LOOKED_AT))
        except ServerError as error:
            self._actor.log.info("the last clips are not known", reason=error.detail)
            return
        for clip in page.clips:
            self._note(clip)
        if page.clips:
            await self._picture_of(page.clips[-1])

    async def ready(self, clip: Clip) -> None:
        """A clip may be announced twice, and one that was finished late is not the newest."""
        newest = self._facts.clips.get("")
        if clip.kind == "continuous":
            return
        self._note(clip)
        if newest is None or clip.start >= newest.start:
            await self._picture_of(clip)

    def _note(self, clip: Clip) -> None:
        for kind in ("", *clip.types):
            known = self._facts.clips.get(kind)
            if known is None or clip.start >= known.start:
                self._facts.clips[kind] = clip

    async def _picture_of(self, clip: Clip) -> None:
        """Without a picture the last one stays, because Home Assistant would show an error."""
        for event_id in clip.events:
            for full in (True, False):
                try:
                    found = await self._actor.actor(EVENT_LOG).ask(GetThumbnail(event_id, full))
                    picture = await asyncio.to_thread(Path(found.path).read_bytes)
                except (Missing, OSError):
                    continue
                except ServerError as error:  # it is unavailable: asking again would only block our mailbox
                    self._actor.log.info("no picture of the last clip", reason=error.detail)
                    return
                if len(picture) <= limits.IMAGE_BYTES:
                    self._facts.clip_picture = picture
                    return
