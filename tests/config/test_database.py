"""Small databases that are begun anew where the former one cannot be used."""

from pathlib import Path

import pytest

from config.database import Opened, open_or_begin_anew
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
    with pytest.raises(Unavailable, match=r"outbox\.db can't be opened"):
        opened(tmp_path / "outbox.db")
    assert (tmp_path / "outbox.db").is_dir()
