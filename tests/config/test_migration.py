"""SQLite stores of former, unfinished and newer versions."""

import sqlite3
from pathlib import Path

import pytest

from config.migration import Step, UnfitError, additive, copies, migrate

OLD = "CREATE TABLE thing (id INTEGER PRIMARY KEY, size TEXT NOT NULL)"
NEW = """
CREATE TABLE thing (id INTEGER PRIMARY KEY, size TEXT NOT NULL, colour TEXT NOT NULL DEFAULT 'red', note TEXT);
CREATE TABLE other (name TEXT PRIMARY KEY);
CREATE INDEX thing_by_size ON thing (size);
"""


def shorten_sizes(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE thing SET size = upper(substr(size, 1, 1))")


STEPS: tuple[Step, ...] = (additive, shorten_sizes)


def opened(path: Path, schema: str = NEW, steps: tuple[Step, ...] = STEPS) -> tuple[sqlite3.Connection, str]:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection, migrate(connection, path, schema, steps)


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """Of version 1, with what it holds still in the write-ahead log of a program that was killed."""
    path = tmp_path / "things.db"
    connection, said = opened(path, OLD, STEPS[:1])
    assert said == ""
    connection.execute("INSERT INTO thing (size) VALUES ('small')")
    connection.commit()
    return path


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_one_has_the_newest_version_and_no_copy(tmp_path: Path) -> None:
    connection, said = opened(tmp_path / "things.db")
    assert (version(connection), said, copies(tmp_path / "things.db")) == (2, "", [])


def test_steps_are_taken_and_what_is_missing_is_added(former: Path) -> None:
    connection, said = opened(former)
    assert connection.execute("SELECT * FROM thing").fetchall() == [(1, "S", "red", None)]
    assert connection.execute("SELECT * FROM other").fetchall() == []
    assert version(connection) == 2
    assert said == "things.db is now in format 2; the previous one is kept as things.db.v1"
    [copy] = copies(former)
    kept = sqlite3.connect(copy)
    assert kept.execute("SELECT size FROM thing").fetchall() == [("small",)]
    assert version(kept) == 1
    assert copy.stat().st_mode & 0o777 == 0o600


def test_opened_again_nothing_happens(former: Path) -> None:
    opened(former)[0].close()
    connection, said = opened(former)
    assert (said, version(connection), len(copies(former))) == ("", 2, 1)


def test_one_without_a_version_is_the_oldest(former: Path) -> None:
    connection = sqlite3.connect(former)
    connection.execute("PRAGMA user_version = 0")
    connection.close()
    assert opened(former)[0].execute("SELECT size FROM thing").fetchall() == [("S",)]


def test_a_step_that_fails_leaves_it_as_it_was(former: Path) -> None:
    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM thing")
        raise sqlite3.OperationalError("disk full")

    with pytest.raises(sqlite3.OperationalError):
        opened(former, NEW, (additive, fails))
    connection = sqlite3.connect(former)
    assert connection.execute("SELECT size FROM thing").fetchall() == [("small",)]
    assert version(connection) == 1


def test_only_the_last_copy_is_kept(former: Path) -> None:
    opened(former)[0].close()
    _, said = opened(former, NEW, (*STEPS, shorten_sizes))
    assert said.endswith("things.db.v2")
    assert [copy.name for copy in copies(former)] == ["things.db.v2"]


def test_without_room_for_a_copy_it_goes_on_and_says_so(former: Path) -> None:
    former.with_name("things.db.v1").mkdir()  # in the place of the copy
    connection, said = opened(former)
    assert version(connection) == 2
    assert "no copy of the previous one could be kept" in said


def test_a_lost_column_of_this_version_is_added_again(tmp_path: Path) -> None:
    path = tmp_path / "things.db"
    connection, _ = opened(path)
    connection.execute("INSERT INTO thing (size) VALUES ('L')")
    connection.commit()
    connection.execute("ALTER TABLE thing DROP COLUMN colour")
    connection.close()
    connection, said = opened(path)
    assert connection.execute("SELECT size, colour FROM thing").fetchall() == [("L", "red")]
    assert "lacked a part" in said


def test_what_cannot_be_made_up_is_no_database_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "things.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE thing (nonsense)")
    connection.close()
    with pytest.raises(UnfitError, match="no such column: size"):
        opened(path)
    with pytest.raises(UnfitError, match="the table thing has no column id"):
        opened(path, NEW, ())


def test_a_newer_one_is_left_alone(former: Path) -> None:
    opened(former)[0].close()
    with pytest.raises(UnfitError, match="a newer version"):
        opened(former, OLD, STEPS[:1])
    assert version(sqlite3.connect(former)) == 2
