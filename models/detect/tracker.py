"""Who is who from picture to picture: boxes become visits.

A visit appears after two of three pictures with a sure sighting, stays alive with weaker ones, and is over when nothing
was seen of it for ``REAPPEAR_S``; whoever comes back sooner, and near enough, is the same visit.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.detect.boxes import overlap
from models.detect.detector import NS

REAPPEAR_S = 2.0
PICTURES, NEEDED = 3, 2  # two of three
REACH = 0.5  # box diagonals within which a sighting may belong to a track at once …
REACH_PER_S = 1.0  # … and more for each second since it was last seen: somebody who runs, seen twice a second
MAX_TRACKS = 64

Box = tuple[float, float, float, float]  # x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class Sighting:
    key: str  # person, dog
    confidence: int  # 1–100
    box: Box  # pixels


@dataclass(slots=True)
class Track:
    id: int
    key: str
    box: Box
    pts: int  # of the last sighting
    wall: int
    first_wall: int
    confidence: int  # of the last sighting
    best: int
    velocity: tuple[float, float] = (0.0, 0.0)  # of the centre, pixels a second
    confirmed: bool = False
    sure: deque[bool] = field(default_factory=lambda: deque(maxlen=PICTURES))

    def expected(self, pts: int) -> tuple[float, float]:
        """Where its centre should be; a lost one is not followed for longer than ``REAPPEAR_S``."""
        seconds = min((pts - self.pts) / NS, REAPPEAR_S)
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

    @property
    def alive(self) -> tuple[Track, ...]:
        """Confirmed visits, lost ones that may still come back included."""
        return tuple(track for track in self._tracks if track.confirmed)

    @property
    def busy(self) -> bool:
        return bool(self._tracks)

    def update(self, sightings: Sequence[Sighting], wanted: Mapping[str, int], pts: int, wall: int) -> Update:
        """``wanted``: key → confidence of a sure sighting. Weaker sightings only keep tracks alive."""
        gone = self._drop_lost(pts)
        left = list(sightings)
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
        appeared = self._confirm()
        self._tracks = [track for track in self._tracks if track.confirmed or any(track.sure)]
        seen = tuple(track for track in self.alive if track.id in matched)
        return Update(appeared, seen, gone)

    def end(self) -> tuple[Track, ...]:
        """Forget everything; the visits that were going on."""
        gone = self.alive
        self._tracks = []
        return gone

    def _drop_lost(self, pts: int) -> tuple[Track, ...]:
        lost = [track for track in self._tracks if pts - track.pts > REAPPEAR_S * NS]
        self._tracks = [track for track in self._tracks if track not in lost]
        return tuple(track for track in lost if track.confirmed)

    def _pairs(self, sightings: list[Sighting], pts: int) -> list[tuple[Track, Sighting]]:
        """The best pairs of one kind, nearest first, each track and each sighting at most once."""
        costs = [
            (cost, row, column)
            for row, track in enumerate(self._tracks)
            for column, sighting in enumerate(sightings)
            if track.key == sighting.key and (cost := _cost(track, sighting, pts)) is not None
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

    def _begin(self, sighting: Sighting, pts: int, wall: int) -> int:
        confidence = sighting.confidence
        track = Track(self._next_id, sighting.key, sighting.box, pts, wall, wall, confidence, confidence)
        track.sure.append(True)
        self._tracks.append(track)
        self._next_id += 1
        return track.id

    def _confirm(self) -> tuple[Track, ...]:
        appeared = [track for track in self._tracks if not track.confirmed and sum(track.sure) >= NEEDED]
        for track in appeared:
            track.confirmed = True
        return tuple(appeared)


def _cost(track: Track, sighting: Sighting, pts: int) -> float | None:
    """Lower is likelier; None where it cannot be the same."""
    x, y = track.expected(pts)
    there = centre(sighting.box)
    reach = REACH + REACH_PER_S * (pts - track.pts) / NS
    diagonal = (_diagonal(track.box) + _diagonal(sighting.box)) / 2
    distance = math.dist((x, y), there) / max(diagonal * reach, 1.0)
    shared = overlap(track.box, sighting.box)
    if distance > 1 and shared == 0:
        return None
    return distance - shared


def _diagonal(box: Box) -> float:
    return math.dist(box[:2], box[2:])
