"""Visits from sightings: a table of little stories."""

import pytest

from models.detect.detector import NS
from models.detect.tracker import MAX_TRACKS, Box, Sighting, Tracker

WANTED = {"person": 50, "dog": 50}
SIZE = (1000, 400)


def at(x: float, y: float = 100, width: float = 40, height: float = 100) -> Box:
    return (x, y, x + width, y + height)


def person(x: float, confidence: int = 80, stir: float = 1.0) -> Sighting:
    return Sighting("person", confidence, at(x), stir)


def still(x: float, confidence: int = 80) -> Sighting:
    return person(x, confidence, 0.0)


def story(pictures: list[list[Sighting]], every_s: float = 0.5) -> list[tuple[float, str, int]]:
    """(second, appeared or gone, track) as it was told."""
    tracker, told = Tracker(), []
    for index, sightings in enumerate(pictures):
        pts = int(index * every_s * NS)
        update = tracker.update(sightings, WANTED, pts, pts, SIZE)
        told += [(index * every_s, "gone", track.id) for track in update.gone]
        told += [(index * every_s, "appeared", track.id) for track in update.appeared]
    return told


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        pytest.param([[person(0)]] + [[]] * 9, [], id="one picture is an error"),
        pytest.param([[person(0)], [person(5)]], [(0.5, "appeared", 1)], id="two in a row are a visit"),
        pytest.param([[person(0)], [], [person(5)]], [(1.0, "appeared", 1)], id="two of three too"),
        pytest.param([[person(0)], [], [], [person(5)]], [], id="two of four are not"),
        pytest.param([[person(0)], [person(5, 40)], [person(9, 40)]], [], id="weak ones do not make a visit"),
        pytest.param([[person(0, 40)]] * 9, [], id="not even many"),
        pytest.param(
            [[person(0)]] * 2 + [[person(0, 40)]] * 20 + [[]] * 6,
            [(0.5, "appeared", 1), (13.0, "gone", 1)],
            id="but keep one alive",
        ),
        pytest.param(
            [[person(0)]] * 2 + [[]] * 3 + [[person(10)]] * 2,
            [(0.5, "appeared", 1)],
            id="back within two seconds is the same",
        ),
        pytest.param(
            [[person(300)]] * 2 + [[]] * 25 + [[person(310)]] * 2,
            [(0.5, "appeared", 1)],
            id="who is lost inside the picture has 15 seconds",
        ),
        pytest.param(
            [[person(300)]] * 2 + [[]] * 32 + [[person(310)]] * 2,
            [(0.5, "appeared", 1), (16.0, "gone", 1), (17.5, "appeared", 2)],
            id="and not more",
        ),
        pytest.param(
            [[person(300)]] * 2 + [[]] * 10 + [[person(800)]] * 2,
            [(0.5, "appeared", 1), (6.5, "appeared", 2)],
            id="somebody else far away is somebody else",
        ),
        pytest.param(
            [[person(800 + 45 * x)] for x in range(4)] + [[]] * 6,
            [(0.5, "appeared", 1), (4.0, "gone", 1)],
            id="who walks out of the picture has left",
        ),
        pytest.param([[still(300)]] * 20, [], id="what never moves is no visit"),
        pytest.param(
            [[person(300)]] * 2 + [[still(300)]] * 200,
            [(0.5, "appeared", 1)],
            id="who stops stays",
        ),
        pytest.param(
            [[still(300)]] * 6 + [[person(x), still(300)] for x in (200, 230, 260)] + [[still(300)]] * 40,
            [(3.5, "appeared", 2), (19.5, "gone", 2)],
            id="a thing keeps no visit alive",
        ),
        pytest.param(
            [[still(300)]] * 6 + [[person(300)]] * 2,
            [(3.5, "appeared", 2)],
            id="who stands in front of a thing is a visit",
        ),
        pytest.param(
            [[person(0)]] * 2 + [[]] * 5 + [[person(10)]] * 2,
            [(0.5, "appeared", 1), (3.0, "gone", 1), (4.0, "appeared", 2)],
            id="later is a new one",
        ),
        pytest.param(
            [[person(0), person(400)]] * 2,
            [(0.5, "appeared", 1), (0.5, "appeared", 2)],
            id="two at once are two",
        ),
        pytest.param(
            [[person(x), person(400 - x)] for x in range(0, 401, 40)],
            [(0.5, "appeared", 1), (0.5, "appeared", 2)],
            id="two who pass each other stay two",
        ),
        pytest.param(
            [[person(0)], [Sighting("dog", 80, at(2))], [person(4)]],
            [(1.0, "appeared", 1)],
            id="a dog in between is no person",
        ),
        pytest.param([[person(x * 90.0)] for x in range(8)], [(0.5, "appeared", 1)], id="a runner is one"),
    ],
)
def test_story(pictures: list[list[Sighting]], expected: list[tuple[float, str, int]]) -> None:
    assert story(pictures) == expected


def test_a_visit_knows_its_best_moment() -> None:
    tracker = Tracker()
    for index, confidence in enumerate([60, 95, 70]):
        update = tracker.update([person(0, confidence)], WANTED, index * NS, index * NS, SIZE)
    assert [(track.best, track.confidence) for track in update.seen] == [(95, 70)]


def test_the_end_gives_back_who_was_there() -> None:
    tracker = Tracker()
    tracker.update([person(0), person(400)], WANTED, 0, 0, SIZE)
    tracker.update([person(0)], WANTED, NS // 2, 0, SIZE)
    assert [track.id for track in tracker.end()] == [1]
    assert not tracker.busy


def test_a_crowd_has_a_limit() -> None:
    tracker = Tracker()
    crowd = [person(x * 200.0) for x in range(MAX_TRACKS + 50)]
    for index in range(3):
        update = tracker.update(crowd, WANTED, index * NS // 2, 0, SIZE)
    assert len(update.seen) == MAX_TRACKS


def test_a_clock_that_stands_still_does_no_harm() -> None:
    tracker = Tracker()
    for _ in range(3):
        tracker.update([person(0), person(3)], WANTED, 0, 0, SIZE)
    assert tracker.busy


def test_where_others_have_gone_is_a_door() -> None:
    tracker, ended = Tracker(), []
    for visit in range(4):
        for index in range(160):
            pts = (visit * 160 + index) * NS // 2
            seen = [person(300 + 5 * index)] if index < 3 else []
            ended += [pts - track.pts for track in tracker.update(seen, WANTED, pts, pts, SIZE).gone]
    assert [round(away / NS) for away in ended] == [16, 16, 2, 2]


def test_where_somebody_is_overlooked_is_no_door() -> None:
    tracker, ended = Tracker(), []
    for visit in range(4):
        for index in range(60):
            pts = (visit * 60 + index) * NS // 2
            seen = [person(300)] if index < 3 else []
            ended += [pts - track.pts for track in tracker.update(seen, WANTED, pts, pts, SIZE).gone]
    assert [round(away / NS) for away in ended] == [16, 16, 16, 16]


def test_things_leave_room_for_visits() -> None:
    tracker, size = Tracker(), (10_000, 400)
    for index in range(5 * MAX_TRACKS * 2):
        tracker.update([Sighting("dog", 80, at(index // 5 * 50.0), 0.0)], WANTED, index * NS, 0, size)
    appeared = [tracker.update([person(x)], WANTED, (5 * MAX_TRACKS * 2 + x) * NS, 0, size).appeared for x in range(3)]
    assert [len(tracks) for tracks in appeared] == [0, 1, 0]


def test_a_visit_that_never_stirs_again_becomes_a_thing() -> None:
    tracker = Tracker()
    gone = []
    for index in range(1300):
        sighting = person(300) if index < 3 else still(300)
        gone += tracker.update([sighting], WANTED, index * NS // 2, 0, SIZE).gone
    assert len(gone) == 1
    assert not tracker.alive
