import numpy as np
import pytest

from models.detect.detector import Activity, Finding, Reading
from models.detect.sound import SoundLevel
from tests.models.detect.samples import ALL_ON, WALL, blocks, outputs, sound, tone


def heard(wave: "np.ndarray[tuple[int], np.dtype[np.int16]]", **settings: int) -> list[Finding]:
    found = outputs(SoundLevel(ALL_ON | settings, {}), blocks(wave))
    return [output for output in found if isinstance(output, Finding)]


@pytest.mark.parametrize(
    ("db", "threshold", "events"),
    [
        pytest.param(-34.5, 50, 1, id="just over"),
        pytest.param(-35.5, 50, 0, id="just under"),
        pytest.param(-12, 0, 0, id="0 wants it loud"),
        pytest.param(-9, 0, 1, id="as this"),
        pytest.param(-59, 100, 1, id="100 hears a whisper"),
    ],
)
def test_threshold(db: float, threshold: int, events: int) -> None:
    assert len(heard(tone(0.5, db), soundThreshold=threshold)) == events


def test_an_event_says_how_loud() -> None:
    [event] = heard(np.concatenate((tone(1, -80), tone(1, -20))))
    assert event.details == {"db": pytest.approx(-20, abs=0.2), "rms": pytest.approx(0.1, abs=0.003)}
    assert event.wall == WALL + 1_000_000_000


def test_cooldown() -> None:
    assert len(heard(tone(10, -20), soundCooldown=3)) == 4
    assert len(heard(tone(10, -20), soundCooldown=30)) == 1


def test_block_sizes_do_not_matter() -> None:
    wave = np.concatenate((tone(1, -80), tone(0.3, -20), tone(1, -80)))
    expected = outputs(SoundLevel(ALL_ON, {}), blocks(wave))
    for size in (7, 1600, 5000):
        assert outputs(SoundLevel(ALL_ON, {}), blocks(wave, size)) == expected


def test_it_becomes_quiet_again() -> None:
    wave = np.concatenate((tone(0.5, -20), tone(2, -80)))
    changes = [o.active for o in outputs(SoundLevel(ALL_ON, {}), blocks(wave)) if isinstance(o, Activity)]
    assert changes == [True, False]


def test_a_reading_for_each_window() -> None:
    readings = [o for o in SoundLevel(ALL_ON, {}).feed(sound(tone(1, -50))) if isinstance(o, Reading)]
    assert [(r.value, r.threshold, r.unit) for r in readings] == [(pytest.approx(-50, abs=0.2), -35, "dB")] * 10
