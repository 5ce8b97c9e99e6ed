"""Rules with time in them: time is a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.media import quality, sizes
from models.media.backoff import Backoff
from models.media.decimate import Decimator, RateMeter
from models.media.stall_detector import REPEATING_S, StallDetector
from models.media.throttle import Load, Throttle

NS = 1_000_000_000


def test_backoff_doubles_to_its_limit_and_starts_again() -> None:
    backoff = Backoff(0.5, 15)
    assert [backoff.failed() for _ in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    backoff.reset()
    assert backoff.failed() == 0.5


def test_a_silent_source_is_stalled_and_a_lively_one_is_not() -> None:
    stall = StallDetector()
    stall.opened(0)
    for second in range(60):
        stall.seen(second, second)
        assert stall.verdict(second + 0.5) == ""
    assert stall.verdict(66) == "no picture for 7 s"


def test_a_source_that_repeats_itself_is_stalled_and_then_given_more_time() -> None:
    stall = StallDetector()
    stall.opened(0)
    seconds = iter(range(1, 10_000))

    def next_verdict() -> int:
        for second in seconds:
            stall.seen(second, 7)
            if stall.verdict(second):
                stall.opened(second)
                return second
        raise AssertionError

    first, second, third = next_verdict(), next_verdict(), next_verdict()
    assert first == pytest.approx(REPEATING_S, abs=2)
    assert (second - first, third - second) == (
        pytest.approx(2 * REPEATING_S, abs=2),
        pytest.approx(4 * REPEATING_S, abs=2),
    )
    stall.seen(third + 1, 8)  # it lives
    assert stall.repeating_s == REPEATING_S


def test_equal_pictures_of_a_drawing_mean_nothing() -> None:
    stall = StallDetector()
    stall.opened(0)
    for second in range(1000):
        stall.seen(second, None)
        assert stall.verdict(second) == ""


def test_throttle_goes_down_in_steps_and_comes_back_in_steps() -> None:
    throttle = Throttle()
    rates = []
    for second in range(0, 60, 2):
        throttle.feed(second, Load(99))
        rates.append(throttle.fps(30))
    assert [rate for rate in dict.fromkeys(rates)] == [30, 22.5, 15, pytest.approx(9.9)]
    assert throttle.reason == "cpu"
    back = []
    for second in range(60, 160, 2):
        throttle.feed(second, Load(20))
        back.append(throttle.fps(30))
    assert list(dict.fromkeys(back)) == [pytest.approx(9.9), 15, 22.5, 30]
    assert throttle.reason == "none"


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        (Load(10, 85), "thermal"),
        (Load(99, 85), "thermal"),
        (Load(10, None, undervoltage=True), "undervoltage"),
        (Load(94, 79), "none"),
    ],
)
def test_throttle_says_why(load: Load, reason: str) -> None:
    throttle = Throttle()
    for second in range(0, 14, 2):
        throttle.feed(second, load)
    assert throttle.reason == reason


def test_a_short_peak_changes_nothing() -> None:
    throttle = Throttle()
    for second in range(0, 100, 2):
        assert not throttle.feed(second, Load(100 if second % 10 else 50))


@given(st.integers(1, 60), st.integers(1, 60))
def test_decimation_gives_the_rate_that_is_wanted(source: int, wanted: int) -> None:
    decimator = Decimator(float(wanted))
    taken = sum(decimator.wants(1000 * NS + number * NS // source) for number in range(source * 20))
    assert taken == pytest.approx(min(source, wanted) * 20, rel=0.05, abs=2)


def test_decimation_survives_a_clock_that_goes_back() -> None:
    decimator = Decimator(10)
    assert decimator.wants(1000 * NS)
    assert decimator.wants(5 * NS)
    assert not decimator.wants(5 * NS + 1000)


def test_rate_meter() -> None:
    meter = RateMeter()
    for number in range(100):
        meter.add(number / 25, 1000)
    assert meter.rate(4) == pytest.approx(25)
    assert meter.kbps(4) == pytest.approx(200)
    assert meter.rate(10) == 0


def test_rate_meter_takes_pictures_in_the_order_of_their_decoding() -> None:
    meter = RateMeter()
    for first in range(0, 40, 4):
        for number in (first + 3, first, first + 1, first + 2):
            meter.add(number / 10)
    assert meter.rate(4) == pytest.approx(10, rel=0.06)


def test_quality_is_bits_per_pixel() -> None:
    assert quality.bits_per_pixel(0) == pytest.approx(0.02)
    assert quality.bits_per_pixel(100) == pytest.approx(0.25)
    assert quality.bitrate(1280, 720, 30, 100) == 6_912_000
    rising = [quality.bitrate(1280, 720, 30, q) for q in range(101)]
    assert rising == sorted(set(rising))


@pytest.mark.parametrize(
    ("text", "size"), [("1280x720", (1280, 720)), ("x", None), ("1280X720", None), ("0x5", None), ("１x2", None)]
)
def test_size_from_text(text: str, size: tuple[int, int] | None) -> None:
    assert sizes.parse(text) == size


def test_ladder_keeps_the_shape_and_never_goes_above_the_source() -> None:
    assert sizes.ladder((1280, 720)) == ((426, 240), (640, 360), (854, 480), (1280, 720))
    assert sizes.ladder((640, 480)) == ((320, 240), (480, 360), (640, 480))
    assert sizes.ladder((200, 100)) == ((200, 100),)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ((640, 360), (640, 360)),
        ((1920, 1080), (1280, 720)),
        ((700, 400), (640, 360)),
        ((10, 10), (426, 240)),
        (None, (1280, 720)),
    ],
)
def test_choice_of_a_size(wanted: tuple[int, int] | None, chosen: tuple[int, int]) -> None:
    assert sizes.choose(wanted, sizes.ladder((1280, 720))) == chosen


def test_rates_of_a_source() -> None:
    assert sizes.rates(29.97) == (5, 10, 15, 20, 25, 30)
    assert sizes.rates(7) == (5, 7)
