"""Rings as files: the bell, a writer's new life, a reader that fell behind."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from actors.runtime.leases import Leases
from actors.runtime.rings import RingReader, RingWriter
from models.media.ring import DISCONTINUITY, KEY, Entry
from models.messages.media import Lease


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("shm", "run"):
        (tmp_path / name).mkdir()
    return tmp_path / "shm", tmp_path / "run"


def writer(places: tuple[Path, Path]) -> RingWriter:
    return RingWriter(*places, "video", largest=1000, records=6, slots=16)


async def test_a_waiting_reader_is_woken(places: tuple[Path, Path]) -> None:
    write, read = writer(places), RingReader(*places, "video")
    assert await read.newest(0.01) is None
    waiting = asyncio.create_task(read.newest(5))
    await asyncio.sleep(0.05)
    write._looked = 0.0
    write.put(b"one", 1, 1)
    entry = await waiting
    assert entry is not None
    assert entry.data == b"one"


async def test_a_follower_gets_each_entry_in_order_until_it_is_called_off(places: tuple[Path, Path]) -> None:
    write, read = writer(places), RingReader(*places, "video")
    got: list[int] = []
    write.put(b"x", 1, 1)
    following = asyncio.create_task(read.follow(lambda entry: got.append(entry.pts), in_order=True))
    await asyncio.sleep(0.05)
    assert got == [1], "what was there before"
    for number in range(2, 5):
        write._looked = 0.0
        write.put(b"x", number, number)
        await asyncio.sleep(0.02)
    assert got == [1, 2, 3, 4]
    write._readers = []
    write._looked = float("inf")
    write.put(b"x", 5, 5)
    await asyncio.sleep(0.4)
    assert got == [1, 2, 3, 4, 5], "though nobody rang"
    following.cancel()
    await asyncio.wait([following])
    write._looked = 0.0
    write.put(b"x", 6, 6)
    await asyncio.sleep(0.4)
    assert got == [1, 2, 3, 4, 5]
    following = asyncio.create_task(read.follow(lambda entry: got.append(entry.pts), in_order=True))
    await asyncio.sleep(0.05)
    assert got == [1, 2, 3, 4, 5, 6]
    following.cancel()
    read.close()


async def test_a_follower_of_the_newest_skips(places: tuple[Path, Path]) -> None:
    write, read = writer(places), RingReader(*places, "video")
    got: list[int] = []
    for number in range(1, 4):
        write.put(b"x", number, number)
    following = asyncio.create_task(read.follow(lambda entry: got.append(entry.pts), in_order=False))
    await asyncio.sleep(0.05)
    assert got == [3]
    following.cancel()


async def test_what_a_follower_raises_ends_it(places: tuple[Path, Path]) -> None:
    write, read = writer(places), RingReader(*places, "video")
    write.put(b"x", 1, 1)

    def broken(_: Entry) -> None:
        raise ArithmeticError("no")

    with pytest.raises(ArithmeticError):
        await asyncio.wait_for(read.follow(broken, in_order=True), 5)
    assert not asyncio.get_running_loop().remove_reader(read._socket)


def test_a_waiting_thread_is_woken(places: tuple[Path, Path]) -> None:
    write, read = writer(places), RingReader(*places, "video")
    threading.Timer(0.1, write.put, (b"one", 1, 1)).start()
    entry = read.wait_next(5)
    assert entry is not None
    assert entry.data == b"one"


def test_a_reader_follows_a_new_writer_and_says_so(places: tuple[Path, Path]) -> None:
    read = RingReader(*places, "video")
    writer(places).put(b"first life", 1, 1)
    assert (first := read.wait_next(1)) is not None
    assert not first.flags & DISCONTINUITY
    writer(places).put(b"second life", 2, 2)
    second = read.wait_next(1)
    assert second is not None
    assert second.data == b"second life"
    assert second.flags & DISCONTINUITY
    assert second.epoch != first.epoch


def test_a_reader_that_fell_behind_goes_on_with_the_oldest(places: tuple[Path, Path]) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    write.put(b"0", 0, 0)
    assert read.wait_next(1) is not None
    for number in range(1, 100):
        write.put(str(number).encode() * 300, number, 0)
    entry = read.wait_next(1)
    assert entry is not None
    assert entry.sequence > 2
    following = read.wait_next(1)
    assert following is not None
    assert following.sequence == entry.sequence + 1
    assert (newest := read.wait_newest(1)) is not None
    assert newest.data == b"99" * 300


def test_a_reader_can_start_at_a_key(places: tuple[Path, Path]) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    assert not read.seek_key()
    for number in range(4):
        write.put(b"x", number, 0, flags=KEY if number == 1 else 0)
    assert read.seek_key()
    assert (entry := read.wait_next(1)) is not None
    assert entry.pts == 1


def test_a_dead_reader_is_forgotten(places: tuple[Path, Path]) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    bell = read._bell_path
    read._socket.close()
    write.put(b"x", 0, 0)
    assert not bell.exists()


def test_closing_takes_only_the_own_ring_away(places: tuple[Path, Path]) -> None:
    first = writer(places)
    second = writer(places)
    first.close()
    assert second.path.exists()
    second.close()
    assert not second.path.exists()


def test_a_full_shared_memory_is_an_error_and_leaves_nothing(places: tuple[Path, Path], monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(OSError, match="No space"):
        writer(places)
    assert not list(places[0].iterdir())


def test_leases_end_by_themselves_and_on_request() -> None:
    leases = Leases()
    leases.take(Lease("jpeg", "facade", 60))
    leases.take(Lease("jpeg", "mqtt", 60))
    leases.take(Lease("jpeg", "gone", 1e-9))
    assert sorted(leases.holders("jpeg")) == ["facade", "mqtt"]
    leases.take(Lease("jpeg", "facade", 0))
    assert leases.holders("jpeg") == ["mqtt"]
    assert not leases.wanted("video")


async def test_without_room_in_shared_memory_the_ring_is_elsewhere(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve, refused = os.posix_fallocate, []

    def full(descriptor: int, offset: int, size: int) -> None:
        if "memfd" not in os.readlink(f"/proc/self/fd/{descriptor}"):
            refused.append(size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        reserve(descriptor, offset, size)

    first, read = writer(places), RingReader(*places, "video")
    first.put(b"one", 1, 1)
    assert read.take_newest() is not None
    monkeypatch.setattr(os, "posix_fallocate", full)
    second = writer(places)
    second.put(b"two", 2, 2)
    entry = await read.newest(5)
    assert entry is not None
    assert (entry.data, bool(entry.flags & DISCONTINUITY), len(refused)) == (b"two", True, 1)
    assert second.path.is_symlink()
    second.close()
    assert not os.path.lexists(second.path)
