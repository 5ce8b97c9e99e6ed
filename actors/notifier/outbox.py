"""Messages to be sent, and the events already handled, on disk, so that a kill at any moment loses nothing.

Every method blocks (SQLite) and must run in the actor's executor.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from config.database import open_or_begin_anew, transaction
from models.events import Event
from models.notify import limits

STEPS = ()
SCHEMA = """
CREATE TABLE waiting (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    event TEXT NOT NULL,
    expires INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    UNIQUE (channel, event_id)
);
CREATE TABLE seen (event_id INTEGER PRIMARY KEY);
CREATE TABLE told (rule TEXT PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE memory (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """Times in Unix ms. ``due``: not before."""

    sequence: int
    channel: str
    event: Event
    expires: int
    due: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rule makes of an event: the channels, unless it reported another event less than ``every_ms`` before."""

    rule: str
    every_ms: int
    channels: tuple[str, ...]


class Outbox:
    """``said``, ``broken`` and ``why``: as ``open_or_begin_anew`` gives them.

    Raises:
        Unavailable: it can't be opened now; the file is left as it is.
        sqlite3.OperationalError: from every method, when the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._db, self.said, self.broken, self.why = open_or_begin_anew(path, SCHEMA, STEPS)

    def unseen(self, event_ids: Iterable[int]) -> set[int]:
        """The events that were not handled yet. Much older ones than the newest count as handled."""
        newest = self._db.execute("SELECT COALESCE(MAX(event_id), 0) FROM seen").fetchone()[0]
        seen = {number for (number,) in self._db.execute("SELECT event_id FROM seen")}
        return {number for number in event_ids if number not in seen and number > newest - limits.SEEN_KEPT}

    def take(self, event: Event, wanted: Iterable[Wanted], expires: int) -> int:
        """Handle an event, once: all that follows from it is on disk when this returns.

        Returns: how many of the oldest messages had to go for it.
        """
        wanted = tuple(wanted)
        with transaction(self._db, synced=bool(wanted)):
            if not self.unseen([event.event_id]):
                return 0
            self._db.execute("INSERT INTO seen VALUES (?)", (event.event_id,))
            self._db.execute("DELETE FROM seen WHERE event_id <= ?", (event.event_id - limits.SEEN_KEPT,))
            for one in wanted:
                if self._is_time(one, event.timestamp):
                    self._add(one, event, expires)
            return self._shrink()

    def heads(self, now: int) -> tuple[list[QueuedMessage], int]:
        """The oldest message of each channel; and how many had expired and are gone."""
        expired = self._db.execute("SELECT COUNT(*) FROM waiting WHERE expires <= ?", (now,)).fetchone()[0]
        if expired:
            with transaction(self._db, synced=False):
                self._db.execute("DELETE FROM waiting WHERE expires <= ?", (now,))
        rows = self._db.execute(
            "SELECT sequence, channel, event, expires, due, attempts FROM waiting"
            " WHERE sequence IN (SELECT MIN(sequence) FROM waiting GROUP BY channel) ORDER BY sequence"
        )
        heads = [
            QueuedMessage(number, channel, Event(**json.loads(event)), *rest) for number, channel, event, *rest in rows
        ]
        return heads, expired

    def postpone(self, sequence: int, due: int) -> None:
        """It failed: retry, not before ``due``."""
        with transaction(self._db, synced=False):
            self._db.execute("UPDATE waiting SET due = ?, attempts = attempts + 1 WHERE sequence = ?", (due, sequence))

    def done(self, sequence: int) -> None:
        with transaction(self._db, synced=True):
            self._db.execute("DELETE FROM waiting WHERE sequence = ?", (sequence,))

    def forget(self, channel: str) -> None:
        """The channel was deleted."""
        with transaction(self._db, synced=True):
            self._db.execute("DELETE FROM waiting WHERE channel = ?", (channel,))

    def switch_off(self) -> None:
        """Notifications are switched off: drop what waits, and ignore events until they are on again."""
        with transaction(self._db, synced=True):
            self._db.execute("DELETE FROM waiting")
            self._db.execute("INSERT OR REPLACE INTO memory VALUES ('off', 1)")

    def begin(self, now: int) -> int:
        """They are on (again): Unix ms since when that counts, 0 where they were on before."""
        with transaction(self._db, synced=True):
            self._db.execute("INSERT OR REPLACE INTO memory SELECT 'since', ? FROM memory WHERE name = 'off'", (now,))
            self._db.execute("DELETE FROM memory WHERE name = 'off'")
        row = self._db.execute("SELECT value FROM memory WHERE name = 'since'").fetchone()
        return 0 if row is None else int(row[0])

    def count(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM waiting").fetchone()[0])

    def _is_time(self, one: Wanted, timestamp: int) -> bool:
        row = self._db.execute("SELECT at FROM told WHERE rule = ?", (one.rule,)).fetchone()
        return row is None or not 0 <= timestamp - row[0] < one.every_ms  # a clock that is set back suppresses nothing

    def _add(self, one: Wanted, event: Event, expires: int) -> None:
        text = json.dumps(asdict(event), separators=(",", ":"))
        self._db.executemany(
            "INSERT OR IGNORE INTO waiting (channel, event_id, event, expires, due, attempts)"
            " VALUES (?, ?, ?, ?, 0, 0)",
            [(channel, event.event_id, text, expires) for channel in one.channels],
        )
        self._db.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (one.rule, event.timestamp))

    def _shrink(self) -> int:
        surplus = self.count() - limits.OUTBOX_ROWS
        if surplus <= 0:
            return 0
        return self._db.execute(
            "DELETE FROM waiting WHERE sequence IN (SELECT sequence FROM waiting ORDER BY sequence LIMIT ?)", (surplus,)
        ).rowcount
