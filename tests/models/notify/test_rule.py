"""When somebody is told."""

import pytest

from models.errors import Invalid
from models.events import Event
from models.notify.rule import Rule, parse, restored

MON, TUE, SUN = 0, 1, 6
NIGHT = Rule("r", "night", ("MOTION",), ("c",), (MON,), start=22 * 60, end=6 * 60)
DAY = Rule("r", "day", ("MOTION",), ("c",), (MON,), start=8 * 60, end=17 * 60)
BODY = {"types": ["MOTION"], "channels": ["c"]}


def motion(**other: object) -> Event:
    return Event(**{"id": 1, "event_id": 1, "type": "MOTION", "timestamp": 1000, "details": {}, **other})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "weekday", "clock", "fits"),
    [
        pytest.param(DAY, MON, "07:59", False, id="a minute too early"),
        pytest.param(DAY, MON, "08:00", True, id="the first minute"),
        pytest.param(DAY, MON, "17:00", False, id="the end is not in it"),
        pytest.param(DAY, TUE, "12:00", False, id="another day"),
        pytest.param(NIGHT, MON, "23:00", True, id="the night begins on its day"),
        pytest.param(NIGHT, TUE, "05:59", True, id="and goes on into the next"),
        pytest.param(NIGHT, TUE, "06:00", False, id="until its end"),
        pytest.param(NIGHT, MON, "05:00", False, id="the night before belongs to Sunday"),
        pytest.param(Rule("r", "", ("MOTION",), (), (SUN,)), SUN, "00:00", True, id="all day"),
        pytest.param(Rule("r", "", ("MOTION",), (), enabled=False), MON, "12:00", False, id="switched off"),
        pytest.param(Rule("r", "", ("DOG_BARK",), ()), MON, "12:00", False, id="another type"),
        pytest.param(Rule("r", "", ("MOTION",), (), since=1001), MON, "12:00", False, id="before there was the rule"),
    ],
)
def test_days_and_hours(rule: Rule, weekday: int, clock: str, fits: bool) -> None:
    hours, minutes = clock.split(":")
    assert rule.fits(motion(), weekday, int(hours) * 60 + int(minutes)) is fits


def test_the_end_of_a_visit_is_told_to_nobody() -> None:
    assert not Rule("r", "", ("MOTION",), ()).fits(motion(phase="disappeared"), MON, 0)


def test_what_is_shown_is_what_can_be_put() -> None:
    rule = parse({**BODY, "days": ["tue", "mon"], "from": "22:00", "to": "06:00", "everyMin": 5}, "r", ["c"], 7)
    assert rule.days == (MON, TUE)
    assert parse({key: value for key, value in rule.shown().items() if key != "id"}, "r", ["c"], 7) == rule
    assert restored(rule.kept()) == rule


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"types": []}, "types"),
        ({"types": ["RAIN"]}, "types"),
        ({"types": "MOTION"}, "types"),
        ({"channels": ["other"]}, "channels"),
        ({"days": []}, "days"),
        ({"days": ["someday"]}, "days"),
        ({"from": "24:00"}, "from"),
        ({"to": 7}, "to"),
        ({"everyMin": -1}, "everyMin"),
        ({"everyMin": True}, "everyMin"),
        ({"everyMin": 1441}, "everyMin"),
        ({"unwatched": 1}, "unwatched"),
        ({"zones": "drive"}, "zones"),
        ({"zones": ["x" * 33]}, "zones"),
        ({"enabled": "yes"}, "enabled"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 65}, "name"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(Invalid, match=f"^{complaint}: "):
        parse({**BODY, **change}, "r", ["c"], 0)


def test_zones_choose() -> None:
    rule = parse({**BODY, "zones": ["drive", "porch"]}, "r", ["c"], 0)
    assert restored(rule.kept()) == rule
    fits = [
        rule.fits(Event(1, 1, BODY["types"][0], 1, details), 1, 0)
        for details in ({}, {"zones": ["porch"]}, {"zones": ["street"]})
    ]
    assert fits == [False, True, False]
