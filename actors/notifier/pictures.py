"""The picture of an event: its thumbnail, and a smaller one that fits into a push message."""

import asyncio
import time
from pathlib import Path

import simplejpeg

from actors.runtime.actor import Actor
from actors.shared.media.snapshot import snapshot
from models.errors import Missing, ServerError
from models.events import EVENT_TYPES, Event
from models.messages.event_log import EVENT_LOG, GetThumbnail
from models.notify import limits


async def of_event(actor: Actor, event: Event) -> bytes:
    """JPEG; empty if there is none. It is available shortly after its event, so this waits for it."""
    if event.type not in EVENT_TYPES:
        return b""
    until = min(event.timestamp / 1000, time.time()) + limits.PICTURE_WAIT_S  # a clock set back holds up nothing
    while True:
        try:
            found = await actor.actor(EVENT_LOG).ask(GetThumbnail(event.event_id))
            picture = await asyncio.to_thread(Path(found.path).read_bytes)
            return picture if len(picture) <= limits.PICTURE_BYTES else b""
        except Missing:
            if time.time() >= until:
                return b""
        except (ServerError, OSError) as error:
            actor.log.info("a notification is sent without its picture", reason=str(error))
            return b""
        await asyncio.sleep(limits.PICTURE_AGAIN_S)


async def of_now(actor: Actor) -> bytes:
    """A current JPEG; empty if there is none in time."""
    picture = await snapshot(actor, "jpeg", limits.PICTURE_WAIT_S)
    return picture if len(picture) <= limits.PICTURE_BYTES else b""


def shrink(picture: bytes, room: int) -> bytes:
    """The picture as a JPEG of at most ``room`` bytes, as large and good as possible; otherwise nothing."""
    for width in limits.PUSH_SMALL_WIDTHS:
        try:
            pixels = simplejpeg.decode_jpeg(picture, min_width=width)
        except ValueError:  # half a file
            return b""
        step = max(1, pixels.shape[1] // width)
        small = pixels[::step, ::step].copy()
        for quality in limits.PUSH_SMALL_QUALITIES:
            found = bytes(simplejpeg.encode_jpeg(small, quality=quality, colorsubsampling="420"))
            if len(found) <= room:
                return found
    return b""
