"""Writing events. One thread; every method is one transaction, on disk when it returns."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, desc, func, insert, not_, or_, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from actors.event_log import limits
from actors.event_log.clips import ClipShelf
from actors.event_log.engine import open_database
from actors.event_log.id_allocation import PROMISE, IdAllocation
from actors.event_log.rows import COLUMNS, COUNTERS, EVENT, RECEIPT, from_row, to_event, to_json, to_row
from actors.event_log.thumbnail_store import FOLDER, drop_pictures
from config.disk_space import free
from config.migration import copies
from models.event_tables import Counter, EventRow, Receipt
from models.events import DetailValue, Detection, Event

COUNTER = "event_id"
RESERVE = "events.reserve"  # in the data directory
RESERVE_USED = "the disk is full: the reserved space is now in use"
DELETED = "the disk is full: the oldest {pictures} pictures and {events} events were deleted"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """An event to write. Without ``keep`` it only gets an id."""

    detection: Detection
    keep: bool = True
    thumbnail: bool = False


@dataclass(frozen=True, slots=True)
class WriteResult:
    event: Event
    new: bool  # its uid is new


class Store:
    def __init__(self, folder: Path) -> None:
        """``folder``: the data directory. ``said``: a sentence where the database was of a former version.

        Raises:
            DatabaseError: sqlalchemy's.
        """
        self.path = folder / "events.db"
        self._allocation = IdAllocation(folder / PROMISE)
        self._reserve = folder / RESERVE
        self._engine: Engine
        self._engine, self.said = open_database(self.path)
        self.clips = ClipShelf(self._engine, folder)
        with Session(self._engine) as session:
            issued = session.execute(select(COUNTERS.value).where(COUNTERS.name == COUNTER)).scalar()
            newest = session.execute(select(func.max(EVENT.id))).scalar()
        fresh = issued is None
        # A new database continues after all ids that the lost one may have issued.
        self._last_id = max(issued or 0, newest or 0, self._allocation.up_to if fresh else 0)

    def close(self) -> None:
        self._engine.dispose()

    # ---------------------------------------------------------------- events
    def record(self, orders: Sequence[WriteRequest]) -> list[WriteResult]:
        """All of them or none. For a known uid, the stored event is returned.

        Raises:
            DatabaseError, OSError: nothing was written.
        """
        with Session(self._engine) as session:
            known = self._known(session, [order.detection.uid for order in orders])
            last_id, rows, receipts, written = self._last_id, [], [], []
            for order in orders:
                uid = order.detection.uid
                if uid in known:
                    written.append(WriteResult(self._repeated(order, known[uid]), new=False))
                    continue
                last_id += 1
                event = to_event(order.detection, last_id, order.keep)
                known[uid] = event
                written.append(WriteResult(event, new=True))
                if order.keep:
                    path = thumbnail_path(last_id) if order.thumbnail else ""
                    rows.append(to_row(order.detection, last_id, path))
                else:
                    receipts.append({"uid": uid, "event_id": last_id})
            if last_id > self._last_id:
                self._allocation.cover(last_id)
                self._write(session, rows, receipts, last_id)
                session.commit()
        self._last_id = last_id
        return written

    @staticmethod
    def _repeated(order: WriteRequest, known: Event | int) -> Event:
        return to_event(order.detection, known, False) if isinstance(known, int) else known

    @staticmethod
    def _known(session: Session, uids: list[str]) -> dict[str, Event | int]:
        rows = session.execute(select(EVENT.uid, *COLUMNS).where(EVENT.uid.in_(uids)))
        known: dict[str, Event | int] = {row[0]: from_row(row[1:]) for row in rows}
        receipts = session.execute(select(RECEIPT.uid, RECEIPT.event_id).where(RECEIPT.uid.in_(uids)))
        return {uid: event_id for uid, event_id in receipts} | known

    @staticmethod
    def _write(session: Session, rows: list[Any], receipts: list[Any], last_id: int) -> None:
        if rows:
            session.execute(insert(EventRow), rows)
        if receipts:
            session.execute(insert(Receipt), receipts)
            session.execute(delete(Receipt).where(RECEIPT.event_id <= last_id - limits.RECEIPTS))
        session.merge(Counter(name=COUNTER, value=last_id))

    def end(
        self, uid: str, ended: int, metadata: dict[str, DetailValue], confidence: int | None
    ) -> tuple[Event, bool] | None:
        """Write the end of a visit into its row: the event, and whether this was new; None for an unknown uid."""
        with Session(self._engine) as session:
            row = session.execute(select(EventRow).where(EVENT.uid == uid)).scalar()
            if row is None:
                return None
            notes, details = json.loads(row.notes), json.loads(row.details)
            new = "endTimestamp" not in notes
            if new:
                row.notes = _with_end(row, ended, metadata)
                if confidence is not None and row.confidence is not None:
                    row.confidence = max(row.confidence, confidence)
                    row.details = to_json(details | {"confidence": row.confidence})
                session.add(row)
                session.commit()
            return _ended(row), new

    def end_former(self, kinds: Sequence[str], ended: int | None = None) -> list[Event]:
        """End orphaned visits from ``limits.VISIT_MS`` before ``ended``; when repeated, the same ones.

        ``ended`` None: the program was away. Then they have lasted at least until the last thing that was stored.
        """
        with Session(self._engine) as session:
            last = session.execute(select(func.max(EVENT.timestamp))).scalar()
            end = ended if ended is not None else last or 0
            chosen = select(EventRow).where(
                EVENT.type.in_(kinds),
                EVENT.timestamp < end + (ended is None),
                EVENT.timestamp > end - limits.VISIT_MS,
                or_(not_(EVENT.metadata.contains('"endTimestamp"')), EVENT.metadata.contains(f'"endTimestamp":{end},')),
            )
            rows = list(session.execute(chosen.order_by(EVENT.id)).scalars())
            for row in rows:
                if "endTimestamp" not in json.loads(row.notes):
                    row.notes = _with_end(row, end, {"endEstimated": True})
                    session.add(row)
            session.commit()
            return [_ended(row) for row in rows]

    def set_thumbnail(self, event_id: int) -> None:
        with Session(self._engine) as session:
            row = session.get(EventRow, event_id)
            if row is not None:
                row.thumbnail_path = thumbnail_path(event_id)
                session.add(row)
                session.commit()

    def clear(self) -> int:
        """Delete everything; returns the number of visible events. Ids continue, and recent uids stay known."""
        with Session(self._engine) as session:
            visible = select(func.count()).select_from(EventRow).where(EVENT.system.is_(False))
            count = session.execute(visible).scalar() or 0
            newest = select(EVENT.uid, EVENT.id).order_by(desc(EVENT.id)).limit(limits.RECEIPTS)
            session.execute(insert(Receipt).from_select(["uid", "event_id"], newest))
            session.execute(delete(EventRow))
            session.commit()
        self.drop_copies()
        return count

    # ---------------------------------------------------------------- space
    def trim(self, before: int) -> int:
        """Delete some events older than ``before`` (Unix ms), or the oldest while the database is too large: how many.

        At most ``TRIM_ROWS``: call again until it returns 0.
        """
        with Session(self._engine) as session:
            old = select(EVENT.id).where(EVENT.timestamp < before)
            ids = list(session.execute(old.limit(limits.TRIM_ROWS)).scalars())
            if not ids and self.size() > limits.DATABASE_MAX_BYTES:
                ids = self._oldest(session, limits.TRIM_ROWS)
            if ids:
                session.execute(delete(EventRow).where(EVENT.id.in_(ids)))
                session.commit()
        return len(ids)

    def oldest_picture(self) -> int:
        """Id of the oldest event, whose picture is kept; of the next one if there is none.

        0 while a database that was set aside is kept, with its pictures.
        """
        if self._set_aside():
            return 0
        with Session(self._engine) as session:
            oldest = session.execute(select(func.min(EVENT.id))).scalar()
        return self._last_id + 1 if oldest is None else int(oldest)

    def _set_aside(self) -> list[Path]:
        return list(self.path.parent.glob(f"{self.path.name}.broken-*"))

    @staticmethod
    def _oldest(session: Session, rows: int) -> list[int]:
        return list(session.execute(select(EVENT.id).order_by(EVENT.id).limit(rows)).scalars())

    def make_room(self) -> str:
        """The disk is full: free some space. Returns a sentence about what was deleted.

        The reserve alone, if it is there: with it nothing is lost. Then no more of the oldest pictures, and after them
        of the oldest events, than makes room: another program may be what fills the disk, and then deleting is in vain.
        At least one step of them, because a quota is not seen in what the file system calls free.
        """
        if give_up_reserve(self.path.parent):
            return RESERVE_USED
        self.drop_copies()
        pictures = 0
        while not (pictures and self._has_room()):
            gone = drop_pictures(self.path.parent, limits.FULL_PICTURES)
            if not gone:
                break
            pictures += gone
        with contextlib.suppress(OperationalError):  # no space for that either: what was just freed is for the deletion
            self.give_back()
        events = 0
        while events < limits.FULL_ROWS and not ((pictures or events) and self._has_room()):
            # Deleting writes to the log first, so it goes in small steps, and the log is emptied after each.
            with Session(self._engine) as session:
                ids = self._oldest(session, limits.FULL_STEP)
                session.execute(delete(EventRow).where(EVENT.id.in_(ids)))
                session.commit()
            self.give_back()
            events += len(ids)
            if len(ids) < limits.FULL_STEP:
                break
        return DELETED.format(pictures=pictures, events=events)

    def _has_room(self) -> bool:
        return free(self.path.parent) >= limits.FULL_FREE_BYTES

    def drop_copies(self, before: int | None = None) -> None:
        """Delete what is kept beside the database (of a former version, or broken) and older than ``before`` (Unix ms).

        It holds events that were to be deleted with the others.
        """
        for copy in (*copies(self.path), *self._set_aside()):
            if before is None or copy.stat().st_mtime * 1000 < before:
                copy.unlink(missing_ok=True)

    def give_back(self) -> None:
        """Return free pages to the file system and restart the log. Raises sqlalchemy's DatabaseError."""
        with self._engine.connect() as connection:
            # Each step of this statement frees one page and gives no row: only a script is stepped to its end.
            cursor = connection.connection.cursor()
            try:
                cursor.executescript(f"PRAGMA incremental_vacuum({limits.VACUUM_PAGES})")
                cursor.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            except sqlite3.DatabaseError as error:  # past SQLAlchemy, which would have wrapped it
                raise OperationalError("give back", None, error) from error
            finally:
                cursor.close()

    def keep_reserve(self) -> bool:
        """Create the reserve (again) if there is space for it; whether it exists."""
        if self._reserve.exists() and self._reserve.stat().st_size == limits.RESERVE_BYTES:
            return True
        if free(self.path.parent) < 2 * limits.RESERVE_BYTES:
            return False
        try:
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, limits.RESERVE_BYTES)
        except OSError:
            with contextlib.suppress(OSError):
                self._reserve.unlink()
            return False
        return True

    def size(self) -> int:
        """Bytes of the pages in use."""
        with self._engine.connect() as connection:
            pages, unused, each = (
                int(connection.execute(text(f"PRAGMA {what}")).scalar() or 0)
                for what in ("page_count", "freelist_count", "page_size")
            )
        return (pages - unused) * each


def make_room_to_open(folder: Path) -> None:
    """The program must be able to start on a full disk: delete the reserve, then old pictures."""
    if no_room_to_open(folder):
        give_up_reserve(folder)
    while no_room_to_open(folder) and drop_pictures(folder, limits.FULL_PICTURES):
        pass


def no_room_to_open(folder: Path) -> bool:
    return free(folder) < limits.OPEN_BYTES


def _with_end(row: EventRow, ended: int, metadata: dict[str, DetailValue]) -> str:
    duration = max(0, ended - row.timestamp)
    return to_json({**json.loads(row.notes), **metadata, "endTimestamp": ended, "durationMs": duration})


def _ended(row: EventRow) -> Event:
    values = (row.id, row.type, row.timestamp, row.details, row.confidence, row.notes, row.clip, row.thumbnail_path)
    return replace(from_row(values), phase="disappeared")


def give_up_reserve(folder: Path) -> bool:
    """The disk is full: delete the reserve. Whether there was one."""
    try:
        (folder / RESERVE).unlink()
    except FileNotFoundError:
        return False
    return True


def thumbnail_path(event_id: int) -> str:
    """Relative to the data directory."""
    return f"{FOLDER}/{event_id}.jpg"
