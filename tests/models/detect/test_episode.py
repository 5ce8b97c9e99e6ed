"""From hits to events: time is a number."""

import pytest

from models.detect.detector import NS
from models.detect.episode import Episode


def told(hits: list[float], cooldown_s: float, repeat: bool, until: float = 60.0) -> list[float]:
    """When events are told, for hits at these seconds; fed each 0.1 s."""
    episode = Episode(2.0, 1.0) if repeat else Episode(2.0)
    ticks = [round(n / 10, 1) for n in range(int(until * 10))]
    return [t for t in ticks if episode.feed(t in hits, int(t * NS), cooldown_s)]


def steady(start: float, end: float) -> list[float]:
    return [round(n / 10, 1) for n in range(int(start * 10), int(end * 10))]


@pytest.mark.parametrize(
    ("hits", "cooldown", "repeat", "expected"),
    [
        pytest.param([1.0], 5, True, [1.0], id="one hit is one event"),
        pytest.param(steady(1, 12), 5, True, [1.0, 6.0, 11.0], id="what goes on is told each cooldown"),
        pytest.param(steady(1, 4), 0, True, [1.0, 2.0, 3.0], id="without a cooldown once a second, not each picture"),
        pytest.param(steady(1, 12), 5, False, [1.0], id="an episode is told once"),
        pytest.param([1.0, 2.5, 4.0], 0, False, [1.0], id="hits near each other are one episode"),
        pytest.param([1.0, 5.0], 0, False, [1.0, 5.0], id="after quiet a new one begins"),
        pytest.param([1.0, 5.0], 10, False, [1.0], id="and is not told within the cooldown"),
        pytest.param([1.0, *steady(5, 13)], 10, False, [1.0, 11.0], id="but when it goes on beyond it"),
    ],
)
def test_events(hits: list[float], cooldown: float, repeat: bool, expected: list[float]) -> None:
    assert told(hits, cooldown, repeat) == expected


def test_it_is_active_from_the_first_hit_until_it_was_quiet() -> None:
    episode = Episode(quiet_s=2.0, again_s=1.0)
    states = []
    for second in range(6):
        episode.feed(second == 1, second * NS, 5)
        states.append(episode.active)
    assert states == [False, True, True, True, False, False]


def test_a_gap_ends_it() -> None:
    episode = Episode(quiet_s=2.0, again_s=1.0)
    episode.feed(True, 0, 5)
    assert episode.reset()
    assert not episode.active
    assert not episode.reset()
