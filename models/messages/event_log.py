"""The event log's mailbox. Events are stored first, then published."""

from dataclasses import dataclass
from typing import ClassVar

from models.clips import Clip
from models.events import DetailValue, Detection, Event
from models.messages import Ask, News, Ok, Ref

PAGE_MAX = 1000  # events in one message
CLIPS_MAX = 500  # clips in one message


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
    """End visits of ``types`` that began before ``ended``: their detector was killed and cannot end them."""

    types: tuple[str, ...]
    ended: int  # Unix ms: when the detector is back
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RecordSystem(Ask[ToEventLog, Event]):
    """An entry of the server's own history: ``kind`` as in SYSTEM_<KIND>, ``text`` a sentence."""

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
    """Counts in time slots. Answers have a limited size: continue with ``next``, and the same ``until``."""

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
    """Delete all events and thumbnails; answers how many rows. Event ids continue."""


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
    """``missing`` if the event has none. ``full``: the full-size picture, which is kept while clips are on."""

    event_id: int
    full: bool = False
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EventRecorded(News):
    """Published after the event is on disk (or at once while history is off).

    If the event log died in between, it is published after its restart. So it may be published twice (recognise it by
    ``event_id`` and ``phase``), but is never lost.
    """

    event: Event


@dataclass(frozen=True, slots=True)
class EventsCleared(News):
    count: int


# -------------------------------------------------------------------- clips
@dataclass(frozen=True, slots=True)
class RecordClip(Ask[ToEventLog, Ok]):
    """A finished clip: store it, link it to its events, publish it. Repeating it with the same id is harmless."""

    clip: Clip
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ClipSpace:
    """Bytes. ``written``: by day ("2026-11-27" in the device's time zone), the newest last."""

    clips: int
    used: int
    kept: int
    allowed: int
    free: int  # on the disk
    written: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ClipPage:
    clips: tuple[Clip, ...]  # ascending by start
    space: ClipSpace


@dataclass(frozen=True, slots=True)
class QueryClips(Ask[ToEventLog, ClipPage]):
    """The newest ``limit`` clips that overlap ``since``–``until`` (Unix ms; 0: now), at most ``CLIPS_MAX``.

    ``types``: with an event of one of them; MANUAL, CONTINUOUS. Empty: all but continuous recordings.
    """

    since: int = 0
    until: int = 0
    types: tuple[str, ...] = ()
    limit: int = CLIPS_MAX
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GetClip(Ask[ToEventLog, Clip]):
    """``missing`` if there is none, or if its file is gone: then its row is deleted."""

    id: str
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GetEvent(Ask[ToEventLog, Event]):
    """``missing`` where there is none."""

    event_id: int
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class KeepClip(Ask[ToEventLog, Clip]):
    """A clip that is marked to be kept is never deleted automatically."""

    id: str
    keep: bool
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class DeleteClip(Ask[ToEventLog, Ok]):
    """``missing`` where there is none."""

    id: str


@dataclass(frozen=True, slots=True)
class MakeRoom(Ask[ToEventLog, bool]):
    """Delete the oldest clips until there is space for ``bytes`` more; False: nothing more may be deleted."""

    bytes: int
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ClipReady(News):
    """Published after the clip is stored; may be published twice with the same id."""

    clip: Clip
