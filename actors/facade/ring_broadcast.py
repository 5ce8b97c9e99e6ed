"""One reader per ring in this process, and any number of followers that share its entries."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from actors.runtime.actor import Actor
from actors.runtime.rings import RingReader
from models.media.ring import Entry
from models.messages.media import MediaOwner

OWNERS: dict[str, MediaOwner] = {
    "frames": "camera",
    "jpeg": "encoder",
    "video": "encoder",
    "jpeg_sub": "encoder",
    "video_sub": "encoder",
    "audio": "encoder",
    "pcm": "microphone",
}
NEWEST_WINS = frozenset({"frames", "jpeg", "jpeg_sub"})
LAG = 64  # entries that a follower may be behind; it runs in the same loop, so this covers short stalls
LINGER_S = 2.0  # the next snapshot or reload finds the encoder still running


class RingBroadcast:
    """Reads while somebody follows; the ring is leased for as long."""

    def __init__(self, actor: Actor, ring: str) -> None:
        self._actor, self._ring = actor, ring
        self._in_order = ring not in NEWEST_WINS
        self._followers: set[_Follower] = set()
        self._task: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._reader: RingReader | None = None
        self._last: Entry | None = None  # while it runs

    @property
    def last(self) -> Entry | None:
        """The newest entry, if its ring still holds it: what was forgotten there is not shown here."""
        known = self._reader is not None and self._last is not None and self._reader.holds(self._last)
        return self._last if known else None

    async def follow(self) -> AsyncGenerator[Entry, None]:
        follower = _Follower(LAG if self._in_order else 1)
        self._begin()
        self._followers.add(follower)
        if not self._in_order and (last := self.last) is not None:
            follower.put(last)
        try:
            while True:
                yield await follower.get()
        finally:
            self._followers.discard(follower)
            if not self._followers:
                self._ending = asyncio.get_running_loop().call_later(LINGER_S, self._end)

    def _begin(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._task is None:
            self._actor.lease(OWNERS[self._ring], self._ring)
            self._task = self._actor.start_task(self._read())

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = self._ending = None
            self._last = None
            self._actor.release(OWNERS[self._ring], self._ring)

    async def _read(self) -> None:
        self._reader = reader = self._actor.ring_reader(self._ring)
        try:
            if self._in_order:
                reader.seek_end()
            await reader.follow(self._share, self._in_order)
        finally:
            reader.close()

    def _share(self, entry: Entry) -> None:
        self._last = entry
        for follower in self._followers:
            follower.put(entry)


def group_before(reader: RingReader, before: Entry) -> list[Entry]:
    """The entries from the newest key one up to, but without, ``before``; empty where one is missing."""
    group: list[Entry] = []
    if not reader.seek_key():
        return group
    while (entry := reader.take_next()) is not None and entry.epoch == before.epoch:
        if group and entry.sequence != group[-1].sequence + 1:
            return []
        if entry.sequence == before.sequence:
            return group
        group.append(entry)
    return []


class _Follower:
    def __init__(self, lag: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=lag)
        self._there = asyncio.Event()

    def put(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._there.set()

    async def get(self) -> Entry:
        while not self._entries:
            self._there.clear()
            await self._there.wait()
        return self._entries.popleft()
