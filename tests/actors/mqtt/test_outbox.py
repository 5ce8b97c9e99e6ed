import sqlite3
from pathlib import Path

import pytest

from actors.mqtt import outbox as module
from actors.mqtt.outbox import Outbox, QueuedMessage
from models.errors import Unavailable


def message(number: int, size: int = 10) -> QueuedMessage:
    return QueuedMessage(number, "events/motion", b"x" * size)


def test_in_order_and_gone_when_done(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.add([message(1), message(2)], 2)
    head = outbox.head()
    assert head is not None
    assert head.event_id == 1
    outbox.done(head.sequence)
    second = outbox.head()
    assert second is not None
    assert second.event_id == 2


def test_what_is_in_survives_and_numbers_are_never_used_twice(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.add([message(1)], 1)
    first = outbox.head()
    assert first is not None
    outbox.done(first.sequence)
    outbox.close()
    again = Outbox(tmp_path / "outbox.db")
    again.add([message(2)], 2)
    head = again.head()
    assert head is not None
    assert head.sequence > first.sequence
    assert again.recall("last_event_id") == 2


def test_it_is_bounded_and_never_drops_what_may_be_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OUTBOX_ROWS", 20)
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.add([message(number) for number in range(1, 21)], 20)
    assert outbox.add([message(21)], 21) == 2
    assert outbox.count() == 19
    head = outbox.head()
    assert head is not None
    assert head.event_id == 1


def test_it_is_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OUTBOX_BYTES", 1000)
    outbox = Outbox(tmp_path / "outbox.db")
    assert outbox.add([message(number, 100) for number in range(1, 31)], 30) == 3


def test_a_broken_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"no database at all" * 100)
    outbox = Outbox(path)
    assert (outbox.broken, outbox.why) == ("outbox.db.broken", "file is not a database")
    assert outbox.add([message(1)], 1) == 0
    assert (tmp_path / "outbox.db.broken").exists()


def test_a_file_that_can_not_be_opened_now_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(Unavailable, match="cannot be opened"):
        Outbox(tmp_path / "outbox.db")
    assert (tmp_path / "outbox.db").is_dir()


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    Outbox(tmp_path / "outbox.db").remember("pin", {"a": 1})
    assert (tmp_path / "outbox.db").stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(tmp_path / "outbox.db") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_end_of_a_visit_is_told_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    for number in (5, 5, 6):
        outbox.add_end([message(number)], 6, number)
    assert outbox.count() == 2


def test_an_end_that_could_not_be_stored_is_not_marked(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    outbox._db.execute("CREATE TRIGGER full BEFORE INSERT ON waiting BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.IntegrityError):
        outbox.add_end([message(5)], 5, 5)
    outbox._db.execute("DROP TRIGGER full")
    assert outbox.add_end([message(5)], 5, 5) == 0
    assert outbox.count() == 1
