"""Yesterday's alarms as they would have been with other settings: traces, judged again by the same code as live."""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

import numpy as np

from models.detect import motion, objects, sound, sound_classifier
from models.detect.detection_zones import CELLS
from models.detect.detector import DetectedEvent, Output, Settings
from models.detect.trace import BEGIN, MS, RESET, SAMPLE, Record
from models.detect.tracker import Sighting
from models.event_kinds import SOUNDS, THINGS

_MOTION = struct.Struct("<HHIB")
_CELL = np.dtype([("cell", "<u2"), ("moving", "u1"), ("fresh", "u1"), ("present", "u1")])
_OBJECTS = struct.Struct("<HHB")
_SIGHTING = struct.Struct("<BB4HB")
_LEVEL = struct.Struct("<h")
_HEARD = struct.Struct("<BIB")
_SCORE = struct.Struct("<Bh")
US = 1_000
BARKS = ("Dog", "Bark", "Yip", "Bow-wow")
_THINGS = {kind.key: index for index, kind in enumerate(THINGS)}
_SOUNDS = {kind.key: index for index, kind in enumerate(SOUNDS)}


# ---------------------------------------------------------------- bodies of records
def of_motion(seen: motion.Seen) -> bytes:
    """Empty where nothing moves, as in most pictures."""
    used = np.flatnonzero(seen.present | seen.moving | seen.fresh)
    if not used.size:
        return b""
    rows = np.zeros(used.size, _CELL)
    rows["cell"] = used
    for name in ("moving", "fresh", "present"):
        rows[name] = getattr(seen, name)[used]
    return _MOTION.pack(*seen.size, seen.pixels, bool(seen.veto)) + rows.tobytes()


def to_motion(record: Record) -> motion.Seen:
    counts = np.zeros((3, CELLS), np.int32)
    size, pixels, veto = (1, 1), 1, ""
    if record.body:
        width, height, pixels, vetoed = _MOTION.unpack_from(record.body)
        size, veto = (width, height), "vetoed" if vetoed else ""
        rows = np.frombuffer(record.body, _CELL, offset=_MOTION.size)
        for line, name in zip(counts, ("moving", "fresh", "present"), strict=True):
            line[rows["cell"]] = rows[name]
    moving, fresh, present = counts
    return motion.Seen(record.pts * MS, record.wall * MS, size, pixels, moving, fresh, present, veto)


def of_objects(seen: objects.Seen) -> bytes:
    rows = seen.sightings[:255]
    body = _OBJECTS.pack(*seen.size, len(rows))
    for one in rows:
        box = (int(side * objects.QUARTER) for side in one.box)
        body += _SIGHTING.pack(_THINGS[one.key], one.confidence, *box, round(one.stir * objects.STIR))
    return body


def to_objects(record: Record) -> objects.Seen:
    width, height, count = _OBJECTS.unpack_from(record.body)
    found = []
    for index in range(count):
        key, confidence, *box, stir = _SIGHTING.unpack_from(record.body, _OBJECTS.size + index * _SIGHTING.size)
        x1, y1, x2, y2 = (side / objects.QUARTER for side in box)
        found.append(Sighting(THINGS[key].key, confidence, (x1, y1, x2, y2), stir / objects.STIR))
    return objects.Seen(record.pts * MS, record.wall * MS, (width, height), tuple(found))


def of_level(level: sound.Level) -> bytes:
    return _LEVEL.pack(level.tenths)


def to_level(record: Record) -> sound.Level:
    return sound.Level(record.pts * MS, record.wall * MS, _LEVEL.unpack(record.body)[0])


def of_heard(heard: sound_classifier.Heard) -> bytes:
    head = _HEARD.pack(BARKS.index(heard.bark), heard.bark_ago // US, len(heard.scores))
    return head + b"".join(_SCORE.pack(_SOUNDS[key], score) for key, score in heard.scores.items())


def to_heard(record: Record) -> sound_classifier.Heard:
    name, ago, count = _HEARD.unpack_from(record.body)
    scores = dict(_SCORE.unpack_from(record.body, _HEARD.size + index * _SCORE.size) for index in range(count))
    named = {SOUNDS[key].key: score for key, score in scores.items()}
    return sound_classifier.Heard(record.pts * MS, record.wall * MS, named, BARKS[name], ago * US)


def record_of(seen: object) -> Record:
    """Of what a detector yields as ``Trace``."""
    match seen:
        case motion.Seen():
            body = of_motion(seen)
        case objects.Seen():
            body = of_objects(seen)
        case sound.Level():
            body = of_level(seen)
        case sound_classifier.Heard():
            body = of_heard(seen)
        case _:
            raise TypeError(f"{type(seen).__name__} is not kept")
    return Record(SAMPLE, seen.pts // MS, seen.wall // MS, body)


# ---------------------------------------------------------------- judging again
S_contra = TypeVar("S_contra", contravariant=True)
S = TypeVar("S")


class Judge(Protocol[S_contra]):
    def configure(self, settings: Settings) -> None: ...
    def feed(self, seen: S_contra, /) -> Iterator[Output]: ...
    def reset(self) -> list[Output]: ...


def replay(detector: str, trace: Iterable[Record], settings: Settings) -> Iterator[DetectedEvent]:
    """What this detector would have told with these (effective) settings.

    Raises:
        KeyError: there is no such detector.
    """
    match detector:
        case "motion":
            yield from _judged(motion.Judge, to_motion, trace, settings)
        case "object_detector":
            yield from _judged(objects.Judge, to_objects, trace, settings)
        case "sound":
            yield from _judged(sound.Judge, to_level, trace, settings)
        case "sound_classifier":
            yield from _judged(sound_classifier.Judge, to_heard, trace, settings)
        case _:
            raise KeyError(detector)


def _judged(
    make: Callable[[], Judge[S]], read: Callable[[Record], S], trace: Iterable[Record], settings: Settings
) -> Iterator[DetectedEvent]:
    judge = make()
    judge.configure(settings)
    for record in trace:
        if record.kind == BEGIN:
            judge = make()
            judge.configure(settings)
        elif record.kind == RESET:
            judge.reset()
        else:
            yield from (output for output in judge.feed(read(record)) if isinstance(output, DetectedEvent))
