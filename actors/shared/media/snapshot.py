"""A current picture, encoded only on request."""

import asyncio
import itertools
import time

from actors.runtime.actor import Actor

FRESH_NS = 1_500_000_000
_serial = itertools.count(1)


async def snapshot(actor: Actor, ring: str, within_s: float) -> bytes:
    """The newest JPEG of ``ring`` (``jpeg``, ``jpeg_sub``); empty if no fresh one arrived in time.

    The ring is leased from the encoder only meanwhile, under a separate name per call, so that the end of one call does
    not end the lease of another.
    """
    holder = f"snapshot {next(_serial)}"
    reader = actor.ring_reader(ring)
    actor.lease("encoder", ring, holder)
    try:
        async with asyncio.timeout(within_s):
            while True:
                entry = await reader.newest(within_s)
                if entry is not None and time.monotonic_ns() - entry.pts < FRESH_NS:
                    return entry.data
    except TimeoutError:
        return b""
    finally:
        actor.release("encoder", ring, holder)
        reader.close()
