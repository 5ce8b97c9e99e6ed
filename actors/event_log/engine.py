"""Opens the event database: durable, checked, and set aside if it is damaged."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import configure_mappers
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from actors.event_log import limits
from config.migration import UnfitError, additive, migrate
from models import event_tables

STEPS = (additive, additive)  # 1: release 0.1.0, which wrote no version; 2: clips
CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
SIDE_FILES = ("", "-wal", "-shm")
# FULL: the log is on disk before a commit returns, so an acknowledged event survives a power failure.
PRAGMAS = (
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = FULL",
    "busy_timeout = 5000",
    "cache_size = -4096",
    # A small log that stays: deletions need its space when there is no other.
    "wal_autocheckpoint = 256",
    "journal_size_limit = 1048576",
    "temp_store = MEMORY",
)


def engine(path: Path) -> Engine:
    """One connection, for one thread at a time."""
    made = create_engine(f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return made


def open_database(path: Path) -> tuple[Engine, str]:
    """A database with the tables of this version, and a sentence if it was migrated.

    Raises:
        DatabaseError: it is corrupt, or cannot be opened; see ``is_corrupt``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = engine(path)
    try:
        said = _migrate(made, path)
    except sqlite3.DatabaseError as error:  # bypasses SQLAlchemy, which would have wrapped it
        made.dispose()
        raise DatabaseError("migrate", None, error) from error
    except BaseException:
        made.dispose()
        raise
    os.chmod(path, 0o600)
    return made, said


def _migrate(made: Engine, path: Path) -> str:
    connection = made.raw_connection()
    try:
        assert isinstance(connection.driver_connection, sqlite3.Connection)
        return migrate(connection.driver_connection, path, schema(), STEPS)
    finally:
        connection.close()


def prepare() -> None:
    """Do what SQLAlchemy computes at its first use, which needs no database."""
    configure_mappers()
    schema()


def schema() -> str:
    """The statements that make a new database."""
    made = event_tables.EventRow.metadata.sorted_tables
    statements = [CreateTable(table) for table in made] + [
        CreateIndex(index) for table in made for index in table.indexes
    ]
    return ";\n".join(str(statement.compile(dialect=sqlite.dialect())) for statement in statements)


def is_corrupt(error: DatabaseError) -> bool:
    """Whether it is permanently unusable."""
    return _code(error) in CORRUPT or isinstance(error.orig, UnfitError)


def is_incomplete(error: DatabaseError) -> bool:
    """Whether a table or column is missing, which reopening adds."""
    return "no such table" in str(error.orig) or "no such column" in str(error.orig)


def is_full(error: DatabaseError) -> bool:
    return _code(error) == sqlite3.SQLITE_FULL


def _code(error: DatabaseError) -> int:
    # Extended result codes carry the primary one in their low byte.
    return int(getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF


def fault(path: Path) -> str:
    """What SQLite's own check finds; "" for an intact database. Reads the whole file, concurrently with writers."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in CORRUPT:
            return str(error)
        raise
    return "" if found == "ok" else str(found)


def set_aside(path: Path) -> Path:
    """Move a damaged database and its side files aside; returns the new path. Only the newest few are kept."""
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    for suffix in SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    kept = sorted(p for p in path.parent.glob(f"{path.name}.broken-*") if not p.name.endswith(SIDE_FILES[1:]))
    for old in kept[: -limits.ASIDE_KEPT]:
        for suffix in SIDE_FILES:
            Path(f"{old}{suffix}").unlink(missing_ok=True)
    return aside
