"""Confidence, pace, level: the small arithmetic."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import REGISTRY
from models.detect.confidence import TUNED, Scale
from models.detect.detector import NS
from models.detect.frame_sampler import Pace
from models.detect.motion import sensitivity
from models.detect.sound import decibel, rms, threshold_db

SCALES = [Scale(0.25, 2.5), Scale(0.1, 3.0), Scale(0.35, 2.2), Scale(0.45, 1.6)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("confidence", [1, 30, 50, 60, 99])
def test_the_score_of_a_confidence_gives_it_back(scale: Scale, confidence: int) -> None:
    assert scale.confidence(scale.threshold(confidence)) == confidence
    assert scale.confidence(scale.threshold(confidence) - 1e-3) == max(1, confidence - 1)
    assert scale.score(confidence) == pytest.approx(1 / (1 + np.exp(-scale.threshold(confidence))))


def test_the_default_is_the_tuned_point() -> None:
    assert {REGISTRY[key].default for key in REGISTRY if key.endswith("Confidence")} == {TUNED}
    assert Scale(0.35, 2.2).score(TUNED) == pytest.approx(0.35)


@given(st.floats(-50, 50), st.sampled_from(SCALES))
def test_any_score_has_a_confidence(score: float, scale: Scale) -> None:
    assert 1 <= scale.confidence(score) <= 100


@pytest.mark.parametrize(
    ("fps", "rate", "expected"), [(30, 10, 10), (30, 2, 2), (15, 10, 10), (5, 10, 5), (25, 10, 10)]
)
def test_pace(fps: int, rate: float, expected: float) -> None:
    pace = Pace(rate)
    rng = np.random.default_rng(1)
    times = [int((n / fps + rng.uniform(-0.004, 0.004)) * NS) for n in range(fps * 20)]
    passed = sum(pace.due(t) for t in times)
    assert passed == pytest.approx(expected * 20, rel=0.12)


def test_pace_goes_on_when_the_clock_jumps() -> None:
    pace = Pace(10)
    assert pace.due(1000 * NS)
    assert pace.due(5 * NS)
    assert not pace.due(5 * NS + NS // 100)
    assert pace.due(9000 * NS)


@pytest.mark.parametrize(("setting", "area"), [(1, 20.0), (5, 1.9), (10, 0.1)])
def test_motion_sensitivity(setting: int, area: float) -> None:
    assert sensitivity(setting).area == pytest.approx(area, abs=0.01)


def test_more_sensitive_is_less_of_everything() -> None:
    steps = [sensitivity(setting) for setting in range(1, 11)]
    for one, next_one in pairwise(steps):
        assert next_one.area < one.area
        assert next_one.contrast < one.contrast


@pytest.mark.parametrize(("setting", "db"), [(0, -10), (50, -35), (100, -60)])
def test_sound_threshold(setting: int, db: float) -> None:
    assert threshold_db(setting) == db


def test_level_of_a_full_square_wave_is_zero_decibel() -> None:
    wave = np.tile(np.array([32767, -32768], np.int16), 800)
    assert decibel(rms(wave)) == pytest.approx(0, abs=0.01)


def test_silence_and_a_constant_are_nothing() -> None:
    assert decibel(rms(np.zeros(1600, np.int16))) == -100
    assert decibel(rms(np.full(1600, 9000, np.int16))) == -100
