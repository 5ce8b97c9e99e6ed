"""Events to be sent to the broker, on disk, in order, and the few values that must survive this process.

Every method blocks (SQLite) and must run in the actor's executor.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from config.database import open_or_begin_anew, transaction
from config.migration import additive
from models.mqtt.limits import OUTBOX_BYTES, OUTBOX_ROWS

LAST = "last_event_id"  # accepted
SINCE = "first_event_id"  # when MQTT was switched on
ENDED_KEPT = 1000  # visits whose end was sent: it may be published twice
STEPS = (additive,)  # 1: release 0.1.0, which wrote no version
SCHEMA = """
CREATE TABLE waiting (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE ended (event_id INTEGER PRIMARY KEY);
CREATE TABLE memory (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """``topic`` is relative to the prefix, which may change meanwhile; ``expires``: Unix ms, 0 = never."""

    event_id: int
    topic: str
    payload: bytes
    expires: int = 0
    sequence: int = 0


class Outbox:
    """``said``, ``broken`` and ``why``: as ``open_or_begin_anew`` gives them.

    Raises:
        Unavailable: it can't be opened now; the file is left as it is.
        sqlite3.OperationalError: from every method, when the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._db, self.said, self.broken, self.why = open_or_begin_anew(path, SCHEMA, STEPS)

    def add(self, messages: Iterable[QueuedMessage], last_event_id: int) -> int:
        """Append; on disk when it returns. Returns how many of the oldest were dropped for it."""
        with transaction(self._db, synced=True):
            return self._append(messages, last_event_id)

    def add_end(self, messages: Iterable[QueuedMessage], last_event_id: int, event_id: int) -> int:
        """As ``add``, for the end of the visit ``event_id``, which is sent once: ignored if it was sent before."""
        with transaction(self._db, synced=True):
            new = self._db.execute("INSERT OR IGNORE INTO ended VALUES (?)", (event_id,)).rowcount == 1
            self._db.execute("DELETE FROM ended WHERE event_id <= ?", (event_id - ENDED_KEPT,))
            return self._append(messages, last_event_id) if new else 0

    def head(self) -> QueuedMessage | None:
        """The oldest one."""
        row = self._db.execute(
            "SELECT event_id, topic, payload, expires, sequence FROM waiting ORDER BY sequence LIMIT 1"
        ).fetchone()
        return None if row is None else QueuedMessage(*row)

    def done(self, sequence: int) -> None:
        """Delivered. If this is not on disk when the process ends, the in-flight record still has it."""
        with transaction(self._db, synced=False):
            self._db.execute("DELETE FROM waiting WHERE sequence = ?", (sequence,))

    def count(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM waiting").fetchone()[0])

    def recall(self, name: str) -> object:
        """The value given to ``remember``; None if there is none."""
        row = self._db.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def remember(self, name: str, value: object) -> None:
        with transaction(self._db, synced=True):
            self._remember(name, value)

    def begin_after(self, event_id: int) -> None:
        """MQTT is switched on: events up to ``event_id`` are not sent, nor the ends of their visits."""
        with transaction(self._db, synced=True):
            self._remember(LAST, event_id)
            self._remember(SINCE, event_id)

    def close(self) -> None:
        self._db.close()

    def _append(self, messages: Iterable[QueuedMessage], last_event_id: int) -> int:
        self._db.executemany(
            "INSERT INTO waiting (event_id, topic, payload, expires) VALUES (?, ?, ?, ?)",
            [(m.event_id, m.topic, m.payload, m.expires) for m in messages],
        )
        self._remember(LAST, last_event_id)
        return self._shrink()

    def _remember(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (name, json.dumps(value)))

    def _shrink(self) -> int:
        """Drop the oldest while there are too many, but never the head, which may be in flight."""
        rows, size = self._db.execute("SELECT COUNT(*), COALESCE(SUM(LENGTH(payload)), 0) FROM waiting").fetchone()
        if rows <= OUTBOX_ROWS and size <= OUTBOX_BYTES:
            return 0
        surplus = max(rows - OUTBOX_ROWS, rows // 10)
        return self._db.execute(
            "DELETE FROM waiting WHERE sequence IN (SELECT sequence FROM waiting ORDER BY sequence LIMIT ? OFFSET 1)",
            (surplus,),
        ).rowcount
