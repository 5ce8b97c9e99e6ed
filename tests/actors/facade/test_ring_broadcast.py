"""Sharing one reader, on real rings."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from actors.facade import ring_broadcast
from actors.facade.ring_broadcast import LAG, RingBroadcast, group_before
from actors.runtime.rings import RingReader, RingWriter
from models.media.ring import KEY, Entry


class Owner:
    """As much of an actor as a tap needs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.leases: list[tuple[str, str]] = []
        self.readers = 0

    def lease(self, owner: str, ring: str) -> None:
        self.leases.append((owner, ring))

    def release(self, owner: str, ring: str) -> None:
        self.leases.remove((owner, ring))

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        return asyncio.create_task(coroutine)

    def ring_reader(self, ring: str) -> RingReader:
        self.readers += 1
        return RingReader(self.directory, self.directory, ring)


class Writing:
    def __init__(self, directory: Path, ring: str) -> None:
        self._writer = RingWriter(directory, directory, ring, 1000, 200, 256)

    def put(self, data: bytes) -> None:
        self._writer.put(data, time.monotonic_ns(), time.time_ns())
        self._writer.ring_bell()


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner(tmp_path)


def tap_of(owner: Owner, ring: str) -> RingBroadcast:
    return RingBroadcast(owner, ring)  # type: ignore[arg-type]


async def settled() -> None:
    await asyncio.sleep(0.05)


async def some(count: int, broadcast: RingBroadcast) -> list[Entry]:
    found: list[Entry] = []
    async with asyncio.timeout(5), aclosing(broadcast.follow()) as entries:
        async for entry in entries:
            found.append(entry)
            if len(found) == count:
                break
    return found


async def test_all_followers_share_one_reader_and_the_same_objects(owner: Owner) -> None:
    broadcast, writing = tap_of(owner, "video"), Writing(owner.directory, "video")
    writing.put(b"before")
    followers = [asyncio.create_task(some(2, broadcast)) for _ in range(5)]
    await settled()
    assert owner.leases == [("encoder", "video")]
    writing.put(b"one")
    writing.put(b"two")
    found = await asyncio.gather(*followers)
    assert [entry.data for entry in found[0]] == [b"one", b"two"]
    assert all(entry is first for entries in found for entry, first in zip(entries, found[0], strict=True))
    assert owner.readers == 1


async def test_pictures_begin_with_the_newest(owner: Owner) -> None:
    broadcast, writing = tap_of(owner, "jpeg"), Writing(owner.directory, "jpeg")
    writing.put(b"old")
    writing.put(b"newest")
    [entry] = await some(1, broadcast)
    assert entry.data == b"newest"
    assert broadcast.last is entry
    assert (await some(1, broadcast))[0] is entry  # the second follower need not wait for the next one


async def test_the_lease_outlives_the_last_follower_a_little(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_broadcast, "LINGER_S", 0.1)
    broadcast, writing = tap_of(owner, "jpeg"), Writing(owner.directory, "jpeg")
    writing.put(b"picture")
    await some(1, broadcast)
    assert owner.leases
    await some(1, broadcast)
    assert owner.readers == 1
    async with asyncio.timeout(5):
        while owner.leases:
            await asyncio.sleep(0.01)
    assert broadcast.last is None
    await some(1, broadcast)  # and it begins anew
    assert owner.leases


async def test_a_follower_that_lags_loses_the_oldest(owner: Owner) -> None:
    broadcast, writing = tap_of(owner, "video"), Writing(owner.directory, "video")
    async with asyncio.timeout(10), aclosing(broadcast.follow()) as lazy:
        first = asyncio.create_task(anext(lazy))
        await settled()
        writing.put(b"0")
        assert (await first).data == b"0"
        for number in range(1, LAG + 11):
            writing.put(b"%d" % number)
            await asyncio.sleep(0)
        await settled()
        assert (await anext(lazy)).data == b"11"


async def test_a_new_writer_is_followed(owner: Owner) -> None:
    broadcast, writing = tap_of(owner, "video"), Writing(owner.directory, "video")
    following = asyncio.create_task(some(2, broadcast))
    await settled()
    writing.put(b"former")
    await settled()
    Writing(owner.directory, "video").put(b"new")
    assert [entry.data for entry in await following] == [b"former", b"new"]


async def test_the_group_under_way_is_whole_or_not_given(owner: Owner) -> None:
    writer = RingWriter(owner.directory, owner.directory, "video", 1000, 200, 16)
    for number in range(1, 13):
        writer.put(bytes([number]), number, number, flags=KEY if number in (1, 5) else 0)
    reader = owner.ring_reader("video")
    last = reader.peek()
    assert last is not None
    assert [one.data[0] for one in group_before(owner.ring_reader("video"), last)] == [5, 6, 7, 8, 9, 10, 11]
    for number in range(13, 30):
        writer.put(bytes([number]), number, number)
    last = reader.peek()
    assert last is not None
    assert group_before(owner.ring_reader("video"), last) == []
