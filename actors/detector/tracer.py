"""Stores what a detector has seen, one file per day, and judges it again with other settings on request.

Guaranteed: a day of one detector takes no more than its share of 10 MB, and two days are kept. A kill loses at most
half a minute. Of a detector without a share nothing is kept.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from actors.detector import limits
from models.detect.detector import DetectedEvent, Settings
from models.detect.trace import BEGIN, RESET, Record, block, records, whole_blocks
from models.detect.trace_replay import record_of, replay

FOLDER = "traces"


def day_of(wall_ms: int) -> str:
    """In local time, as files are named."""
    return time.strftime("%Y-%m-%d", time.localtime(wall_ms / 1000))


@dataclass(slots=True)
class Again:
    """``start`` and ``end``: Unix ms of what is stored for the day, 0 if there is nothing."""

    found: list[DetectedEvent] = field(default_factory=list)
    start: int = 0
    end: int = 0


class Tracer:
    """``add`` in the actor's loop; ``keep`` and ``again`` block, and are for one thread."""

    def __init__(self, data_dir: Path, detector: str) -> None:
        self._folder, self._detector = data_dir / FOLDER, detector
        self._budget = limits.TRACE_BYTES.get(detector, 0)
        self._fresh: list[Record] = []
        self._quiet = 0  # records in a row without anything in them
        self._open: Path | None = None  # the file that is known to end with a whole block

    def begin(self) -> None:
        """A new life of the detector, or of its worker."""
        if not self._budget:
            return
        self._fresh.append(Record(BEGIN, 0, time.time_ns() // 1_000_000))
        self._quiet = 0  # a quiet before it is another one

    def add(self, seen: object) -> None:
        if not self._budget:
            return
        if seen is None:
            last = self._fresh[-1] if self._fresh else Record(RESET, 0, time.time_ns() // 1_000_000)
            self._fresh.append(Record(RESET, last.pts, last.wall))
            self._quiet = 0
        elif len(self._fresh) < limits.TRACE_WAITING:
            record = record_of(seen)
            self._quiet = 0 if record.body else self._quiet + 1
            if self._quiet > limits.TRACE_QUIET and self._fresh:
                self._fresh[-1] = record  # of a long quiet only its end is needed
            else:
                self._fresh.append(record)

    @property
    def due(self) -> bool:
        return bool(self._fresh)

    def take(self) -> list[Record]:
        fresh, self._fresh = self._fresh, []
        return fresh

    def keep(self, fresh: list[Record]) -> None:
        """Raises ``OSError``."""
        self._folder.mkdir(exist_ok=True)
        path = self._path(day_of(fresh[-1].wall))
        if path != self._open:
            self._tidy(path)
            if path.exists():  # a kill or a full disk may have come in the midst of a block
                with path.open("r+b") as file:
                    file.truncate(whole_blocks(file.read()))
        data = block(fresh)
        if (path.stat().st_size if path.exists() else 0) + len(data) <= self._budget:
            self._open = None
            with path.open("ab") as file:
                file.write(data)
        self._open = path

    def again(self, day: str, settings: Settings, beat: Callable[[], None]) -> Again:
        """That day, judged from the day before on, as it was then. ``beat`` is called during long work."""
        again = Again()
        if not self._budget:
            return again
        found = replay(self._detector, self._until(day, again, beat), settings)
        again.found = [one for one in found if day_of(one.wall // 1_000_000) == day]
        return again

    def _until(self, day: str, again: Again, beat: Callable[[], None]) -> Iterator[Record]:
        last = self._path(day)
        for path in self._files():
            for record in records(path.read_bytes()) if path <= last else ():
                beat()
                if path == last:
                    again.start = again.start or record.wall
                    again.end = record.wall
                yield record

    def _path(self, day: str) -> Path:
        return self._folder / f"{self._detector}-{day}.trace"

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._detector}-????-??-??.trace"))

    def _tidy(self, today: Path) -> None:
        """All days but this one and those before it that are kept."""
        for path in [one for one in self._files() if one < today][: -(limits.TRACE_DAYS - 1)]:
            path.unlink(missing_ok=True)
