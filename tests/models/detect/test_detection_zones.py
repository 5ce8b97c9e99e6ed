"""Where detections count: cells of motion, feet of somebody, and the whole way through both detectors' judges."""

import json

import numpy as np
import pytest

from models.detect import motion, objects
from models.detect.detection_zones import CELLS, COLUMNS, ROWS, Fence, cells, feet
from models.detect.detector import NS, DetectedEvent, Output, Tracks
from models.detect.tracker import Sighting
from models.zones import read_zones
from tests.models.detect.samples import ALL_ON, WALL

LEFT = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
RIGHT = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]


def zones(**modes: str) -> str:
    places = {"left": LEFT, "right": RIGHT, "path": [[0.1, 0.5], [0.4, 0.5], [0.4, 1], [0.1, 1]]}
    return json.dumps([{"name": name, "mode": mode, "points": places[name]} for name, mode in modes.items()])


@pytest.mark.parametrize("shape", [(180, 320), (180, 101), (101, 180), (2, 2), (8, 8)])
def test_every_pixel_is_in_one_cell(shape: tuple[int, int]) -> None:
    mask = np.zeros(shape, np.bool_)
    mask[shape[0] // 2 :, : shape[1] // 2] = True
    counts = cells(mask).reshape(ROWS, COLUMNS)
    assert counts.sum() == mask.sum()
    assert counts[: ROWS // 2 - 1].sum() == counts[:, COLUMNS // 2 + 1 :].sum() == 0


@pytest.mark.parametrize(
    ("text", "allowed", "named"),
    [
        ("", [True, True], [[], []]),
        (zones(left="in"), [True, False], [["left"], []]),
        (zones(left="out"), [False, True], [[], []]),
        (zones(path="name"), [True, True], [["path"], []]),
        (zones(left="in", path="out"), [False, False], [["left"], []]),
        (zones(left="in", right="in", path="name"), [True, True], [["left", "path"], ["right"]]),
    ],
)
def test_in_out_and_names(text: str, allowed: list[bool], named: list[list[str]]) -> None:
    fence = Fence(read_zones(text), "person", 0)
    points = [(0.2, 0.7), (0.8, 0.7)]
    assert [fence.allows(point) for point in points] == allowed
    assert [fence.names(point) for point in points] == named
    for (x, y), counts in zip(points, allowed, strict=True):
        cell = int(y * ROWS) * COLUMNS + int(x * COLUMNS)
        assert bool(fence.chosen[cell]) is counts


def test_a_zone_for_others_changes_nothing_and_all_turn_with_the_picture() -> None:
    text = json.dumps([{"name": "left", "for": ["dog"], "points": LEFT}])
    assert Fence(read_zones(text), "person", 0).allows((0.9, 0.5))
    turned = Fence(read_zones(text), "dog", 90)  # the left half is above then
    assert (turned.allows((0.9, 0.1)), turned.allows((0.1, 0.9))) == (True, False)
    assert turned.chosen.reshape(ROWS, COLUMNS)[: ROWS // 2].all()


def somebody_walks(settings: dict[str, str | int | bool], x: float) -> list[Output]:
    judge = objects.Judge()
    judge.configure(settings)
    found: list[Output] = []
    for step in range(40):
        left = x + step * 4
        sighting = Sighting("person", 80, (left, 300.0, left + 60, 500.0))
        sightings = (sighting,) if step < 20 else ()
        pts = step * NS // 2
        found += judge.feed(objects.Seen(pts, WALL + pts, (1280, 720), sightings))
    return found + judge.reset()


def test_a_visit_counts_where_its_feet_are_and_says_where() -> None:
    only_left = ALL_ON | {"zones": zones(left="in", path="name")}
    assert not [one for one in somebody_walks(only_left, 800) if isinstance(one, DetectedEvent | Tracks)]
    found = somebody_walks(only_left, 400)
    [finding] = [one for one in found if isinstance(one, DetectedEvent)]
    assert finding.details["zones"] == ["left", "path"]
    [everywhere] = [one for one in somebody_walks(ALL_ON, 800) if isinstance(one, DetectedEvent)]
    assert "zones" not in everywhere.details
    assert feet((0, 0, 10, 720), (1280, 720))[1] < 1


def something_moves(settings: dict[str, str | int | bool], column: int) -> list[DetectedEvent]:
    judge = motion.Judge()
    judge.configure(settings)
    counts = np.zeros(CELLS, np.int32)
    counts.reshape(ROWS, COLUMNS)[4:12, column : column + 8] = 90
    found: list[Output] = []
    for step in range(20):
        pts = step * NS // 10
        found += judge.feed(motion.Seen(pts, WALL + pts, (1280, 720), 57_600, counts, counts, counts))
    return [one for one in found if isinstance(one, DetectedEvent)]


def test_motion_counts_in_its_zones_and_says_where() -> None:
    only_left = ALL_ON | {"zones": zones(left="in")}
    assert something_moves(only_left, 20) == []
    [left] = something_moves(only_left, 4)
    assert left.details["zones"] == ["left"]
    [anywhere] = something_moves(ALL_ON, 20)
    assert "zones" not in anywhere.details
    assert anywhere.details["changedPercent"] == left.details["changedPercent"]
