"""Clips: what one is, and the rules by which it begins, goes on and ends. Times are CLOCK_MONOTONIC ns but for those
that a person sees, which are Unix ms."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from models.media.fmp4 import AAC_SAMPLES, AUDIO_SCALE, Picture

NS = 1_000_000_000
MILLISECOND = 1_000_000
SOUND_NS = AAC_SAMPLES * NS // AUDIO_SCALE  # one frame of sound lasts
SOUNDS = 4096  # frames of it that are kept at most

Kind = Literal["event", "manual", "continuous"]
MANUAL, CONTINUOUS = "MANUAL", "CONTINUOUS"  # beside the event types, in questions
EXPIRED = "expired"  # in place of an event's clip that there was


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording that is finished and on disk. ``id`` is given by the recorder and makes storing it twice harmless."""

    id: str
    kind: Kind
    start: int  # Unix ms of the first picture
    duration_ms: int
    run_up_ms: int  # of pictures before the first event; what was promised less what could not be had
    moment: int  # Unix ms of the first event; of ``start`` where there is none
    types: tuple[str, ...]
    events: tuple[int, ...]  # ids, ascending
    bytes: int
    width: int
    height: int
    codec: str
    sound: bool
    path: str  # relative to the data directory
    written: int = 0  # bytes that were written to the disk for it
    head: int = 0  # bytes before the first fragment, where it is still fragmented
    parts: tuple[tuple[int, int, int], ...] = ()  # (offset, bytes, ms) of stretches that begin with an IDR
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One access unit. ``data`` as ``models.media.fmp4.Sample`` wants it."""

    pts: int
    wall: int  # Unix ns
    key: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Sound:
    """One AAC frame."""

    pts: int
    data: bytes


@dataclass(slots=True)
class _Group:
    frames: list[Frame]
    bytes: int = 0


@dataclass(slots=True)
class GroupStore:
    """Whole groups of pictures, the newest ``keep_ns`` of them: never less than one, never more than ``budget`` bytes.

    All of one ``picture``. Sound is kept for as long as the pictures are.
    """

    budget: int
    keep_ns: int = 0
    picture: Picture | None = None
    bytes: int = 0
    sounds: deque[Sound] = field(default_factory=lambda: deque(maxlen=SOUNDS))
    _groups: deque[_Group] = field(default_factory=deque)

    def begin(self, picture: Picture) -> None:
        """What follows cannot be in one file with what is here."""
        self.picture = picture
        self.clear()

    def clear(self) -> None:
        self._groups.clear()
        self.bytes = 0

    def add(self, frame: Frame) -> bool:
        """Whether it could be taken: what follows a loss waits for the next IDR."""
        if frame.key:
            self._groups.append(_Group([]))
        if not self._groups:
            return False
        self._groups[-1].frames.append(frame)
        self._groups[-1].bytes += len(frame.data)
        self.bytes += len(frame.data)
        self._trim(frame.pts)
        return bool(self._groups)

    def _trim(self, now: int) -> None:
        while len(self._groups) > 1 and (
            self._groups[1].frames[0].pts <= now - self.keep_ns or self.bytes > self.budget
        ):
            self.bytes -= self._groups.popleft().bytes
        if self.bytes > self.budget:  # one group alone is too large
            self.clear()
        first = self._groups[0].frames[0].pts if self._groups else now
        while self.sounds and self.sounds[0].pts < first:
            self.sounds.popleft()

    def since(self, pts: int) -> list[Frame]:
        """Everything from the last IDR at or before ``pts`` on; from the first one there is where that is gone."""
        groups = list(self._groups)
        while len(groups) > 1 and groups[1].frames[0].pts <= pts:
            del groups[0]
        return [frame for group in groups for frame in group.frames]


@dataclass(slots=True)
class Course:
    """How long one recording goes on. ``until`` None: no end in sight (a visit, continuous recording)."""

    begin: int  # pts of its first picture
    longest: int
    until: int | None = None
    visits: set[int] = field(default_factory=set)  # ids of events that have not ended
    idle_until: int = 0  # the end, if there were no visits

    def extend(self, until: int) -> None:
        self.idle_until = max(self.idle_until, until)
        self.until = None if self.visits else self.idle_until

    def visit_began(self, event_id: int) -> None:
        self.visits.add(event_id)
        self.until = None

    def visit_ended(self, event_id: int, until: int) -> None:
        self.visits.discard(event_id)
        self.extend(until)

    def over(self, pts: int) -> bool:
        """Whether a picture of this moment is not part of it any more."""
        return self.until is not None and pts >= self.until

    def full(self, key: int, group: int) -> bool:
        """Whether it is to be cut at this IDR: with the group that begins here, so long, it would be too long."""
        return key > self.begin and key + group - self.begin > self.longest


def begin_at(moment: int, run_up: int, longest: int) -> int:
    """From where the pictures of a clip are wanted. A run-up may take half of the longest clip."""
    return moment - min(run_up, longest // 2)


def stretches(parts: list[tuple[int, int, int, bool]], least_ms: int) -> Iterator[tuple[int, int, int]]:
    """Fragments (offset, bytes, ms, begins with an IDR) joined to stretches of at least ``least_ms``."""
    offset = size = length = 0
    for at, count, ms, key in parts:
        if key and length >= least_ms:
            yield offset, size, length
            size = length = 0
        if not size:
            offset = at
        size, length = size + count, length + ms
    if size:
        yield offset, size, length
