"""The event log's mailbox. Stored first, then told."""

from dataclasses import dataclass
from typing import ClassVar

from models.events import DetailValue, Detection, Event
from models.messages import Ask, News, Ok, Ref

PAGE_MAX = 1000  # events in one message


class ToEventLog:
    """Whom the messages of this file go to."""


EVENT_LOG: Ref[ToEventLog] = Ref("event_log")


@dataclass(frozen=True, slots=True)
class RecordEvent(Ask[ToEventLog, Event]):
    """Store and publish. Asking again with the same ``detection.uid`` gives the same event and publishes nothing."""

    detection: Detection
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EndEvent(Ask[ToEventLog, Ok]):
    """A visit has ended: write its end into the event's metadata and publish it with phase "disappeared"."""

    uid: str
    ended: int  # Unix ms
    metadata: dict[str, DetailValue]
    confidence: int | None = None  # the highest of the whole visit
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EndFormerVisits(Ask[ToEventLog, Ok]):
    """End visits of ``types`` that have begun before ``ended``: their detector was killed, and nobody else will."""

    types: tuple[str, ...]
    ended: int  # Unix ms: when the detector is there again
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RecordSystem(Ask[ToEventLog, Event]):
    """The server's own history: ``kind`` as in SYSTEM_<KIND>, ``text`` a plain sentence."""

    uid: str
    kind: str  # RESTART, DEGRADED, RECOVERED, SOURCE_LOST, SOURCE_BACK, THROTTLE, STORAGE …
    timestamp: int
    actor: str
    text: str
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EventPage:
    events: tuple[Event, ...]  # ascending by timestamp
    summary: tuple[tuple[str, int, int], ...]  # (type, count, lastTimestamp) over the whole match


@dataclass(frozen=True, slots=True)
class QueryEvents(Ask[ToEventLog, EventPage]):
    """The newest ``limit`` events of ``types`` (empty: the six) with ``since`` ≤ timestamp ≤ ``until`` (0: now).

    ``system``: those of the server's own history too. A page holds at most ``PAGE_MAX`` events; go on with ``before``
    (timestamp and id of its first event) and ``summary=False``.
    """

    since: int
    until: int = 0
    types: tuple[str, ...] = ()
    limit: int = 1000
    system: bool = False
    before: tuple[int, int] | None = None
    summary: bool = True
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EventBuckets:
    buckets: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]  # (start, ((type, count), …)), sparse, ascending
    start: int
    end: int
    next: int = 0  # ``since`` to go on with; 0: this was all


@dataclass(frozen=True, slots=True)
class QueryBuckets(Ask[ToEventLog, EventBuckets]):
    """Counts in time slots. An answer has a bounded size: go on with ``next``, and the same ``until``."""

    since: int
    until: int
    bucket_ms: int
    types: tuple[str, ...] = ()
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EventsAfter(Ask[ToEventLog, EventPage]):
    """Events with ``event_id`` > the given one, ascending by it: how a subscriber catches up after its own restart."""

    event_id: int
    limit: int = 200
    system: bool = False
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EventRange:
    min_timestamp: int | None
    max_timestamp: int | None
    total_events: int


@dataclass(frozen=True, slots=True)
class GetEventRange(Ask[ToEventLog, EventRange]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ClearEvents(Ask[ToEventLog, int]):
    """Delete all events and thumbnails; answers how many rows. Event ids go on."""


@dataclass(frozen=True, slots=True)
class StorageStats:
    database_bytes: int
    events_by_type: tuple[tuple[str, int], ...]
    min_timestamp: int | None
    max_timestamp: int | None
    device_total_bytes: int
    device_available_bytes: int


@dataclass(frozen=True, slots=True)
class GetStorageStats(Ask[ToEventLog, StorageStats]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CsvRows:
    """RFC 4180 text of some rows, ascending by id, and the id to go on from; ``last_id`` 0: the end."""

    text: str
    last_id: int


@dataclass(frozen=True, slots=True)
class ExportRows(Ask[ToEventLog, CsvRows]):
    after_id: int
    limit: int = 500
    system: bool = False
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Thumbnail:
    path: str  # a file in the data directory


@dataclass(frozen=True, slots=True)
class GetThumbnail(Ask[ToEventLog, Thumbnail]):
    """``missing`` where the event has none."""

    event_id: int
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EventRecorded(News):
    """Published after the event is safe on disk (or at once while history is off).

    If the event log died between the two, it is published by its next life: known by ``event_id`` and ``phase``, it
    may come twice, but never not at all.
    """

    event: Event


@dataclass(frozen=True, slots=True)
class EventsCleared(News):
    count: int
