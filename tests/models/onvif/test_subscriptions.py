"""Subscriptions: what is told, what is bounded, and when they end."""

import itertools

import pytest

from models.detect import DETECTORS, detector_class
from models.onvif.limits import IDLE_S, LIFE_MAX_S, LIFE_MIN_S, LIFE_S, QUEUE_MAX, SUBSCRIPTIONS_MAX
from models.onvif.subscriptions import EVERYTHING, Subscription, Subscriptions, life_of
from models.onvif.topics import CHANGED, INITIALIZED, TOPICS, Notice, of_switch

CAMERA = "192.0.2.7"


def made() -> Subscriptions:
    numbers = itertools.count()
    return Subscriptions(lambda: f"s{next(numbers)}")


def opened(all_of_them: Subscriptions, client: str = CAMERA, webhook: str = "", now: float = 0.0) -> Subscription:
    one = all_of_them.open(client, "", webhook, EVERYTHING, 600.0, now)
    assert one is not None
    return one


def learn(subscriptions: Subscriptions, switches: dict[str, bool], unix: float) -> None:
    subscriptions.learn({switch: (True, active) for switch, active in switches.items()}, unix)


def test_each_state_at_first_and_then_what_changes() -> None:
    subscriptions = made()
    learn(subscriptions, {"motion": True}, 1.0)
    one = opened(subscriptions)
    subscriptions.synchronise(one, 2.0)
    first = one.take(100)
    assert {notice.topic: notice.state for notice in first} == {
        number: number in of_switch("motion") for number, topic in enumerate(TOPICS) if topic.always
    }
    assert {notice.operation for notice in first} == {INITIALIZED}
    learn(subscriptions, {"dog_bark": True, "motion": True}, 3.0)
    learn(subscriptions, {"dog_bark": True}, 4.0)
    [bark] = of_switch("dog_bark")
    assert one.take(100) == [Notice(bark, True, CHANGED, 3.0)]


def test_only_the_topics_that_were_asked_for() -> None:
    subscriptions = made()
    one = subscriptions.open(CAMERA, "", "", frozenset({0}), 600.0, 0.0)
    assert one is not None
    learn(subscriptions, {"motion": True, "person": True}, 1.0)
    assert [notice.topic for notice in one.take(100)] == [0]


def test_a_full_queue_loses_no_last_state() -> None:
    subscriptions = made()
    one = opened(subscriptions)
    learn(subscriptions, {"person": True}, 0.0)
    for turn in range(QUEUE_MAX * 3):
        learn(subscriptions, {"motion": turn % 2 == 0}, float(turn))
    assert len(one.queue) == QUEUE_MAX
    assert one.dropped > 0
    [person] = of_switch("person")
    last = {notice.topic: notice.state for notice in one.queue}
    assert last == {person: True, **dict.fromkeys(of_switch("motion"), False)}


def test_they_end_by_themselves_unless_renewed_or_pulled() -> None:
    subscriptions = made()
    left, renewed, pulled = (opened(subscriptions) for _ in range(3))
    subscriptions.renew(renewed, 900.0, 100.0)
    subscriptions.pulled(pulled, 500.0)
    assert subscriptions.expire(599.0) == []
    assert subscriptions.expire(600.0) == [left]
    assert left.ended
    assert subscriptions.expire(1000.0) == [renewed]
    assert subscriptions.expire(1100.0) == [pulled]


def test_there_are_only_so_many_and_an_idle_one_of_the_same_client_makes_room() -> None:
    subscriptions = made()
    first = opened(subscriptions)
    for n in range(SUBSCRIPTIONS_MAX - 1):
        opened(subscriptions, client=f"198.51.100.{n}", now=IDLE_S)
    later = IDLE_S + 1
    assert subscriptions.open("203.0.113.1", "", "", EVERYTHING, 60.0, later) is None
    assert subscriptions.open(CAMERA, "", "", EVERYTHING, 60.0, later) is not None
    assert first.ended
    assert len(subscriptions) == SUBSCRIPTIONS_MAX


def test_who_waits_is_woken_by_news_and_by_the_end() -> None:
    subscriptions = made()
    one = opened(subscriptions)
    woken: list[bool] = []
    one.wake = lambda: woken.append(one.ended)
    learn(subscriptions, {"sound": True}, 1.0)
    subscriptions.end(one)
    subscriptions.end(one)
    assert woken == [False, True]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", LIFE_S),
        ("PT10M", 600.0),
        ("PT1S", LIFE_MIN_S),
        ("P1D", LIFE_MAX_S),
        ("PT600.5S", 600.5),
        ("1970-01-01T00:20:00Z", 200.0),
        ("1970-01-01T00:00:00Z", LIFE_MIN_S),
        ("P1Y", None),
        ("PT", None),
        ("soon", None),
        ("9" * 1000, None),
    ],
)
def test_how_long_it_lives(text: str, seconds: float | None) -> None:
    assert life_of(text, 1000.0) == seconds


def test_each_switch_of_the_detectors_has_a_topic() -> None:
    switches = {switch.key for name in DETECTORS for switch in detector_class(name).switches}
    assert {switch for topic in TOPICS for switch in topic.switches} == switches


def test_a_kind_beyond_the_six_is_told_from_when_it_is_switched_on() -> None:
    subscriptions = made()
    one = opened(subscriptions)
    [doorbell] = of_switch("doorbell")
    subscriptions.learn({"doorbell": (False, False)}, 1.0)
    assert one.take(100) == []
    subscriptions.learn({"doorbell": (True, False)}, 2.0)
    subscriptions.learn({"doorbell": (True, True)}, 3.0)
    subscriptions.learn({"doorbell": (False, False)}, 4.0)
    assert one.take(100) == [
        Notice(doorbell, False, INITIALIZED, 2.0),
        Notice(doorbell, True, CHANGED, 3.0),
        Notice(doorbell, False, CHANGED, 4.0),
    ]


def test_a_topic_of_several_kinds_shows_whether_there_is_any() -> None:
    subscriptions = made()
    one = opened(subscriptions)
    for switches in ({"dog": True}, {"cat": True}, {"dog": False}, {"cat": False}):
        learn(subscriptions, switches, 1.0)
    assert [notice.state for notice in one.take(100)] == [True, False]
