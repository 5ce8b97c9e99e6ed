"""Small SQLite databases that their owner can recreate: an unusable one is set aside and stops nothing."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.migration import Step, migrate
from models.errors import Unavailable


class Opened(NamedTuple):
    """``said``: a sentence where the file was of a former version. ``broken``: the name that a former file, which
    could not be used, has now, ``why`` the reason; both are "" where there was none.
    """

    connection: sqlite3.Connection
    said: str
    broken: str = ""
    why: str = ""


def open_or_begin_anew(path: Path, schema: str, steps: tuple[Step, ...]) -> Opened:
    """Open it, in WAL mode and in the newest format, readable by us alone. To be used by one thread at a time.

    Raises:
        Unavailable: it can't be opened now; the file is left as it is.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        opened = Opened(*_open(path, schema, steps))
    except sqlite3.OperationalError as error:  # full, locked, unreadable: its content is intact
        raise Unavailable(f"{path.parent.name}/{path.name} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        broken = f"{path.name}.broken"
        for tail in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{path}{tail}", path.with_name(f"{broken}{tail}"))
        opened = Opened(*_open(path, schema, steps), broken, str(error))
    os.chmod(path, 0o600)
    return opened


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, *, synced: bool) -> Iterator[None]:
    """All of it or nothing. ``synced``: on the disk when it ends; else a power cut, but no kill, may undo it.

    Raises:
        sqlite3.OperationalError: the disk is full; nothing was done.
    """
    connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
    with connection:
        yield


def _open(path: Path, schema: str, steps: tuple[Step, ...]) -> tuple[sqlite3.Connection, str]:
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        said = migrate(connection, path, schema, steps)
    except BaseException:
        connection.close()
        raise
    return connection, said
