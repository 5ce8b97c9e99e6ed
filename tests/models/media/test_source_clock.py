"""The camera's clock, by its packets' arrival."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.media.source_clock import DecodeOrder, StreamClock

MS = 1_000_000
FRAME = 40 * MS
START = 5_000 * 1_000 * MS


def run(
    count: int, burst_ms: int = 0, ppm: float = 0.0, jitter_ms: float = 0.0, kept: int = 0
) -> tuple[StreamClock, list[int]]:
    """The errors (ns) of the capture times of ``count`` pictures; the first ``kept`` are sent at once, later."""
    clock, chance, errors = StreamClock(), random.Random(4), []
    for number in range(count):
        captured = number * FRAME
        arrival = captured + int(chance.random() * jitter_ms * MS)
        if burst_ms:
            arrival = (captured // (burst_ms * MS) + 1) * burst_ms * MS
        arrival = max(arrival, kept * FRAME)
        clock.feed(int(captured * (1 + ppm / 1e6)) + 123_456_789_000, START + arrival)
        errors.append(clock.at(int(captured * (1 + ppm / 1e6)) + 123_456_789_000) - START - captured)
    return clock, errors


@pytest.mark.parametrize("ppm", [-200, 0, 200])
@pytest.mark.parametrize("how", [{"burst_ms": 400}, {"jitter_ms": 10}, {"jitter_ms": 100}])
def test_ten_minutes_of_drift_and_unevenness(how: dict[str, int], ppm: float) -> None:
    _, errors = run(15_000, ppm=ppm, **how)
    least = FRAME if "burst_ms" in how else 0  # the last one of a burst was captured that long before it
    assert all(least - 6 * MS < error < least + 15 * MS for error in errors[75:])


def test_the_depth_is_what_the_source_needs() -> None:
    assert run(500, jitter_ms=10)[0].depth == 0
    assert run(500, burst_ms=400)[0].depth == 360 * MS


def test_what_a_camera_had_kept_costs_no_delay() -> None:
    clock, errors = run(500, jitter_ms=5, kept=100)
    assert clock.depth == 0
    assert abs(errors[-1]) < 10 * MS


def test_one_hiccup_does_not_delay_everybody() -> None:
    clock = StreamClock()
    for number in range(200):
        late = 600 * MS if number == 100 else 0
        clock.feed(number * FRAME, START + number * FRAME + late)
    assert clock.depth == 0


def test_a_clock_that_jumps_begins_anew_and_one_that_stands_still_is_useless() -> None:
    clock = StreamClock()
    for number in range(100):
        clock.feed(number * FRAME - (50 * FRAME if number >= 50 else 0), START + number * FRAME)
    assert clock.breaks == 1
    assert not clock.useless
    for number in range(100, 140):
        clock.feed(7, START + number * FRAME)
    assert clock.useless


def test_sound_follows_the_clock_of_the_picture_only_where_both_agree() -> None:
    picture = StreamClock()
    near, far = StreamClock(shared=picture.own), StreamClock(shared=picture.own)
    for number in range(50):
        picture.feed(number * FRAME, START + number * FRAME)
        near.feed(number * FRAME, START + number * FRAME + 300 * MS)
        far.feed(number * FRAME, START + number * FRAME + 9_000 * MS)
    assert abs(near.at(0) - START) < MS
    assert far.at(0) == START + 9_000 * MS


@given(st.integers(0, 3))
def test_decoding_times_of_b_frames_are_even(between: int) -> None:
    order, step = DecodeOrder(), between + 1
    groups = [[start + step, *range(start + 1, start + step)] for start in range(0, 60 * step, step)]
    times = [order.time_of(number * FRAME) for group in ([0], *groups) for number in group]
    settled = times[4 * step :]
    assert all(later - earlier == FRAME for earlier, later in pairwise(settled))


def test_decoding_times_begin_anew_with_the_time_stamps() -> None:
    order = DecodeOrder()
    for number in range(50, 60):
        order.time_of(number * FRAME)
    assert order.time_of(0) == 0
