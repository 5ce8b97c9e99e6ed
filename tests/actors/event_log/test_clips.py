"""Clips in the event log: stored once, found again, deleted by age, size and room, kept ones never."""

import errno
import os
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from actors.event_log import clips as clips_module
from actors.event_log import limits
from actors.event_log.queries import Queries
from actors.event_log.store import Store, WriteRequest
from models.clips import EXPIRED, Clip
from models.errors import Unavailable
from models.messages.event_log import QueryClips
from tests.actors.event_log.events import NOW, detection

GB = 1 << 30
FOREVER = 0


def clip(number: int, *events: int, **about: object) -> Clip:
    made = Clip(
        f"{number:024x}", "event", NOW + number * 10_000, 9000, 4000, NOW + number * 10_000 + 4000, ("MOTION",), events,
        1000, 640, 360, "avc1.4D401F", True, f"clips/{number:024x}.mp4", written=2500, parts=((10, 20, 30),),
    )  # fmt: skip
    return replace(made, **about)  # type: ignore[arg-type]


def record(store: Store, *made: Clip) -> None:
    for one in made:
        path = store.path.parent / one.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * one.bytes)
        store.clips.record(one)


def listed(queries: Queries, **how: object) -> list[int]:
    return [int(one.id, 16) for one in queries.clips.page(QueryClips(**how), NOW + 10**9)]  # type: ignore[arg-type]


def test_a_clip_comes_back_as_it_was(store: Store, queries: Queries) -> None:
    record(store, clip(1, 3, 4))
    assert queries.clips.get(clip(1).id) == clip(1, 3, 4)
    assert queries.clips.get("0" * 24) is None


def test_told_twice_it_is_stored_once_and_its_bytes_are_counted_once(store: Store, queries: Queries) -> None:
    assert store.clips.record(clip(1)) is True
    assert store.clips.record(clip(1)) is False
    record(store, clip(2))
    space = queries.clips.space(GB)
    assert (space.clips, space.used) == (2, 2000)
    assert space.written == ((time.strftime("%Y-%m-%d"), 5000),)


def test_an_event_names_its_first_clip_until_that_is_gone(store: Store, queries: Queries) -> None:
    store.record([WriteRequest(detection()) for _ in range(3)])
    record(store, clip(1, 1, 2), clip(2, 2, 3))
    found = [queries.event(event_id) for event_id in (1, 2, 3)]
    assert [event.clip for event in found if event] == [clip(1).id, clip(1).id, clip(2).id]
    assert store.clips.remove((clip(1).id,)) == 1
    found = [queries.event(event_id) for event_id in (1, 2, 3)]
    assert [event.clip for event in found if event] == [EXPIRED, EXPIRED, clip(2).id]


def test_questions_by_time_and_type(store: Store, queries: Queries) -> None:
    record(store, clip(1), clip(2, types=("DOG_BARK", "MOTION")), clip(3, kind="manual", types=("MANUAL",)))
    record(store, clip(4, kind="continuous", types=()))
    assert listed(queries) == [1, 2, 3]
    assert listed(queries, types=("DOG_BARK",)) == [2]
    assert listed(queries, types=("MANUAL", "DOG_BARK")) == [2, 3]
    assert listed(queries, types=("CONTINUOUS",)) == [4]
    assert listed(queries, since=NOW + 25_000) == [2, 3]
    assert listed(queries, until=NOW + 15_000) == [1]
    assert listed(queries, limit=2) == [2, 3]


def test_one_whose_file_is_gone_is_not_listed(store: Store, queries: Queries) -> None:
    record(store, clip(1), clip(2), clip(3))
    (store.path.parent / clip(2).path).unlink()
    assert listed(queries) == [1, 3]
    assert listed(queries, limit=2) == [1, 3], "a page is short only where there are no more"


def test_one_that_cannot_be_deleted_stays_listed(
    store: Store, queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, clip(1), clip(2))
    unlink = Path.unlink

    def read_only(path: Path, **how: bool) -> None:
        if path.stem == clip(1).id:
            raise OSError(errno.EROFS, "Read-only file system")
        unlink(path, **how)

    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(Unavailable, match="The file cannot be deleted: Read-only file system"):
        store.clips.remove((clip(1).id,))
    assert store.clips.remove((clip(1).id, clip(2).id)) == 1
    assert listed(queries) == [1]


def test_the_oldest_go_by_age_and_by_size_and_kept_ones_never(store: Store, queries: Queries) -> None:
    record(store, *(clip(number, bytes=100) for number in range(1, 11)))
    store.clips.keep(clip(2).id, True)
    (store.path.parent / clip(1).path).with_suffix(".json").write_text("[]")
    assert store.clips.trim(NOW + 35_000, GB) == (1, True)  # of three that are so old one is kept, one not over
    assert listed(queries) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert store.clips.trim(FOREVER, 400) == (5, True)
    assert listed(queries) == [2, 8, 9, 10]
    assert store.clips.trim(FOREVER, 300, 100) == (2, True)
    assert listed(queries) == [2, 10]
    assert sorted(path.stem for path in (store.path.parent / "clips").iterdir()) == [clip(2).id, clip(10).id]
    assert store.clips.trim(FOREVER, 50) == (0, False), "none goes in vain: what is left may not go"


def test_many_go_in_steps_so_that_events_are_stored_meanwhile(
    store: Store, queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CLIPS_AT_ONCE", 3)
    record(store, *(clip(number, bytes=100) for number in range(1, 16)))
    assert [store.clips.trim(FOREVER, 1000) for _ in range(3)] == [(3, False), (2, True), (0, True)]
    assert [store.clips.trim(NOW + 105_000, GB) for _ in range(3)] == [(3, True), (1, True), (0, True)]
    assert listed(queries) == [10, 11, 12, 13, 14, 15]
    assert [store.clips.clear() for _ in range(3)] == [3, 3, 0]


def test_the_oldest_go_while_the_disk_is_full(store: Store, queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    record(store, *(clip(number) for number in range(1, 6)))
    monkeypatch.setattr(clips_module, "stays_free", lambda _: 5000)
    monkeypatch.setattr(
        clips_module, "free", lambda folder: 2000 + 1000 * (5 - len(list((folder / "clips").iterdir())))
    )
    assert store.clips.trim(FOREVER, GB) == (3, True)
    assert listed(queries) == [4, 5]
    assert store.clips.trim(FOREVER, GB, 9000) == (0, False), "none goes in vain"
    assert listed(queries) == [4, 5]


def test_cleared_with_the_history_but_for_kept_ones(store: Store, queries: Queries) -> None:
    record(store, *(clip(number) for number in range(1, 4)))
    store.clips.keep(clip(2).id, True)
    assert store.clips.clear() == 2
    assert listed(queries) == [2]


def test_files_that_nobody_knows_go_after_an_hour(store: Store) -> None:
    record(store, clip(1))
    folder = store.path.parent / "clips"
    (folder / "open").mkdir()
    for name in ("stray.mp4", "fresh.mp4"):
        (folder / name).write_bytes(b"x")
    long_ago = time.time() - limits.STRAY_S - 1
    for name in ("stray.mp4", f"{clip(1).id}.mp4"):
        os.utime(folder / name, (long_ago, long_ago))
    store.clips.sweep()
    assert sorted(path.name for path in folder.iterdir()) == [f"{clip(1).id}.mp4", "fresh.mp4", "open"]


def test_a_database_of_format_1_gets_clips_and_keeps_its_events(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.record([WriteRequest(detection())])
    store.close()
    with sqlite3.connect(tmp_path / "events.db") as connection:
        connection.execute("DROP TABLE clip")
        connection.execute("ALTER TABLE event DROP COLUMN clip")
        connection.execute("PRAGMA user_version = 1")
    store = Store(tmp_path)
    assert "format 2" in store.said
    queries = Queries(store.path)
    event = queries.event(1)
    assert event is not None
    assert event.clip == ""
    record(store, clip(1, 1))
    event = queries.event(1)
    assert event is not None
    assert event.clip == clip(1).id
    queries.close()
    store.close()
