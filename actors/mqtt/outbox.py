"""Events on their way to the broker, on disk, in order; and the few things that must outlive this process.

Every method blocks (SQLite) and belongs on the actor's bench.
"""

import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.errors import Unavailable
from models.mqtt.limits import OUTBOX_BYTES, OUTBOX_ROWS

ENDED_KEPT = 1000  # visits whose end was sent: it may be told to us twice
_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    expires INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS ended (event_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """``topic`` is relative to the prefix, which may change meanwhile; ``expires``: Unix ms, 0 = never."""

    event_id: int
    topic: str
    payload: bytes
    expires: int = 0
    sequence: int = 0


class Outbox:
    """``broken`` holds the name of a former file that could not be read and was put aside.

    Raises:
        Unavailable: it can't be opened now; the file is left as it is.
        sqlite3.OperationalError: from every method, when the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.broken = ""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._db = _open(path)
        except sqlite3.OperationalError as error:  # full, locked, unreadable: nothing is wrong with what is in it
            raise Unavailable(f"The MQTT outbox can't be opened: {error}") from error
        except sqlite3.DatabaseError:
            self.broken = f"{path.name}.broken"
            path.replace(path.with_name(self.broken))
            for tail in ("-wal", "-shm"):
                path.with_name(path.name + tail).unlink(missing_ok=True)
            self._db = _open(path)
        os.chmod(path, 0o600)

    def add(self, messages: Iterable[Waiting], last_event_id: int) -> int:
        """Append, on disk when it returns; how many of the oldest had to go for it."""
        self._db.execute("PRAGMA synchronous = FULL")
        with self._db:
            self._db.executemany(
                "INSERT INTO waiting (event_id, topic, payload, expires) VALUES (?, ?, ?, ?)",
                [(m.event_id, m.topic, m.payload, m.expires) for m in messages],
            )
            self._remember("last_event_id", last_event_id)
            return self._shrink()

    def end_is_new(self, event_id: int) -> bool:
        """Note that the end of a visit is sent; False when it was before."""
        with self._db:
            new = self._db.execute("INSERT OR IGNORE INTO ended VALUES (?)", (event_id,)).rowcount == 1
            self._db.execute("DELETE FROM ended WHERE event_id <= ?", (event_id - ENDED_KEPT,))
        return new

    def head(self) -> Waiting | None:
        """The oldest one."""
        row = self._db.execute(
            "SELECT event_id, topic, payload, expires, sequence FROM waiting ORDER BY sequence LIMIT 1"
        ).fetchone()
        return None if row is None else Waiting(*row)

    def done(self, sequence: int) -> None:
        """Delivered. Should power fail before this is on disk, the delivery's card still knows."""
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self._db:
            self._db.execute("DELETE FROM waiting WHERE sequence = ?", (sequence,))

    def count(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM waiting").fetchone()[0])

    def recall(self, name: str) -> object:
        """What ``remember`` was given; None where nothing was."""
        row = self._db.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def remember(self, name: str, value: object) -> None:
        self._db.execute("PRAGMA synchronous = FULL")
        with self._db:
            self._remember(name, value)

    def close(self) -> None:
        self._db.close()

    def _remember(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (name, json.dumps(value)))

    def _shrink(self) -> int:
        """Drop the oldest while there is too much; but never the head, which may be under way."""
        rows, size = self._db.execute("SELECT COUNT(*), COALESCE(SUM(LENGTH(payload)), 0) FROM waiting").fetchone()
        if rows <= OUTBOX_ROWS and size <= OUTBOX_BYTES:
            return 0
        surplus = max(rows - OUTBOX_ROWS, rows // 10)
        return self._db.execute(
            "DELETE FROM waiting WHERE sequence IN (SELECT sequence FROM waiting ORDER BY sequence LIMIT ? OFFSET 1)",
            (surplus,),
        ).rowcount


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(_SCHEMA)
        [verdict] = db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        db.close()
        raise
    return db
