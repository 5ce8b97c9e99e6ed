"""Small databases that are begun anew where the former one cannot be used."""

import sqlite3
from pathlib import Path

import pytest

from config.database import Opened, open_or_begin_anew, transaction
from models.errors import Unavailable

SCHEMA = "CREATE TABLE thing (name TEXT PRIMARY KEY)"


def opened(path: Path) -> Opened:
    return open_or_begin_anew(path, SCHEMA, ())


def test_a_new_one_is_for_us_alone(tmp_path: Path) -> None:
    connection, *said = opened(tmp_path / "room" / "outbox.db")
    assert said == ["", "", ""]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert (tmp_path / "room" / "outbox.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "room").stat().st_mode & 0o777 == 0o700


def test_a_broken_one_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"no database at all" * 100)
    connection, said, broken, why = opened(path)
    assert (said, broken, why) == ("", "outbox.db.broken", "file is not a database")
    assert connection.execute("SELECT COUNT(*) FROM thing").fetchone() == (0,)
    assert (tmp_path / "outbox.db.broken").exists()


def test_one_that_can_not_be_opened_now_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(Unavailable, match=r"outbox\.db cannot be opened"):
        opened(tmp_path / "outbox.db")
    assert (tmp_path / "outbox.db").is_dir()


def test_a_transaction_is_done_whole_or_not_at_all(tmp_path: Path) -> None:
    connection = opened(tmp_path / "outbox.db").connection

    def put(*names: str | None, synced: bool) -> None:
        with transaction(connection, synced=synced):
            connection.executemany("INSERT INTO thing VALUES (?)", [(name,) for name in names])

    put("first", synced=True)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    put("second", synced=False)
    assert connection.execute("PRAGMA synchronous").fetchone() == (1,)  # NORMAL
    with pytest.raises(sqlite3.IntegrityError):
        put("third", "first", synced=True)
    connection.close()
    rows = opened(tmp_path / "outbox.db").connection.execute("SELECT name FROM thing ORDER BY name").fetchall()
    assert rows == [("first",), ("second",)]
