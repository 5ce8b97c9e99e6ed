"""Broken files and full disks: the program goes on, and says so."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from actors.event_log import engine, limits
from actors.event_log.database import EventDatabase
from actors.event_log.group_commit import GroupCommit
from actors.event_log.store import Store, WriteRequest
from actors.runtime.worker import SerialExecutor
from models.errors import Unavailable
from models.events import Event
from tests.actors.event_log.events import detection

Make = Callable[[], EventDatabase]
notes: list[str] = []


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    notes.clear()
    write, read = SerialExecutor("write"), SerialExecutor("read")
    made: list[EventDatabase] = []

    def event_database() -> EventDatabase:
        made.append(EventDatabase(tmp_path, write, read, notes.append))
        return made[-1]

    yield event_database
    for one in made:
        one.close()
    write.stop()
    read.stop()


async def record(event_database: EventDatabase) -> Event:
    [written] = await event_database.write(lambda store: store.record([WriteRequest(detection())]))
    return written.event


async def count(event_database: EventDatabase) -> int:
    return (await event_database.read(lambda queries: queries.range())).total_events


async def test_a_sound_database_is_kept(make: Make, tmp_path: Path) -> None:
    event_database = make()
    await event_database.open()
    await record(event_database)
    event_database.close()
    again = make()
    await again.open()
    assert await count(again) == 1
    assert notes == []


@pytest.mark.parametrize("damage", ["garbage", "middle", "empty tables", "text"])
async def test_a_broken_database_is_set_aside(make: Make, tmp_path: Path, damage: str) -> None:
    event_database = make()
    await event_database.open()
    for _ in range(300):
        last = await record(event_database)
    await event_database.write(lambda store: store.give_back())
    event_database.close()
    path = tmp_path / "events.db"
    if damage == "garbage":
        path.write_bytes(b"\xff" * 20_000)
    elif damage == "text":
        path.write_text("this is no database")
    elif damage == "middle":
        content = bytearray(path.read_bytes())
        content[8192:24_576] = b"\xaa" * 16_384
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE event")
            connection.execute("CREATE TABLE event (nonsense)")
    again = make()
    await again.open()
    fresh = await record(again)
    assert fresh.event_id > last.event_id
    assert await count(again) == 1
    [note] = notes
    assert "set aside as events.db.broken-" in note
    [aside] = [p for p in tmp_path.glob("events.db.broken-*") if not p.name.endswith(("-wal", "-shm"))]
    assert aside.name in note


async def test_damage_while_running(make: Make, tmp_path: Path) -> None:
    event_database = make()
    await event_database.open()
    for _ in range(300):
        await record(event_database)
    await event_database.write(lambda store: store.give_back())
    with (tmp_path / "events.db").open("r+b") as file:
        file.write(b"\xff" * 200_000)
    for _ in range(3):
        await record(event_database)
    assert await count(event_database) >= 0
    await record(event_database)
    assert await count(event_database) >= 1
    assert len(notes) == 1


async def test_only_a_few_broken_ones_are_kept(tmp_path: Path) -> None:
    for number in range(limits.ASIDE_KEPT + 3):
        path = tmp_path / "events.db"
        path.write_bytes(bytes([number]))
        engine.set_aside(path).rename(tmp_path / f"events.db.broken-2026010{number}-000000-1")
    path.write_bytes(b"x")
    engine.set_aside(path)
    assert len(list(tmp_path.glob("events.db.broken-*"))) == limits.ASIDE_KEPT


def full() -> OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return OperationalError("INSERT", {}, error)


async def test_a_full_disk_costs_the_reserve_then_the_oldest(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_database = make()
    await event_database.open()
    for _ in range(5):
        await record(event_database)
    monkeypatch.setattr(limits, "FULL_STEP", 2)
    real, failures = Store.record, [full()]

    def once_full(store: Store, orders: list[WriteRequest]) -> object:
        if failures:
            raise failures.pop()
        return real(store, orders)

    monkeypatch.setattr(Store, "record", once_full)
    await record(event_database)
    assert await count(event_database) == 6
    assert notes == ["the disk is full: the reserved space is now in use"]
    assert not (tmp_path / "events.reserve").exists()
    failures.append(full())
    await record(event_database)
    assert await count(event_database) == 5
    assert notes[1:] == ["the disk is full: the oldest 0 pictures and 2 events were deleted"]


async def test_a_disk_that_stays_full_is_the_senders_patience(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    event_database = make()
    await event_database.open()

    def always_full(_store: Store, _orders: object) -> object:
        raise full()

    monkeypatch.setattr(Store, "record", always_full)
    with pytest.raises(Unavailable, match="the disk is full"):
        await record(event_database)


async def test_what_waits_is_written_together(make: Make) -> None:
    import asyncio

    event_database = make()
    await event_database.open()
    sizes: list[int] = []
    tasks: set[asyncio.Task[None]] = set()
    write = event_database.write

    async def counted(job: object) -> object:
        written = await write(job)  # type: ignore[arg-type]
        sizes.append(len(written))
        return written

    event_database.write = counted  # type: ignore[method-assign, assignment]
    group_commit = GroupCommit(event_database, lambda coroutine: tasks.add(asyncio.ensure_future(coroutine)))
    written = await asyncio.gather(*(group_commit.record(WriteRequest(detection())) for _ in range(50)))
    assert sorted(one.event.event_id for one in written) == list(range(1, 51))
    assert len(sizes) <= 3


async def test_a_database_that_lacks_a_column_is_completed(make: Make, tmp_path: Path) -> None:
    event_database = make()
    await event_database.open()
    for _ in range(5):
        await record(event_database)
    event_database.close()
    with sqlite3.connect(tmp_path / "events.db") as connection:
        connection.execute("ALTER TABLE event DROP COLUMN light_level")
        connection.execute("PRAGMA user_version = 0")
    again = make()
    await again.open()
    await record(again)
    assert await count(again) == 6
    assert (await again.read(lambda queries: queries.csv(0, 10, False))).last_id
    assert notes == ["events.db is now in format 2; the previous one is kept as events.db.v0"]
    await again.write(lambda store: store.clear())
    assert not (tmp_path / "events.db.v0").exists()  # what is deleted is deleted


async def test_a_table_that_is_lost_while_running_is_made_again(make: Make, tmp_path: Path) -> None:
    event_database = make()
    await event_database.open()
    await record(event_database)
    with sqlite3.connect(tmp_path / "events.db") as connection:
        connection.execute("DROP TABLE receipt")
    await record(event_database)
    assert await count(event_database) == 2


async def test_a_newer_programs_database_is_set_aside_with_the_reason(make: Make, tmp_path: Path) -> None:
    event_database = make()
    await event_database.open()
    await record(event_database)
    event_database.close()
    with sqlite3.connect(tmp_path / "events.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    again = make()
    await again.open()
    assert (await record(again)).event_id > 1
    [note] = notes
    assert "it was written by a newer version of this program (format 99" in note
    [aside] = [p for p in tmp_path.glob("events.db.broken-*") if not p.name.endswith(("-wal", "-shm"))]
    with sqlite3.connect(aside) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)
