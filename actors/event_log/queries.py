"""Reads events on a separate connection, concurrently with the writer."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, and_, cast, func, or_, select
from sqlmodel import Session

from actors.event_log import limits
from actors.event_log.clips import ClipQueries
from actors.event_log.engine import SIDE_FILES, engine
from actors.event_log.rows import COLUMNS, EVENT, from_row
from models import events_csv
from models.events import DOCUMENTED, EVENT_TYPES, SYSTEM, Event
from models.messages.event_log import (
    PAGE_MAX,
    CsvRows,
    EventBuckets,
    EventPage,
    EventRange,
    QueryBuckets,
    QueryEvents,
    StorageStats,
)

VISIBLE, OURS = EVENT.system.is_(False), EVENT.system.is_(True)
# For questions in the order of ids: as a calculation, so that SQLite does not take the index by time and sort it all.
VISIBLE_BY_ID = cast(EVENT.system, Integer) == 0
CSV_COLUMNS: tuple[Any, ...] = (
    EVENT.id,
    EVENT.type,
    EVENT.timestamp,
    EVENT.confidence,
    EVENT.details,
    EVENT.camera_id,
    EVENT.resolution,
    EVENT.frame_rate,
    EVENT.light_level,
    EVENT.motion_zones,
    EVENT.thumbnail_path,
    EVENT.metadata,
)


class Queries:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = engine(path)
        self.clips = ClipQueries(self._engine, path.parent)

    def close(self) -> None:
        self._engine.dispose()

    def page(self, query: QueryEvents, now: int) -> EventPage:
        """The newest events of a span, ascending; see ``QueryEvents``."""
        until = min(query.until or now, now)
        limit = min(query.limit, PAGE_MAX)
        events: list[Event] = []
        with Session(self._engine) as session:
            for source in _sources(query):  # each is a stretch of an index: newest first without sorting
                chosen = select(*COLUMNS).where(source, EVENT.timestamp >= query.since, EVENT.timestamp <= until)
                if query.before is not None:
                    timestamp, event_id = query.before
                    earlier = and_(EVENT.timestamp == timestamp, event_id > EVENT.id)
                    chosen = chosen.where(EVENT.timestamp <= timestamp, or_(EVENT.timestamp < timestamp, earlier))
                newest = chosen.order_by(EVENT.timestamp.desc(), EVENT.id.desc()).limit(limit)
                events += [self._event(row) for row in session.execute(newest)]
            summary = self._summary(session, query, until) if query.summary else ()
        events.sort(key=lambda event: (event.timestamp, event.event_id))
        return EventPage(tuple(events[-limit:]), summary)

    def _event(self, row: Any) -> Event:
        """A picture may be missing: not written before a kill, or deleted for space."""
        event, picture = from_row(row), row[-1]
        lost = picture and not (self._path.parent / picture).is_file()
        return replace(event, thumbnail=False) if lost else event

    @staticmethod
    def _summary(session: Session, query: QueryEvents, until: int) -> tuple[tuple[str, int, int], ...]:
        kinds = [kind for kind in query.types or EVENT_TYPES if kind != SYSTEM]
        if query.system or SYSTEM in query.types:
            kinds += session.execute(select(EVENT.type).where(OURS).distinct()).scalars()
        counts = []
        for kind in dict.fromkeys(kinds):  # one stretch of the index each: no sorting, no rows
            span = (_of(kind), EVENT.timestamp >= query.since, EVENT.timestamp <= until)
            count, last = session.execute(select(func.count(), func.max(EVENT.timestamp)).where(*span)).one()
            if count:
                counts.append((kind, count, last))
        return tuple(counts)

    def buckets(self, query: QueryBuckets, now: int) -> EventBuckets:
        """Counts in time slots; ``start`` is ``since`` rounded down to a slot, ``end`` is ``until``."""
        until = min(query.until or now, now)
        slot = EVENT.timestamp - EVENT.timestamp % query.bucket_ms
        counts: dict[int, list[tuple[str, int]]] = {}
        with Session(self._engine) as session:
            stop = self._stop(session, query, until)
            for kind in query.types or EVENT_TYPES:
                span = (_of(kind), query.since <= EVENT.timestamp, until >= EVENT.timestamp)
                span += (stop > EVENT.timestamp,) if stop else ()
                for start, count in session.execute(select(slot, func.count()).where(*span).group_by(slot)):
                    counts.setdefault(start, []).append((kind, count))
        rows = tuple((start, tuple(counts[start])) for start in sorted(counts))
        return EventBuckets(rows, query.since - query.since % query.bucket_ms, until, stop)

    @staticmethod
    def _stop(session: Session, query: QueryBuckets, until: int) -> int:
        """The start of a slot before which there are not too many events for one answer; 0 if all fit."""
        edges: list[int] = []
        for kind in query.types or EVENT_TYPES:
            span = (_of(kind), query.since <= EVENT.timestamp, until >= EVENT.timestamp)
            ascending = select(EVENT.timestamp).where(*span).order_by(EVENT.timestamp)
            edges += session.execute(ascending.offset(limits.BUCKET_ROWS).limit(1)).scalars()
        if not edges:
            return 0
        first, edge = (moment - moment % query.bucket_ms for moment in (query.since, min(edges)))
        return max(edge, first + query.bucket_ms)  # at least one slot, however full

    def after(self, event_id: int, limit: int, system: bool) -> tuple[Event, ...]:
        """Events with a higher id, ascending by it."""
        with Session(self._engine) as session:
            chosen = select(*COLUMNS).where(event_id < EVENT.id)
            chosen = chosen if system else chosen.where(VISIBLE_BY_ID)
            rows = session.execute(chosen.order_by(EVENT.id).limit(min(limit, PAGE_MAX)))
            return tuple(self._event(row) for row in rows)

    def newest_id(self) -> int:
        """0 in an empty log."""
        with Session(self._engine) as session:
            return session.execute(select(func.max(EVENT.id))).scalar() or 0

    def range(self) -> EventRange:
        with Session(self._engine) as session:
            # One by one, each is a step or a stretch of the index; together they would be a walk with arithmetic.
            first, last, count = (
                session.execute(select(what).where(VISIBLE)).scalar()
                for what in (func.min(EVENT.timestamp), func.max(EVENT.timestamp), func.count())
            )
        return EventRange(first, last, count or 0)

    def stats(self) -> StorageStats:
        span = self.range()
        with Session(self._engine) as session:
            counted = {
                kind: session.execute(select(func.count()).where(_of(kind))).scalar() or 0 for kind in EVENT_TYPES
            }
        counted = {kind: count for kind, count in counted.items() if count or kind in DOCUMENTED}
        sizes = [Path(f"{self._path}{suffix}") for suffix in SIDE_FILES]
        disk = os.statvfs(self._path.parent)
        return StorageStats(
            sum(path.stat().st_size for path in sizes if path.exists()),
            tuple(counted.items()),
            span.min_timestamp,
            span.max_timestamp,
            disk.f_blocks * disk.f_frsize,
            disk.f_bavail * disk.f_frsize,
        )

    def csv(self, after_id: int, limit: int, system: bool) -> CsvRows:
        """A stretch of the export, ascending by id."""
        with Session(self._engine) as session:
            chosen = select(*CSV_COLUMNS).where(after_id < EVENT.id)
            chosen = chosen if system else chosen.where(VISIBLE_BY_ID)
            rows = session.execute(chosen.order_by(EVENT.id).limit(min(limit, limits.EXPORT_ROWS))).all()
        return CsvRows(events_csv.lines([tuple(row) for row in rows]), rows[-1][0] if rows else 0)

    def event(self, event_id: int) -> Event | None:
        with Session(self._engine) as session:
            row = session.execute(select(*COLUMNS).where(event_id == EVENT.id)).one_or_none()
        return self._event(row) if row is not None else None

    def thumbnail(self, event_id: int) -> str:
        """Path relative to the data directory; "" if there is none."""
        with Session(self._engine) as session:
            found = session.execute(select(EVENT.thumbnail_path).where(event_id == EVENT.id)).scalar()
        return found or ""


def _of(kind: str) -> Any:
    return kind == EVENT.type


def _sources(query: QueryEvents) -> list[Any]:
    if query.types:
        return [OURS if kind == SYSTEM else _of(kind) for kind in query.types]
    return [VISIBLE, OURS] if query.system else [VISIBLE]
