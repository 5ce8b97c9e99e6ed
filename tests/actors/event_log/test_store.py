"""What is written, and what it means to write it twice."""

import sqlite3
from pathlib import Path

import pytest

from actors.event_log import limits
from actors.event_log import store as store_module
from actors.event_log.queries import Queries
from actors.event_log.store import Store, WriteRequest
from models.events import EVENT_TYPES, VISITS
from models.messages.event_log import QueryBuckets, QueryEvents
from tests.actors.event_log.events import NOW, detection, one_of_each

LATER = NOW + 10**9


def ids(store: Store, *orders: WriteRequest) -> list[int]:
    return [written.event.event_id for written in store.record(orders)]


def test_ids_rise_from_one(store: Store) -> None:
    assert ids(store, *(WriteRequest(detection()) for _ in range(3))) == [1, 2, 3]


def test_a_known_uid_gives_the_event_as_it_was(store: Store, queries: Queries) -> None:
    first = detection()
    [one] = store.record([WriteRequest(first)])
    [two] = store.record([WriteRequest(first)])
    assert (one.new, two.new) == (True, False)
    assert one.event == two.event
    assert queries.range().total_events == 1


def test_the_same_uid_twice_in_one_batch(store: Store, queries: Queries) -> None:
    same = detection()
    assert ids(store, WriteRequest(same), WriteRequest(same), WriteRequest(detection())) == [1, 1, 2]
    assert queries.range().total_events == 2


def test_without_history_there_is_an_id_and_no_row(store: Store, queries: Queries) -> None:
    unkept = detection()
    [written] = store.record([WriteRequest(unkept, keep=False)])
    assert (written.event.id, written.event.event_id) == (0, 1)
    assert ids(store, WriteRequest(unkept, keep=False), WriteRequest(detection())) == [1, 2]
    assert queries.range().total_events == 1


def test_ids_go_on_after_a_clear_and_a_restart(store: Store, queries: Queries, tmp_path: Path) -> None:
    kept = [detection() for _ in range(5)]
    store.record([WriteRequest(one) for one in kept])
    assert store.clear() == 5
    assert queries.range().min_timestamp is None
    store.close()
    again = Store(tmp_path)
    assert ids(again, WriteRequest(detection())) == [6]
    # A sender that has not heard our answer asks again: what was cleared does not come back.
    assert ids(again, WriteRequest(kept[2])) == [3]
    assert Queries(again.path).range().total_events == 1


def test_ids_go_on_after_the_loss_of_the_database(store: Store, tmp_path: Path) -> None:
    store.record([WriteRequest(detection()) for _ in range(5)])
    store.close()
    for path in tmp_path.glob("events.db*"):
        path.unlink()
    [first] = ids(Store(tmp_path), WriteRequest(detection()))
    assert first > 5


def test_a_commit_is_in_the_file_when_it_returns(store: Store) -> None:
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with store._engine.connect() as ours:
        assert ours.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    ids(store, WriteRequest(detection()))
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)


def test_the_end_of_a_visit(store: Store, queries: Queries) -> None:
    visit = detection("OBJECT_PERSON", NOW, objectClass="person", confidence=70, eventType="appeared")
    store.record([WriteRequest(visit)])
    ended = store.end(visit.uid, NOW + 8000, {"boxes": 3}, 91)
    assert ended is not None
    event, new = ended
    assert new
    assert event.phase == "disappeared"
    assert event.metadata == {"trackId": 7, "boxes": 3, "endTimestamp": NOW + 8000, "durationMs": 8000}
    assert (event.confidence, event.details["confidence"]) == (91, 91)
    assert store.end(visit.uid, NOW + 9000, {}, 99) == (event, False)
    [row] = queries.page(QueryEvents(1), LATER).events
    assert row.details == {"objectClass": "person", "confidence": 91, "eventType": "appeared"}
    assert store.end("unknown", NOW, {}, None) is None


# ---------------------------------------------------------------- questions


def test_the_newest_are_chosen_and_come_ascending(store: Store, queries: Queries) -> None:
    store.record([WriteRequest(detection(timestamp=NOW + n)) for n in (3, 1, 4, 1, 5, 9, 2, 6)])
    page = queries.page(QueryEvents(1, limit=3), LATER)
    assert [event.timestamp - NOW for event in page.events] == [5, 6, 9]
    assert page.summary == (("MOTION", 8, NOW + 9),)
    first = page.events[0]
    more = queries.page(QueryEvents(1, limit=3, before=(first.timestamp, first.event_id), summary=False), LATER)
    assert [event.timestamp - NOW for event in more.events] == [2, 3, 4]
    assert more.summary == ()


def test_events_of_the_same_moment_are_all_paged(store: Store, queries: Queries) -> None:
    store.record([WriteRequest(detection(timestamp=NOW)) for _ in range(7)])
    seen: list[int] = []
    before = None
    while events := queries.page(QueryEvents(1, limit=2, before=before), LATER).events:
        seen += [event.event_id for event in events]
        before = (events[0].timestamp, events[0].event_id)
    assert sorted(seen) == list(range(1, 8))


def test_nothing_from_the_future_and_nothing_before(store: Store, queries: Queries) -> None:
    store.record([WriteRequest(detection(timestamp=NOW + n)) for n in (0, 10, 20)])
    page = queries.page(QueryEvents(NOW + 5), NOW + 15)
    assert [event.timestamp for event in page.events] == [NOW + 10]
    assert page.summary == (("MOTION", 1, NOW + 10),)
    assert queries.page(QueryEvents(NOW, until=NOW + 5), LATER).summary == (("MOTION", 1, NOW),)


def test_types_and_the_servers_own_history(store: Store, queries: Queries) -> None:
    store.record([WriteRequest(one) for one in one_of_each()])
    store.record(
        [WriteRequest(detection("SYSTEM_RESTART", NOW + 50)), WriteRequest(detection("SYSTEM_STORAGE", NOW + 60))]
    )

    def types(**query: object) -> list[str]:
        return [event.type for event in queries.page(QueryEvents(1, **query), LATER).events]  # type: ignore[arg-type]

    assert types() == list(EVENT_TYPES)
    assert types(types=("BABY_CRY", "MOTION")) == ["MOTION", "BABY_CRY"]
    assert types(types=("SYSTEM",)) == ["SYSTEM_RESTART", "SYSTEM_STORAGE"]
    assert types(types=("SYSTEM_STORAGE",)) == ["SYSTEM_STORAGE"]
    assert types(system=True) == [*EVENT_TYPES, "SYSTEM_RESTART", "SYSTEM_STORAGE"]
    assert queries.range().total_events == len(EVENT_TYPES)
    last_two = len(EVENT_TYPES) - 2
    assert [len(queries.after(last_two, 10, system)) for system in (False, True)] == [2, 4]
    assert store.clear() == len(EVENT_TYPES)


def test_buckets(store: Store, queries: Queries) -> None:
    minute = 60_000
    start = NOW - NOW % minute
    moments = [("MOTION", 0), ("MOTION", 59_999), ("DOG_BARK", 30_000), ("MOTION", 60_000), ("MOTION", 300_000)]
    store.record([WriteRequest(detection(kind, start + offset)) for kind, offset in moments])
    found = queries.buckets(QueryBuckets(start + 500, start + 200_000, minute), LATER)
    assert found.buckets == (
        (start, (("MOTION", 1), ("DOG_BARK", 1))),
        (start + minute, (("MOTION", 1),)),
    )
    assert (found.start, found.end) == (start, start + 200_000)


def test_buckets_come_in_pages(store: Store, queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    minute = 60_000
    start = NOW - NOW % minute
    moments = [("MOTION", 20_000 * n) for n in range(12)] + [("DOG_BARK", 120_000 + n) for n in range(7)]
    store.record([WriteRequest(detection(kind, start + offset)) for kind, offset in moments])
    whole = queries.buckets(QueryBuckets(start, LATER, minute), LATER)
    assert whole.next == 0
    monkeypatch.setattr(limits, "BUCKET_ROWS", 4)
    pages, since = [], start + 1
    while since:
        pages.append(queries.buckets(QueryBuckets(since, LATER, minute), LATER))
        since = pages[-1].next
    first = (start, (("MOTION", 2),))
    assert [bucket for page in pages for bucket in page.buckets] == [first, *whole.buckets[1:]]
    assert [len(page.buckets) for page in pages] == [1, 1, 1, 1]
    assert all(page.end == LATER for page in pages)


def test_statistics(store: Store, queries: Queries) -> None:
    store.record([WriteRequest(one) for one in one_of_each()])
    stats = queries.stats()
    assert stats.events_by_type == tuple((kind, 1) for kind in EVENT_TYPES)
    assert (stats.min_timestamp, stats.max_timestamp) == (NOW, NOW + len(EVENT_TYPES) - 1)
    assert stats.database_bytes > 4096
    assert stats.device_total_bytes > stats.device_available_bytes > 0


def test_export(store: Store, queries: Queries) -> None:
    store.record([WriteRequest(one, thumbnail=n == 0) for n, one in enumerate(one_of_each())])
    last, most = len(EVENT_TYPES), len(EVENT_TYPES) - 2
    first = queries.csv(0, most, system=False)
    rest = queries.csv(first.last_id, most, system=False)
    assert (first.last_id, rest.last_id) == (most, last)
    assert queries.csv(last, most, system=False) == type(first)("", 0)
    line = first.text.split("\r\n")[0]
    assert line == (
        f'1,MOTION,{NOW},,"{{""changedPercent"":12.5,""width"":1280,""height"":720}}",'
        '0,1280x720,30,101,,thumbnails/1.jpg,"{""trackId"":7}"'
    )


# ---------------------------------------------------------------- room


def test_old_events_go_in_small_steps(store: Store, queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRIM_ROWS", 4)
    store.record([WriteRequest(detection(timestamp=NOW + n)) for n in range(10)])
    assert [store.trim(NOW + 6) for _ in range(3)] == [4, 2, 0]
    assert queries.range().total_events == 4
    assert store.oldest_picture() == 7


def test_a_database_that_is_too_large_loses_its_oldest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRIM_ROWS", 50)
    store.record([WriteRequest(detection()) for _ in range(1000)])
    monkeypatch.setattr(limits, "DATABASE_MAX_BYTES", store.size() * 4 // 5)
    while store.trim(before=0):
        pass
    assert store.size() <= limits.DATABASE_MAX_BYTES
    assert 100 < store.oldest_picture() < 800


def test_space_is_given_back(store: Store) -> None:
    store.record([WriteRequest(detection()) for _ in range(2000)])
    store.give_back()
    large = store.path.stat().st_size
    store.clear()
    store.give_back()
    assert store.path.stat().st_size < large * 0.7  # the rest are receipts


def test_the_reserve(store: Store, tmp_path: Path) -> None:
    assert store.keep_reserve()
    assert (tmp_path / "events.reserve").stat().st_size == limits.RESERVE_BYTES
    store.record([WriteRequest(detection())])
    assert store.make_room() == "the disk is full: the reserved space is now in use"
    assert not (tmp_path / "events.reserve").exists()
    assert store.oldest_picture() == 1


def free(monkeypatch: pytest.MonkeyPatch, *values: int) -> None:
    """Bytes that are free at each look; the last for good."""
    left = list(values)
    monkeypatch.setattr(store_module, "free", lambda _folder: left.pop(0) if len(left) > 1 else left[0])


def pictures(folder: Path, count: int, thumbnails: str = "thumbnails") -> list[Path]:
    (folder / thumbnails).mkdir()
    made = [folder / thumbnails / f"{number}.jpg" for number in range(1, count + 1)]
    for path in made:
        path.write_bytes(b"jpeg")
    return made


def test_a_disk_that_another_program_filled_costs_no_more_than_makes_room(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record([WriteRequest(detection()) for _ in range(250)])
    made = pictures(tmp_path, 50)
    free(monkeypatch, 0, limits.FULL_FREE_BYTES)
    assert store.make_room() == "the disk is full: the oldest 40 pictures and 0 events were deleted"
    assert [path for path in made if path.exists()] == made[40:]
    assert store.oldest_picture() == 1


def test_large_pictures_go_before_their_thumbnails_and_these_before_events(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record([WriteRequest(detection()) for _ in range(50)])
    small, large = pictures(tmp_path, 50), pictures(tmp_path, 30, "pictures")
    free(monkeypatch, 0, 0, limits.FULL_FREE_BYTES)
    assert store.make_room() == "the disk is full: the oldest 50 pictures and 0 events were deleted"
    assert not any(path.exists() for path in large)
    assert [path for path in small if path.exists()] == small[20:]


def test_where_pictures_do_not_make_room_the_oldest_events_go(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record([WriteRequest(detection()) for _ in range(250)])
    pictures(tmp_path, 5)
    free(monkeypatch, 0, 0, 0, limits.FULL_FREE_BYTES)
    assert store.make_room() == "the disk is full: the oldest 5 pictures and 200 events were deleted"
    assert store.oldest_picture() == 201


def test_a_quota_is_not_seen_and_costs_one_step(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.record([WriteRequest(detection()) for _ in range(250)])
    free(monkeypatch, 1 << 40)
    assert store.make_room() == "the disk is full: the oldest 0 pictures and 100 events were deleted"
    assert store.oldest_picture() == 101


def test_questions_read_indices(store: Store) -> None:
    """The plan of each question: an index, and no sorting of the table."""
    with store._engine.connect() as connection:
        for sql in (
            "SELECT * FROM event WHERE system IS 0 AND timestamp >= 1 ORDER BY timestamp DESC, id DESC LIMIT 10",
            "SELECT * FROM event WHERE type = 'MOTION' AND timestamp >= 1 ORDER BY timestamp DESC, id DESC LIMIT 10",
            "SELECT * FROM event WHERE id > 5 AND CAST(system AS INTEGER) = 0 ORDER BY id LIMIT 10",
            "SELECT count(*), max(timestamp) FROM event WHERE type = 'MOTION' AND timestamp >= 1",
        ):
            plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
            assert "USING" in plan, plan
            assert "INDEX" in plan or "PRIMARY KEY" in plan, plan
            assert "TEMP B-TREE" not in plan, plan


def test_a_picture_that_is_gone_is_not_promised(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.record([WriteRequest(detection(), thumbnail=True), WriteRequest(detection(), thumbnail=True)])
    (tmp_path / "thumbnails").mkdir()
    (tmp_path / "thumbnails" / "2.jpg").write_bytes(b"x")
    queries = Queries(tmp_path / "events.db")
    assert [event.thumbnail for event in queries.after(0, 10, system=False)] == [False, True]
    queries.close()
    store.close()


def test_pictures_stay_as_long_as_their_events(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.record([WriteRequest(detection()) for _ in range(3)])
    assert store.oldest_picture() == 1
    (tmp_path / "events.db.broken-20260101-000000-1").write_bytes(b"x")
    store.clear()  # and what was set aside
    assert store.oldest_picture() == 4
    (tmp_path / "events.db.broken-20260101-000000-1").write_bytes(b"x")
    assert store.oldest_picture() == 0
    store.close()


def test_a_visit_whose_detector_was_killed_is_ended(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old, ended, left, other = (
        detection("OBJECT_PERSON", NOW - limits.VISIT_MS - 1),
        detection("OBJECT_DOG", NOW - 9_000),
        detection("OBJECT_PERSON", NOW - 8_000),
        detection("MOTION", NOW - 7_000),
    )
    later = detection("OBJECT_DOG", NOW + 1)
    store.record([WriteRequest(one) for one in (old, ended, left, other, later)])
    store.end(ended.uid, NOW - 5_000, {}, None)
    for _ in range(2):  # asked again: told again
        [event] = store.end_former(VISITS, NOW)
        assert (event.event_id, event.phase) == (3, "disappeared")
        assert event.metadata == {"trackId": 7, "endEstimated": True, "endTimestamp": NOW, "durationMs": 8_000}
    assert store.end_former(VISITS, NOW + 50_000)[0].event_id == 5
    store.close()


def test_after_a_time_without_the_program_it_lasted_at_least_until_the_last_event(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.record([WriteRequest(detection("OBJECT_PERSON", NOW)), WriteRequest(detection("MOTION", NOW + 4_000))])
    [event] = store.end_former(VISITS)
    assert (event.metadata["endTimestamp"], event.metadata["durationMs"]) == (NOW + 4_000, 4_000)
    only = detection("OBJECT_DOG", NOW + 9_000)
    store.record([WriteRequest(only)])
    assert store.end_former(VISITS)[-1].metadata["durationMs"] == 0
    store.close()
