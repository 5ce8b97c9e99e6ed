"""Persons, dogs, and whatever else it can name: a network, a tracker, and one event for each visit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from models.detect import picodet, yolox
from models.detect.boxes import Box, Candidate, Floats
from models.detect.confidence import Scale, logit
from models.detect.detection_zones import Fence, feet
from models.detect.detector import (
    NS,
    Activity,
    DetectedEvent,
    DetectedEventEnd,
    Detector,
    Models,
    Output,
    Picture,
    Reading,
    Settings,
    Switch,
    Trace,
    Tracks,
    clock_of,
)
from models.detect.foreground import Foreground
from models.detect.regions import blobs, choose, cut, cut_off, inside, share
from models.detect.remote_sightings import Lowest
from models.detect.trace import in_ms
from models.detect.tracker import Sighting, Track, Tracker, Update
from models.event_kinds import THINGS
from models.events import DetailValue
from models.messages.detector import TrackedObject
from models.zones import read_zones

SAME = 0.5  # part of the smaller box inside the other: two looks at one thing
KEEP_ALIVE = 0.7  # of the wanted confidence: enough for a visit that has begun
QUARTER, STIR, SIDE_MOST = 4, 200, 0xFFFF  # steps of a pixel and of the part of a box that has moved; the last step
FLOOR = 21.0  # confidence down to which sightings are looked for, whatever is wanted: enough for a wanted one of 30


KEYS = {coco_class: kind.key for kind in THINGS for coco_class in kind.classes}
COCO = {key: coco_class for coco_class, key in KEYS.items()}


class Decode(Protocol):
    def __call__(
        self, outputs: Sequence[Floats], picture: Picture, classes: dict[int, float], /
    ) -> list[Candidate]: ...


@dataclass(frozen=True, slots=True)
class Net:
    """How one network is fed and read, and what its scores mean."""

    prepare: Callable[[Picture], dict[str, Floats]]
    decode: Decode
    scales: dict[int, Scale]


def _scales(measured: Mapping[int, Scale], other: Scale) -> dict[int, Scale]:
    return {coco_class: measured.get(coco_class, other) for coco_class in KEYS}


NETS = {
    "yolox_nano": Net(yolox.prepare, yolox.decode, _scales(yolox.SCALES, yolox.OTHER)),
    "picodet_s_416": Net(picodet.prepare, picodet.decode, _scales(picodet.SCALES, picodet.OTHER)),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What one network sees in some pictures, and what its scores mean."""

    found: list[list[Candidate]]
    scales: Mapping[int, Scale]


def lowest_scores(net: Net, lowest: Lowest) -> dict[int, float]:
    """Confidences of classes as scores of a network."""
    return {COCO[kind]: net.scales[COCO[kind]].score(confidence) for kind, confidence in lowest.items()}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one picture of ``size`` shows, weak sightings too."""

    pts: int
    wall: int
    size: tuple[int, int]
    sightings: tuple[Sighting, ...]


class Judge:
    """From sightings to visits: all that settings decide."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._active: set[str] = set()
        self._drawn = False
        self._been: dict[int, list[str]] = {}  # the zones of each visit, in the order of its coming

    def configure(self, settings: Settings) -> None:
        zones, rotation = read_zones(str(settings["zones"])), int(settings["rotation"])
        kinds = [kind for kind in THINGS if settings[kind.switch]]
        self.wanted = {kind.key: int(settings[kind.confidence]) for kind in kinds}
        self._clock = clock_of(settings)
        self._fences = {key: Fence(zones, key, rotation) for key in self.wanted}

    @property
    def alive(self) -> tuple[Track, ...]:
        return self._tracker.alive

    @property
    def busy(self) -> bool:
        return self._tracker.busy

    def feed(self, seen: Seen) -> Iterator[Output]:
        counted = [
            one for one in seen.sightings if self._counts(one, seen.size) and self._clock.counts(one.key, seen.wall)
        ]
        update = self._tracker.update(counted, self.wanted, seen.pts, seen.wall, seen.size)
        for track in update.seen:
            been = self._been.setdefault(track.id, [])
            been += [name for name in self._zones(track, seen.size) if name not in been]
        yield from (self._detected_event_end(track) for track in update.gone)
        yield from (_detected_event(track, seen.size, self._zones(track, seen.size)) for track in update.appeared)
        yield from self._activities()
        yield from self._picture(update, seen)
        for key, wanted in self.wanted.items():
            best = max((one.confidence for one in counted if one.key == key), default=0)
            yield Reading(key, float(best), float(wanted), "confidence")

    def _counts(self, one: Sighting, size: tuple[int, int]) -> bool:
        """Whether it is wanted, sure enough to keep a visit alive, and stands where it counts."""
        wanted = self.wanted.get(one.key)
        sure = wanted is not None and one.confidence >= int(KEEP_ALIVE * wanted)
        return sure and self._fences[one.key].allows(feet(one.box, size))

    def _zones(self, track: Track, size: tuple[int, int]) -> list[str]:
        fence = self._fences.get(track.key)  # it may have been switched off meanwhile
        return fence.names(feet(track.box, size)) if fence is not None else []

    def reset(self) -> list[Output]:
        said: list[Output] = [self._detected_event_end(track) for track in self._tracker.end()]
        said += self._activities()
        return said

    def _detected_event_end(self, track: Track) -> DetectedEventEnd:
        about: dict[str, DetailValue] = {"trackId": track.id}
        if been := self._been.pop(track.id, []):
            about["zones"] = been
        return DetectedEventEnd(track.key, track.id, track.wall, track.best, about)

    def _activities(self) -> list[Activity]:
        now = {track.key for track in self._tracker.alive}
        changed = [Activity(key, key in now) for key in sorted(now ^ self._active)]
        self._active = now
        return changed

    def _picture(self, update: Update, seen: Seen) -> Iterator[Tracks]:
        objects = tuple(_tracked(track, seen.size) for track in update.seen)
        if self._tracker.alive or self._drawn:
            yield Tracks(objects, seen.pts, seen.wall, *seen.size)
        self._drawn = bool(self._tracker.alive)


class ObjectDetector(Detector[Picture]):
    name, eats = "object_detector", "frames"
    switches = tuple(Switch(kind.key, kind.switch, kind.event_type) for kind in THINGS)
    movable = "poolObjectsEnabled"
    gated = True

    def __init__(self, settings: Settings, models: Models) -> None:
        model_id = next((one for one in models if one in NETS), None)
        if model_id is None:
            raise ValueError("the object detector needs its model")
        self._models, self._model_id = models, model_id
        self._net = NETS[model_id]
        self._judge = Judge()
        self._foreground = Foreground()
        self._turn = 0
        super().__init__(settings, models)

    @classmethod
    def needs(cls, object_model: str) -> tuple[str, ...]:
        return (object_model,)

    def configure(self, settings: Settings) -> None:
        self._rate = float(settings["objectDetectionSamplingRate"])
        self._judge.configure(settings)
        self._weakest = {key: min(FLOOR, KEEP_ALIVE * wanted) for key, wanted in self._judge.wanted.items()}
        self._lowest = lowest_scores(self._net, self._weakest)

    @property
    def rate(self) -> float:
        return self._rate

    @property
    def busy(self) -> bool:
        return self._judge.busy

    def sightings(self, picture: Picture) -> list[Sighting]:
        """What the network sees in one picture, and in the parts of it where something moves; weak sightings too."""
        scene = self._foreground.update(picture.luma, picture.pts / NS)
        stirring = scene.moving | scene.standing
        if scene.veto:
            stirring[:] = False
        size = picture.width, picture.height
        small = [track.box for track in self._judge.alive]
        self._turn += 1
        regions = choose([*small, *blobs(stirring, *size)], *size, self._turn)
        look = self._looked([picture, *(cut(picture, region) for region in regions)])
        found = look.found[0]
        for region, part in zip(regions, look.found[1:], strict=True):
            again = [replace(one, box=_shifted(one.box, region)) for one in part]
            found = fused(found, [one for one in again if not cut_off(one.box, region, *size)])
        return [
            Sighting(
                KEYS[one.coco_class],
                look.scales[one.coco_class].confidence(logit(one.score)),
                one.box,
                share(stirring, one.box, *size),
            )
            for one in found
        ]

    def _looked(self, pictures: Sequence[Picture]) -> Look:
        sights = self.elsewhere.look(pictures, self._weakest) if self.elsewhere is not None else None
        if sights is None:
            return Look([self._look(picture) for picture in pictures], self._net.scales)
        found = [
            [Candidate(COCO[one.kind], one.score, _in_pixels(one.box, picture)) for one in seen]
            for picture, seen in zip(pictures, sights.pictures, strict=True)
        ]
        return Look(found, {COCO[kind]: scale for kind, scale in sights.scales.items()})

    def _look(self, picture: Picture) -> list[Candidate]:
        run = self._models[self._model_id]
        return self._net.decode(run(self._net.prepare(picture)), picture, self._lowest)

    def feed(self, sample: Picture) -> Iterator[Output]:
        if not self._lowest:
            return
        sightings = tuple(kept(one) for one in self.sightings(sample))
        seen = Seen(in_ms(sample.pts), in_ms(sample.wall), (sample.width, sample.height), sightings)
        yield Trace(seen)
        yield from self._judge.feed(seen)

    def reset(self) -> list[Output]:
        self._foreground = Foreground()
        return [Trace(None), *self._judge.reset()]


def kept(one: Sighting) -> Sighting:
    """A sighting as it is judged and kept."""
    x1, y1, x2, y2 = (min(max(round(side * QUARTER), 0), SIDE_MOST) / QUARTER for side in one.box)
    return replace(one, box=(x1, y1, x2, y2), stir=round(one.stir * STIR) / STIR)


def _in_pixels(box: Box, picture: Picture) -> Box:
    return (box[0] * picture.width, box[1] * picture.height, box[2] * picture.width, box[3] * picture.height)


def _shifted(box: Box, region: Box) -> Box:
    """A box of a part of the picture as one of the picture."""
    x, y = region[:2]
    return (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


def fused(first: list[Candidate], second: list[Candidate]) -> list[Candidate]:
    """Both looks; what both saw, or what one saw whole and the other a part of, by the surer one."""
    kept = list(first)
    for one in second:
        same = [k for k in first if k.coco_class == one.coco_class and inside(k.box, one.box) > SAME]
        if all(one.score > other.score for other in same):
            kept = [k for k in kept if k not in same]
            kept.append(one)
    return kept


def _tracked(track: Track, size: tuple[int, int]) -> TrackedObject:
    x1, y1, x2, y2 = track.box
    width, height = size
    shape = (x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height)
    x, y, w, h = (round(value, 4) for value in shape)
    return TrackedObject(track.id, track.key, track.confidence, x, y, w, h)


def _detected_event(track: Track, size: tuple[int, int], zones: list[str]) -> DetectedEvent:
    drawn = _tracked(track, size)
    details: dict[str, DetailValue] = {"objectClass": track.key, "confidence": track.best, "eventType": "appeared"}
    if zones:
        details["zones"] = zones
    metadata: dict[str, DetailValue] = {
        "trackId": track.id,
        "boxX": drawn.x,
        "boxY": drawn.y,
        "boxW": drawn.w,
        "boxH": drawn.h,
    }
    return DetectedEvent(track.key, track.pts, track.wall, details, track.best, metadata, track.id)
