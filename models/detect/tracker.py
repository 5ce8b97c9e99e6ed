"""Who is who from picture to picture: boxes become visits.

A visit appears after two of three pictures with a sure sighting in which something moved: what only looks like a person
never moves. It stays alive with weaker sightings, moving or not. Where it is lost says how long it may come back: at an
edge of the picture, or where others have gone for good before (a door), somebody has left; inside the picture somebody
is hidden for a moment. What looks like a person or a dog and does not move is learnt, and keeps no visit alive.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.detect.boxes import Box, overlap
from models.detect.detector import NS

LEFT_S, HIDDEN_S = 2.0, 15.0  # how long a lost visit may come back: at an edge or a door; inside the picture
PICTURES, NEEDED = 3, 2  # two of three
REACH = 0.5  # box diagonals within which a sighting may belong to a track at once …
REACH_PER_S = 1.0  # … and more for each second since it was last seen: somebody who runs, seen twice a second …
REACH_MOST = 2.5  # … but not more than this
AHEAD_S = 1.0  # for so long a lost one is expected to go on as it did
STIRS = 0.15  # part of a box that must have moved of late
SETTLED = 4  # sightings without any movement: a thing
SAME_PLACE = 0.5  # overlap with a thing that makes a sighting one of it
THING_S = 600.0  # a thing that is not seen for so long is forgotten; a visit that does not stir for so long is one
EDGE = 0.02  # of the picture's width or height
LOW = 0.35  # of the picture's height: who is taller at its lower edge stands in front of the camera, and has not left
DOORS, DOOR_USES = 32, 2  # places of departures that are remembered; as many at one place make a door
BACK_S = 60.0  # where a visit begins so soon after one has ended, somebody had been overlooked: no door
MAX_TRACKS, MAX_THINGS = 64, 32


@dataclass(frozen=True, slots=True)
class Sighting:
    key: str  # person, dog
    confidence: int  # 1–100
    box: Box  # pixels
    stir: float = 1.0  # part of the box that has moved of late, 0–1


@dataclass(slots=True)
class Track:
    id: int
    key: str
    box: Box
    pts: int  # of the last sighting
    wall: int
    confidence: int  # of the last sighting
    best: int
    velocity: tuple[float, float] = (0.0, 0.0)  # of the centre, pixels a second
    confirmed: bool = False
    sure: deque[bool] = field(default_factory=lambda: deque(maxlen=PICTURES))
    stirred: int = 0  # sightings in which it moved
    stirred_pts: int = 0  # of the last of them, or of the first sighting
    sightings: int = 1
    thing: bool = False

    def expected(self, pts: int) -> tuple[float, float]:
        """Where its centre should be."""
        seconds = min((pts - self.pts) / NS, AHEAD_S)
        x, y = centre(self.box)
        return x + self.velocity[0] * seconds, y + self.velocity[1] * seconds


@dataclass(frozen=True, slots=True)
class Update:
    appeared: tuple[Track, ...]
    seen: tuple[Track, ...]  # confirmed, and sighted in this picture
    gone: tuple[Track, ...]


def centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


class Tracker:
    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next_id = 1
        self._departures: deque[tuple[int, Box]] = deque(maxlen=DOORS)  # with the time of the last sighting

    @property
    def alive(self) -> tuple[Track, ...]:
        """Confirmed visits, lost ones that may still come back included."""
        return tuple(track for track in self._tracks if track.confirmed)

    @property
    def busy(self) -> bool:
        return any(not track.thing for track in self._tracks)

    def update(
        self, sightings: Sequence[Sighting], wanted: Mapping[str, int], pts: int, wall: int, size: tuple[int, int]
    ) -> Update:
        """``wanted``: key → confidence of a sure sighting. Weaker sightings only keep tracks alive."""
        gone = self._drop_lost(pts, size)
        left = [sighting for sighting in sightings if not self._is_thing(sighting, pts, wall)]
        matched: set[int] = set()
        for track, sighting in self._pairs(left, pts):
            self._follow(track, sighting, pts, wall)
            track.sure.append(sighting.confidence >= wanted[sighting.key])
            matched.add(track.id)
            left.remove(sighting)
        for track in self._tracks:
            if track.id not in matched:
                track.sure.append(False)
        for sighting in left:
            if sighting.confidence >= wanted[sighting.key] and len(self._tracks) < MAX_TRACKS:
                matched.add(self._begin(sighting, pts, wall))
        gone += self._settle(pts)
        appeared = self._confirm()
        self._tracks = [track for track in self._tracks if track.confirmed or track.thing or any(track.sure)]
        seen = tuple(track for track in self.alive if track.id in matched)
        return Update(appeared, seen, gone)

    def end(self) -> tuple[Track, ...]:
        """Forget everything; the visits that were going on."""
        gone = self.alive
        self._tracks = []
        return gone

    # ---------------------------------------------------------------- things
    def _is_thing(self, sighting: Sighting, pts: int, wall: int) -> bool:
        """Whether it is one more sighting of something that never moves; remember that it was seen."""
        if sighting.stir >= STIRS:
            return False
        for track in self._tracks:
            same = track.key == sighting.key and overlap(track.box, sighting.box) >= SAME_PLACE
            if track.thing and same:
                track.box, track.pts, track.wall = sighting.box, pts, wall
                return True
        return False

    def _settle(self, pts: int) -> tuple[Track, ...]:
        """Make things of what does not move; visits that end by it."""
        ended = []
        for track in self._tracks:
            if not track.confirmed and not track.stirred and track.sightings >= SETTLED:
                track.thing = True
            elif track.confirmed and pts - track.stirred_pts > THING_S * NS:
                ended.append(track)
        for track in ended:
            self._tracks.remove(track)
        things = sorted((track for track in self._tracks if track.thing), key=lambda track: -track.pts)
        for track in things[MAX_THINGS:]:
            self._tracks.remove(track)
        return tuple(ended)

    # ---------------------------------------------------------------- visits
    def _drop_lost(self, pts: int, size: tuple[int, int]) -> tuple[Track, ...]:
        lost = [track for track in self._tracks if pts - track.pts > self._patience_s(track, size) * NS]
        self._tracks = [track for track in self._tracks if track not in lost]
        gone = tuple(track for track in lost if track.confirmed)
        self._departures.extend((track.pts, track.box) for track in gone)
        return gone

    def _patience_s(self, track: Track, size: tuple[int, int]) -> float:
        """How long it may be away."""
        if track.thing:
            return THING_S
        if not track.confirmed or at_edge(track, size) or self._at_door(track):
            return LEFT_S
        return HIDDEN_S

    def _at_door(self, track: Track) -> bool:
        return sum(_same_spot(track.box, box) for _, box in self._departures) >= DOOR_USES

    def _pairs(self, sightings: list[Sighting], pts: int) -> list[tuple[Track, Sighting]]:
        """The best pairs of one kind, nearest first, each track and each sighting at most once."""
        costs = [
            (cost, row, column)
            for row, track in enumerate(self._tracks)
            for column, sighting in enumerate(sightings)
            if not track.thing and track.key == sighting.key and (cost := _cost(track, sighting, pts)) is not None
        ]
        pairs: list[tuple[Track, Sighting]] = []
        rows: set[int] = set()
        columns: set[int] = set()
        for _, row, column in sorted(costs):
            if row not in rows and column not in columns:
                rows.add(row)
                columns.add(column)
                pairs.append((self._tracks[row], sightings[column]))
        return pairs

    def _follow(self, track: Track, sighting: Sighting, pts: int, wall: int) -> None:
        seconds = max((pts - track.pts) / NS, 1e-3)
        (x0, y0), (x1, y1) = centre(track.box), centre(sighting.box)
        track.velocity = ((x1 - x0) / seconds, (y1 - y0) / seconds)
        track.box, track.pts, track.wall, track.confidence = sighting.box, pts, wall, sighting.confidence
        track.best = max(track.best, sighting.confidence)
        track.sightings += 1
        if sighting.stir >= STIRS:
            track.stirred += 1
            track.stirred_pts = pts

    def _begin(self, sighting: Sighting, pts: int, wall: int) -> int:
        confidence = sighting.confidence
        track = Track(self._next_id, sighting.key, sighting.box, pts, wall, confidence, confidence)
        track.sure.append(True)
        track.stirred, track.stirred_pts = int(sighting.stir >= STIRS), pts
        self._tracks.append(track)
        self._next_id += 1
        return track.id

    def _confirm(self) -> tuple[Track, ...]:
        appeared = [
            track
            for track in self._tracks
            if not track.confirmed and sum(track.sure) >= NEEDED and track.stirred >= NEEDED
        ]
        for track in appeared:
            track.confirmed = True
            overlooked = [
                one for one in self._departures if track.pts - one[0] < BACK_S * NS and _same_spot(track.box, one[1])
            ]
            for one in overlooked:
                self._departures.remove(one)
        return tuple(appeared)


def _same_spot(a: Box, b: Box) -> bool:
    return math.dist(centre(a), centre(b)) <= (a[2] - a[0]) / 2


def at_edge(track: Track, size: tuple[int, int]) -> bool:
    """Whether it was about to leave the picture (width, height in pixels) when it was last seen."""
    width, height = size
    x1, y1, x2, y2 = track.box
    x, y = track.expected(track.pts + int(AHEAD_S * NS))
    if not (0 < x < width and 0 < y < height):
        return True
    if x1 <= EDGE * width or x2 >= (1 - EDGE) * width:
        return True
    return (y1 <= EDGE * height or y2 >= (1 - EDGE) * height) and y2 - y1 < LOW * height


def _cost(track: Track, sighting: Sighting, pts: int) -> float | None:
    """Lower is likelier; None where it cannot be the same."""
    x, y = track.expected(pts)
    there = centre(sighting.box)
    reach = min(REACH + REACH_PER_S * (pts - track.pts) / NS, REACH_MOST)
    diagonal = (_diagonal(track.box) + _diagonal(sighting.box)) / 2
    distance = math.dist((x, y), there) / max(diagonal * reach, 1.0)
    shared = overlap(track.box, sighting.box)
    if distance > 1 and shared == 0:
        return None
    return distance - shared


def _diagonal(box: Box) -> float:
    return math.dist(box[:2], box[2:])
