"""What each drill promises, and whether the observations match. Pure: no clock, no process."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from actors.runtime import limits
from models.media import stall_detector

Mark = Literal["PASS", "FAIL", "SKIP"]

GAP_S = 1.0  # of a viewer's pictures, whatever else is killed
NOTICED_S = 1.0  # a death
BACK_S = 5.0  # an actor; a detector loads its model
HUNG_S = limits.SILENT_FOR_S + 2 * limits.LOOK_AT_HEARTS_S
SOURCE_NOTICED_S = 3.0  # a closed connection
SOURCE_BACK_S = 10.0  # the wait between two tries has grown meanwhile
BROKER_BACK_S = 30.0
ROOM_BACK_S = 15.0
PICTURE_ACTORS = frozenset(
    {"camera", "encoder"}
)  # while one of them hangs, there is no new picture until it is noticed
DOOR = "facade"
RTSP_SESSIONS = "rtsp_session_"
SPARE_RESTARTS = 2  # of an actor's restart limit that a drill does not use


@dataclass(frozen=True, slots=True)
class Promise:
    """``None``: nothing is promised. ``connections``: how many of the drill's own may be lost."""

    name: str
    words: str
    notice_s: float | None = None
    recover_s: float | None = None
    gap_s: float | None = None
    connections: int = 0


@dataclass(slots=True)
class Seen:
    """``None``: not observed. ``faults``: sentences about other problems."""

    notice_s: float | None = None
    recover_s: float | None = None
    gap_s: float | None = None
    connections_lost: int = 0
    events_sent: int = 0
    events_lost: int = 0
    events_doubled: int = 0
    events_deleted: int = 0  # to free space, as the history says
    faults: list[str] = field(default_factory=list)
    skipped: str = ""  # why it was not done


@dataclass(frozen=True, slots=True)
class Verdict:
    mark: Mark
    why: str  # "" for PASS


def judge(promise: Promise, seen: Seen, factor: float, watched: bool = True) -> Verdict:
    """``factor`` multiplies every time limit, for slow machines. ``watched``: there was a viewer to measure gaps."""
    if seen.skipped:
        return Verdict("SKIP", seen.skipped)
    figures = [
        ("noticed", seen.notice_s, promise.notice_s),
        ("back", seen.recover_s, promise.recover_s),
        *([("viewer's gap", seen.gap_s, promise.gap_s)] if watched else []),
    ]
    faults = [fault for what, value, limit in figures if (fault := _late(what, value, limit, factor))]
    if seen.connections_lost > promise.connections:
        faults.append(f"{seen.connections_lost} connections lost, {promise.connections} allowed")
    if seen.events_lost or seen.events_doubled:
        faults.append(f"of {seen.events_sent} events {seen.events_lost} lost, {seen.events_doubled} duplicated")
    faults += seen.faults
    return Verdict("FAIL", "; ".join(faults)) if faults else Verdict("PASS", "")


def _late(what: str, value: float | None, limit: float | None, factor: float) -> str:
    if limit is None:
        return ""
    if value is None:
        return f"{what}: never"
    return f"{what} after {value:.1f} s, promised {limit * factor:.1f} s" if value > limit * factor else ""


# ---------------------------------------------------------------- promises
def held(actor: str) -> int:
    """How many of the drill's connections may end with this actor: /stream and /ws; the RTSP player's."""
    return 2 if actor == DOOR else int(actor.startswith(RTSP_SESSIONS))


def killed(actor: str) -> Promise:
    if actor == DOOR:
        words = "back; viewers are cut off and can reconnect at once"
        return Promise(f"{actor} killed", words, NOTICED_S, BACK_S, NOTICED_S + BACK_S, held(actor))
    words = "back; its players can reconnect" if held(actor) else "back; nobody else is affected"
    return Promise(f"{actor} killed", words, NOTICED_S, BACK_S, GAP_S, held(actor))


def stopped(actor: str) -> Promise:
    name = f"{actor} stopped"
    if actor == DOOR:
        return Promise(name, "noticed, back; viewers reconnect", HUNG_S, HUNG_S + BACK_S, HUNG_S + BACK_S, held(actor))
    if actor in PICTURE_ACTORS:
        words = "noticed, back; viewers stay connected and wait for it"
        return Promise(name, words, HUNG_S, HUNG_S + BACK_S, HUNG_S + GAP_S)
    words = "noticed, back; its players can reconnect" if held(actor) else "noticed, back; nobody else is affected"
    return Promise(name, words, HUNG_S, HUNG_S + BACK_S, GAP_S, held(actor))


EVENTS = Promise("event_log killed while events come", "each acknowledged event is stored exactly once", gap_s=GAP_S)
UNPLUGGED = Promise(
    "source unplugged",
    "noticed; viewers stay connected; back without help; both are in the history",
    SOURCE_NOTICED_S,
    SOURCE_BACK_S,
)
FROZEN = Promise(
    "source frozen",
    "the same, though its connection stays open",
    stall_detector.SILENT_S + SOURCE_NOTICED_S,
    SOURCE_BACK_S,
)
BROKER = Promise(
    "MQTT broker gone",
    "viewers notice nothing; reconnected; every event is delivered once",
    SOURCE_NOTICED_S,
    BROKER_BACK_S,
    GAP_S,
)
NEARLY_FULL = Promise("disk nearly full", "every event is kept", recover_s=ROOM_BACK_S, gap_s=GAP_S)
FULL = Promise(
    "disk full",
    "keeps running; the newest events are kept, the oldest make room (it is in the history); refused ones come later",
    None,
    ROOM_BACK_S,
    GAP_S,
)
SHARED_MEMORY = Promise(
    "shared memory full", "camera and encoder still start, in private memory", NOTICED_S, BACK_S, GAP_S
)
CLOCK = Promise("clock stepped", "only times shown to people follow it")


# ---------------------------------------------------------------- counting and pacing
def count_events(answered: Mapping[int, int], stored: Sequence[tuple[int, int]], oldest_kept: int = 0) -> Seen:
    """``answered``: number of the event -> id that was answered; ``stored``: (number, id) of all that are there.

    ``oldest_kept``: the history says that it had to delete what has a lower id; such are not lost.
    """
    times = Counter(number for number, _ in stored)
    there = dict(stored)
    missing = [event_id for number, event_id in answered.items() if there.get(number) != event_id]
    deleted = sum(event_id < oldest_kept for event_id in missing)
    doubled = sum(count - 1 for count in times.values())
    return Seen(
        events_sent=len(answered),
        events_lost=len(missing) - deleted,
        events_doubled=doubled,
        events_deleted=deleted,
    )


def count_delivered(expected: Collection[int], heard: Sequence[int]) -> Seen:
    """By event id, at a subscriber of a broker."""
    times = Counter(one for one in heard if one in expected)
    return Seen(
        events_sent=len(expected),
        events_lost=sum(one not in times for one in expected),
        events_doubled=sum(count - 1 for count in times.values()),
    )


def wait_before_blow(blows: Sequence[float], now: float, max_restarts: int) -> float:
    """Seconds until this actor can die once more without coming close to its restart limit.

    ``blows``: when it was ended before, ascending, on the clock of ``now``. An actor with a very low limit is ended
    once per window.
    """
    allowed = max(1, max_restarts - SPARE_RESTARTS)
    recent = [blow for blow in blows if blow > now - limits.RESTART_WINDOW_S]
    if len(recent) < allowed:
        return 0.0
    return recent[-allowed] + limits.RESTART_WINDOW_S - now
