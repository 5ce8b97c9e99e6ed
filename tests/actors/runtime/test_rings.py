"""Rings as files: the bell, a writer's new life, a reader that fell behind."""

import asyncio
import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.runtime import rings
from actors.runtime.leases import Leases
from actors.runtime.rings import RingReader, RingWriter, forget_pictures
from models.media.ring import DISCONTINUITY, KEY, Entry, size_of
from models.messages.media import Lease
from tests.clock import Clock


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


# -------------------------------------------------------------------- on a clock that the test sets
@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rings, "time", clock)
    return clock


class Bell:
    """In place of a writer's socket: ``refuse`` says what is raised for which address."""

    def __init__(self, **refuse: OSError) -> None:
        self.refuse, self.rung = refuse, list[str]()

    def sendto(self, data: bytes, address: str) -> None:
        assert len(data) == 1
        if (error := self.refuse.get(Path(address).name)) is not None:
            raise error
        self.rung.append(Path(address).name)


def fill(write: RingWriter, *pts: int, key: int = 0) -> None:
    for number in pts:
        write.put(b"x", number, number, flags=KEY if number == key else 0)


def test_a_ring_is_a_private_file_of_the_size_that_it_needs(places: tuple[Path, Path]) -> None:
    before, _ = writer(places), writer(places)
    write = writer(places)
    assert write.path == places[0] / "video"
    assert (write.name, write.largest) == ("video", 1000)
    status = write.path.stat()
    assert (status.st_size, stat.S_IMODE(status.st_mode)) == (size_of(8 * 1000, 16), 0o600)
    assert [path.name for path in places[0].iterdir()] == ["video"]
    assert write.ring.epoch > before.ring.epoch > 0
    assert not write._socket.getblocking()


def test_lives_of_one_moment_are_told_apart(places: tuple[Path, Path], clock: Clock) -> None:
    epochs = {writer(places).ring.epoch for _ in range(20)}
    assert len(epochs) > 10
    assert all(0 < epoch < 2**63 for epoch in epochs)
    assert {epoch // 4096 for epoch in epochs} == {clock.ns // 1000 % 2**51}


def test_no_other_error_is_taken_for_a_full_memory(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "posix_fallocate", broken)
    with pytest.raises(OSError, match="broken"):
        writer(places)
    assert not list(places[0].iterdir())


def test_a_file_that_is_there_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "video.1").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        rings._make_file(tmp_path / "video.1", 100)
    assert (tmp_path / "video.1").read_bytes() == b"mine"


def test_a_new_reader_is_rung_at_once(places: tuple[Path, Path], clock: Clock) -> None:
    write = writer(places)
    first = RingReader(*places, "video")
    bell = write._socket = Bell()  # type: ignore[assignment]
    os.utime(write._bells, ns=(1, 1))
    write.ring_bell()
    second = RingReader(*places, "video")
    write.ring_bell()
    names = [reader._bell_path.name for reader in (first, second)]
    assert bell.rung[0] == names[0]
    assert sorted(bell.rung[1:]) == sorted(names)
    assert len(set(names)) == 2


def test_a_reader_that_came_in_the_same_tick_is_looked_for_now_and_then(
    places: tuple[Path, Path], clock: Clock
) -> None:
    write = writer(places)
    first = RingReader(*places, "video")
    bell = write._socket = Bell()  # type: ignore[assignment]
    write.ring_bell()
    tick = write._bells.stat().st_mtime_ns
    second = RingReader(*places, "video")
    os.utime(write._bells, ns=(tick, tick))
    names = [reader._bell_path.name for reader in (first, second)]
    clock.now += rings.LOOK_FOR_READERS_S
    write.ring_bell()
    assert bell.rung == [names[0]] * 2
    clock.now += 0.01
    write.ring_bell()
    assert sorted(bell.rung[2:]) == sorted(names)


def test_a_reader_that_was_told_already_is_in_nobodys_way(places: tuple[Path, Path], clock: Clock) -> None:
    write = writer(places)
    readers = sorted(RingReader(*places, "video")._bell_path.name for _ in range(3))
    bell = write._socket = Bell(**{readers[0]: BlockingIOError(), readers[1]: ConnectionRefusedError()})  # type: ignore[assignment]
    looked = write._bells
    write._readers, write._looked = [str(looked / name) for name in readers], clock.now
    write.ring_bell()
    assert bell.rung == [readers[2]]
    assert sorted(path.name for path in looked.iterdir()) == [readers[0], readers[2]]
    late = RingReader(*places, "video")
    bell.refuse = {}
    write.ring_bell()  # somebody is gone: looked for at once
    assert sorted(bell.rung[1:]) == sorted([readers[0], readers[2], late._bell_path.name])
    (looked / readers[2]).unlink()
    bell.refuse = {readers[2]: FileNotFoundError()}
    write.ring_bell()


def test_a_writer_is_looked_for_now_and_then(places: tuple[Path, Path], clock: Clock) -> None:
    read = RingReader(*places, "video")
    assert read.take_newest() is None
    write = writer(places)
    fill(write, 1, 2)
    assert (entry := read.take_next()) is not None, "who has none looks each time"
    assert (entry.pts, entry.flags) == (1, 0)
    fill(writer(places), 11, 12, 13)
    assert (entry := read.take_next()) is not None
    assert entry.pts == 2, "what is left of the former life"
    assert read.take_next() is None
    assert (entry := read.peek()) is not None
    assert entry.pts == 2
    clock.now += rings.LOOK_FOR_WRITER_S
    entries = [read.take_next() for _ in range(4)]
    assert [entry and (entry.pts, entry.flags) for entry in entries] == [
        (11, DISCONTINUITY),
        (12, 0),
        (13, 0),
        None,
    ]


@pytest.mark.parametrize(
    "look",
    [
        lambda read: read.peek() is not None,
        lambda read: read.nearest(1) is not None,
        lambda read: read.seek_key(),
        lambda read: read.seek_end() or read._last == 2,
    ],
)
def test_who_has_no_writer_yet_looks_each_time(
    places: tuple[Path, Path], clock: Clock, look: Callable[[RingReader], bool]
) -> None:
    read = RingReader(*places, "video")
    assert not look(read)
    first = writer(places)
    fill(first, 1, 2, key=2)
    assert look(read)
    again = writer(places)
    look(read)  # and not again at once where it has one
    assert read._reader is not None
    assert read._reader.epoch == first.ring.epoch != again.ring.epoch


def test_the_newest_is_given_out_once_and_shown_as_often_as_you_like(places: tuple[Path, Path], clock: Clock) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    assert read.take_newest() is None
    clock.now += 1
    assert read.take_newest() is None
    assert read.take_next() is None
    fill(write, 10, 20, 30)
    assert [entry and entry.pts for entry in (read.take_newest(), read.take_newest())] == [30, None]
    assert [entry and entry.pts for entry in (read.peek(), read.peek(), read.nearest(14), read.nearest(16))] == [
        30,
        30,
        10,
        20,
    ]
    fill(write, 40)
    assert [entry and entry.pts for entry in (read.take_next(), read.take_next())] == [40, None]


def test_a_reader_seeks(places: tuple[Path, Path], clock: Clock) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    fill(write, 1, 2)
    assert read.seek_key() is False
    fill(write, 3, 4, key=3)
    assert read.seek_key() is True
    assert [entry and entry.pts for entry in (read.take_next(), read.take_next(), read.take_next())] == [3, 4, None]
    fill(write, 5)
    read.seek_end()
    assert read.take_next() is None
    fill(write, 6)
    assert (entry := read.take_next()) is not None
    assert entry.pts == 6


def test_nothing_and_a_ring_that_is_just_being_made_are_no_error(places: tuple[Path, Path], clock: Clock) -> None:
    read = RingReader(*places, "video")
    for content in (None, b"", bytes(4096)):
        if content is not None:
            (places[0] / "video").write_bytes(content)
        assert (read.peek(), read.nearest(1), read.seek_key()) == (None, None, False)


def test_a_closed_reader_and_writer_leave_nothing_behind(places: tuple[Path, Path]) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    assert read._bell_path.parent == places[1] / "bells" / "video"
    assert read._bell_path.name.startswith(f"{os.getpid()}.")
    assert not read._socket.getblocking()
    read.close()
    assert read._socket.fileno() < 0
    assert list(read._bell_path.parent.iterdir()) == []
    read.close()
    write.close()
    assert (write._socket.fileno(), write._file.closed) == (-1, True)
    assert list(places[0].iterdir()) == []
    write.close()


async def test_waiting_is_bounded_and_what_rang_before_is_forgotten(places: tuple[Path, Path]) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    for _ in range(3):
        write.ring_bell()
    assert await read.newest(0.001) is None
    assert read.wait_newest(0.0) is None
    assert read.wait_next(0.0) is None
    write.ring_bell()
    assert read.wait_next(0.001) is None
    with pytest.raises(BlockingIOError):
        read._socket.recv(1)
    fill(write, 1, 2)
    assert (entry := read.wait_next(0.0)) is not None
    assert entry.pts == 1
    assert (entry := await read.newest(0.0)) is not None
    assert entry.pts == 2


@pytest.mark.parametrize(("in_order", "expected"), [(True, list(range(1, 8))), (False, [7])])
async def test_a_follower_catches_up_before_it_waits(
    places: tuple[Path, Path], in_order: bool, expected: list[int]
) -> None:
    read, write = RingReader(*places, "video"), writer(places)
    fill(write, *range(1, 8))
    got: list[int] = []
    following = asyncio.create_task(read.follow(lambda entry: got.append(entry.pts), in_order))
    await asyncio.sleep(0)
    assert got == expected
    following.cancel()
    await asyncio.wait([following])
    assert following.cancelled()
    assert not asyncio.get_running_loop().remove_reader(read._socket)


def test_pictures_can_be_forgotten_though_somebody_reads_and_writes(places: tuple[Path, Path]) -> None:
    write, read = writer(places), RingReader(*places, "video")
    sound = RingWriter(*places, "pcm", largest=1000, records=6, slots=16)
    sound.put(b"heard", 1, 1)
    for number in range(1, 4):
        write.put(b"seen", number, number, flags=KEY)
    entry = read.peek()
    assert entry is not None
    assert read.holds(entry)
    (places[0] / "jpeg.1.1").write_bytes(b"")  # one that is just being made
    (places[0] / "frames").symlink_to("/proc/0/fd/9")  # the memory of a writer that is gone
    forget_pictures(places[0])
    assert (read.peek(), read.nearest(2), read.take_next(), read.seek_key()) == (None, None, None, False)
    assert not read.holds(entry)
    write.put(b"new", 4, 4)
    newest = read.take_next()
    assert newest is not None
    assert (newest.data, newest.sequence) == (b"new", 4)
    heard = RingReader(*places, "pcm").peek()
    assert heard is not None
    assert heard.data == b"heard"
