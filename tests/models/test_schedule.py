"""When detections count."""

from datetime import datetime, timedelta, timezone

import pytest

from models.schedule import Clock, location_text, read_location, read_schedules, schedules_text, sun_minutes

CET, CEST = timezone(timedelta(hours=1)), timezone(timedelta(hours=2))
BERLIN = (52.52, 13.405)
MONDAY = datetime(2026, 6, 22, tzinfo=CEST)


def counts(text: str, hour: float, day: int = 0, place: tuple[float, float] | None = None) -> bool:
    spans = read_schedules(text)["person"]
    now = MONDAY + timedelta(days=day, hours=hour)
    return any(span.holds(now, place) for span in spans)


@pytest.mark.parametrize(
    ("span", "within", "without"),
    [
        ('{"from": "08:00", "to": "18:00"}', [(8, 0), (17.99, 3)], [(7.99, 0), (18, 0)]),
        ('{"from": "22:00", "to": "06:00"}', [(22, 0), (0, 0), (5.99, 0)], [(6, 0), (21.99, 0)]),
        ('{"days": ["mo"], "from": "22:00", "to": "06:00"}', [(22, 0), (5, 1)], [(5, 0), (22, 1), (5, 2)]),
        ('{"days": ["sa", "su"], "from": "00:00", "to": "00:00"}', [(0, 5), (23, 6)], [(12, 0), (0, 7)]),
        ('{"from": "sunset", "to": "sunrise"}', [(19, 0), (5, 0)], [(12, 0)]),
        ('{"from": "sunrise-60", "to": "sunset+30"}', [(5, 0), (18.4, 0)], [(4.9, 0), (18.6, 0)]),
        ('{"from": "sunrise-420", "to": "sunrise"}', [(23, 0), (5.9, 0)], [(22.9, 0), (6, 0)]),
    ],
)
def test_spans(span: str, within: list[tuple[float, int]], without: list[tuple[float, int]]) -> None:
    text = f'{{"person": [{span}]}}'
    assert schedules_text(text) == text
    assert [counts(text, *at) for at in within] == [True] * len(within)
    assert [counts(text, *at) for at in without] == [False] * len(without)


@pytest.mark.parametrize(
    ("day", "rise", "set_"),
    [
        (MONDAY, (4, 43), (21, 33)),
        (datetime(2026, 12, 21, tzinfo=CET), (8, 15), (15, 54)),
        (datetime(2026, 3, 20, tzinfo=CET), (6, 10), (18, 18)),
    ],
)
def test_the_sun_over_berlin(day: datetime, rise: tuple[int, int], set_: tuple[int, int]) -> None:
    assert sun_minutes(day, BERLIN, rising=True) == pytest.approx(rise[0] * 60 + rise[1], abs=6)
    assert sun_minutes(day, BERLIN, rising=False) == pytest.approx(set_[0] * 60 + set_[1], abs=6)


def test_a_day_without_a_night() -> None:
    assert sun_minutes(MONDAY, (80.0, 13.0), rising=False) - sun_minutes(MONDAY, (80.0, 13.0), rising=True) == 1440


@pytest.mark.parametrize(
    "wrong",
    [
        "[]",
        '{"person": []}',
        '{"person": [{"from": "8:00", "to": "9:00"}]}',
        '{"person": [{"from": "24:00", "to": "09:00"}]}',
        '{"person": [{"from": "noon", "to": "09:00"}]}',
        '{"person": [{"from": "08:00"}]}',
        '{"person": [{"from": "08:00", "to": "09:00", "days": ["monday"]}]}',
        '{"person": [{"from": "08:00", "to": "09:00", "days": [1]}]}',
        '{"Person!": [{"from": "08:00", "to": "09:00"}]}',
        "[" * 5000,
    ],
)
def test_what_are_no_schedules(wrong: str) -> None:
    assert schedules_text(wrong) is None


def test_the_clock_of_a_detection_that_is_not_named_always_runs() -> None:
    clock = Clock(read_schedules('{"person": [{"from": "00:00", "to": "00:00"}]}'), None)
    assert clock.counts("person", 0)
    assert clock.counts("motion", 0)
    spans = '{"person": [{"from": "00:00", "to": "12:00"}], "dog": [{"from": "12:00", "to": "00:00"}]}'
    clock = Clock(read_schedules(spans), None)
    day = [(clock.counts("person", h * 3600 * 10**9), clock.counts("dog", h * 3600 * 10**9)) for h in range(24)]
    assert sorted(day) == [(False, True)] * 12 + [(True, False)] * 12


def test_places() -> None:
    assert read_location("52.52,13.405") == BERLIN
    assert (location_text(" 52.520, 13.405 "), location_text(""), location_text("91,0"), location_text("here")) == (
        "52.52, 13.405",
        "",
        None,
        None,
    )
