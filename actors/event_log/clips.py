"""Clips: their rows, and the space they take. A clip whose file is missing is not listed."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.engine import Engine
from sqlmodel import Session

from actors.event_log import limits
from actors.event_log.rows import CLIP, COUNTERS, EVENT, to_json
from config.disk_space import free, stays_free
from models.clips import CONTINUOUS, EXPIRED, MANUAL, Clip
from models.errors import Unavailable
from models.event_tables import ClipRow, Counter, EventRow
from models.messages.event_log import CLIPS_MAX, ClipSpace, QueryClips

FOLDER = "clips"  # in the data directory
WRITTEN = "clips.written."  # counters, one a day
LISTS = ("types", "events", "parts")
COLUMNS = tuple(CLIP[name] for name in Clip.__slots__)


class ClipShelf:
    """In the writing thread. Every method is one transaction, followed by changes of the files."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def record(self, clip: Clip) -> bool:
        """Whether it is new. An event keeps its first clip."""
        with Session(self._engine) as session:
            if session.execute(select(CLIP.id).where(clip.id == CLIP.id)).scalar() is not None:
                return False
            values = {name: to_json(value) if name in LISTS else value for name, value in asdict(clip).items()}
            session.execute(insert(ClipRow), [values])
            session.execute(update(EventRow).where(EVENT.id.in_(clip.events), EVENT.clip == "").values(clip=clip.id))
            self._count(session, clip.written)
            session.commit()
        return True

    @staticmethod
    def _count(session: Session, written: int) -> None:
        today = WRITTEN + time.strftime("%Y-%m-%d")
        so_far = session.execute(select(COUNTERS.value).where(COUNTERS.name == today)).scalar() or 0
        session.merge(Counter(name=today, value=so_far + written))
        days = select(COUNTERS.name).where(COUNTERS.name.startswith(WRITTEN)).order_by(COUNTERS.name.desc())
        old = list(session.execute(days.offset(limits.WRITTEN_DAYS)).scalars())
        session.execute(delete(Counter).where(COUNTERS.name.in_(old)))

    def keep(self, clip_id: str, keep: bool) -> None:
        with Session(self._engine) as session:
            session.execute(update(ClipRow).where(clip_id == CLIP.id).values(keep=keep))
            session.commit()

    def remove(self, clip_ids: Sequence[str]) -> int:
        """How many there were. Raises Unavailable where not one file can be deleted; those stay listed."""
        with Session(self._engine) as session:
            rows = session.execute(select(CLIP.id, CLIP.path, CLIP.events).where(CLIP.id.in_(clip_ids))).all()
        gone, problem = [], ""
        for clip_id, path, events in rows:
            try:
                (self._folder / path).unlink(missing_ok=True)
                (self._folder / path).with_suffix(".json").unlink(missing_ok=True)
                gone.append((clip_id, json.loads(events)))
            except OSError as error:
                problem = error.strerror or str(error)
        if problem and not gone:
            raise Unavailable(f"The file cannot be deleted: {problem}")
        with Session(self._engine) as session:
            for clip_id, events in gone:
                mine = (EVENT.id.in_(events), clip_id == EVENT.clip)
                session.execute(update(EventRow).where(*mine).values(clip=EXPIRED))
            session.execute(delete(ClipRow).where(CLIP.id.in_([clip_id for clip_id, _ in gone])))
            session.commit()
        return len(gone)

    def clear(self) -> int:
        """Delete some clips that are not marked to be kept, at most ``CLIPS_AT_ONCE``: call until it returns 0."""
        return self.remove([clip_id for clip_id, _ in self._oldest()])

    def trim(self, before: int, allowed: int, room: int = 0) -> tuple[int, bool]:
        """Delete some of what is older than ``before`` (Unix ms), or of the oldest, until all have ``allowed`` bytes
        and the disk has ``room`` more than what must stay free: how many went, and whether that is so now.

        At most ``CLIPS_AT_ONCE``: call again until it returns 0. Nothing is deleted in vain: another program may be
        filling the disk.
        """
        ids = [clip_id for clip_id, _ in self._oldest(CLIP.start + CLIP.duration_ms < before)]
        short = 0 if ids else self._short_of(allowed, room)
        if short > 0 and self._used(CLIP.keep.is_(False)) >= short:
            for clip_id, size in self._oldest():
                if short <= 0:
                    break
                ids.append(clip_id)
                short -= size
        return self.remove(ids), self._short_of(allowed, room) <= 0

    def _short_of(self, allowed: int, room: int) -> int:
        """Bytes to be freed, of clips and on the disk."""
        return max(self._used() - allowed, stays_free(self._folder) - free(self._folder)) + room

    def _oldest(self, *which: Any) -> list[tuple[str, int]]:
        """Id and bytes of those that may be deleted."""
        chosen = select(CLIP.id, CLIP.bytes).where(CLIP.keep.is_(False), *which).order_by(CLIP.start)
        with Session(self._engine) as session:
            return [(row[0], row[1]) for row in session.execute(chosen.limit(limits.CLIPS_AT_ONCE))]

    def _used(self, *which: Any) -> int:
        with Session(self._engine) as session:
            return session.execute(select(func.sum(CLIP.bytes)).where(*which)).scalar() or 0

    def sweep(self) -> None:
        """Delete files without a row that no recorder is about to report."""
        folder, long_ago = self._folder / FOLDER, time.time() - limits.STRAY_S
        if not folder.is_dir():
            return
        with Session(self._engine) as session:
            known = {Path(path).stem for path in session.execute(select(CLIP.path)).scalars()}
        for entry in os.scandir(folder):
            if entry.is_file() and Path(entry.name).stem not in known and entry.stat().st_mtime < long_ago:
                os.unlink(entry.path)


class ClipQueries:
    """In the reading thread."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def get(self, clip_id: str) -> Clip | None:
        with Session(self._engine) as session:
            row = session.execute(select(*COLUMNS).where(clip_id == CLIP.id)).one_or_none()
        return from_row(row) if row is not None else None

    def there(self, clip: Clip) -> bool:
        return (self._folder / clip.path).is_file()

    def page(self, query: QueryClips, now: int) -> tuple[Clip, ...]:
        chosen = select(*COLUMNS).where(
            CLIP.start + CLIP.duration_ms >= query.since, CLIP.start <= (query.until or now), *_of(query.types)
        )
        with Session(self._engine) as session:
            newest = map(from_row, session.execute(chosen.order_by(CLIP.start.desc())))
            found = list(islice(filter(self.there, newest), min(query.limit, CLIPS_MAX)))
        return tuple(reversed(found))

    def space(self, allowed: int) -> ClipSpace:
        with Session(self._engine) as session:
            total = select(func.count(), func.sum(CLIP.bytes)).select_from(ClipRow)
            count, used = session.execute(total).one()
            _, kept = session.execute(total.where(CLIP.keep.is_(True))).one()
            days = (
                select(COUNTERS.name, COUNTERS.value).where(COUNTERS.name.startswith(WRITTEN)).order_by(COUNTERS.name)
            )
            written = tuple((name.removeprefix(WRITTEN), value) for name, value in session.execute(days))
        return ClipSpace(count, used or 0, kept or 0, allowed, free(self._folder), written)


def from_row(row: Iterable[Any]) -> Clip:
    values = dict(zip(Clip.__slots__, row, strict=True))
    for name in ("types", "events"):
        values[name] = tuple(json.loads(values[name]))
    return Clip(**values | {"parts": tuple(tuple(part) for part in json.loads(values["parts"]))})


def _of(types: Sequence[str]) -> list[Any]:
    """Without types: all but continuous recordings."""
    if not types:
        return [CLIP.kind != CONTINUOUS.lower()]
    kinds = {MANUAL: CLIP.kind == MANUAL.lower(), CONTINUOUS: CLIP.kind == CONTINUOUS.lower()}
    return [or_(*(kinds.get(kind, CLIP.types.contains(f'"{kind}"')) for kind in types))]
