"""Zones out of what strangers send."""

import json

import pytest

from models.zones import ZONES_MAX, read_zones, zones_text

SQUARE = [[0, 0], [0.5, 0], [0.5, 0.5]]


def text(**zone: object) -> str:
    return json.dumps([{"name": "Drive", "points": SQUARE, **zone}])


def test_zones_have_one_normal_form() -> None:
    normal = zones_text(text(mode="out", **{"for": ["person", "motion"]}))
    assert normal is not None
    assert json.loads(normal) == [
        {"name": "Drive", "mode": "out", "for": ["motion", "person"], "points": [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]}
    ]
    assert zones_text(normal) == normal
    assert (zones_text(" "), zones_text("[]")) == ("", "")
    [zone] = read_zones(text())
    assert (zone.mode, zone.holds_for("dog")) == ("in", True)


@pytest.mark.parametrize(
    "wrong",
    [
        "{}",
        "[1]",
        "[" * 9000,
        text(name=""),
        text(name="a,b"),
        text(name="x" * 33),
        text(name=1),
        text(mode="inside"),
        text(**{"for": "person"}),
        text(**{"for": ["Person!"]}),
        text(**{"for": [[]]}),
        text(points=[]),
        text(other=1),
        json.dumps([{"name": name, "points": SQUARE} for name in ("Drive", "drive")]),
        json.dumps([{"name": f"z{n}", "points": SQUARE} for n in range(ZONES_MAX + 1)]),
    ],
)
def test_what_are_no_zones(wrong: str) -> None:
    assert zones_text(wrong) is None
