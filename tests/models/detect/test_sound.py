import numpy as np
import pytest

from models.detect.detector import Activity, DetectedEvent, Reading
from models.detect.sound import SoundLevel
from tests.models.detect.samples import ALL_ON, WALL, blocks, outputs, sound, tone


def heard(wave: "np.ndarray[tuple[int], np.dtype[np.int16]]", **settings: int) -> list[DetectedEvent]:
    found = outputs(SoundLevel(ALL_ON | settings, {}), blocks(wave))
    return [output for output in found if isinstance(output, DetectedEvent)]


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


def room(seconds: float, db: float, seed: int = 0) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    """A television: noise whose level wanders by some decibels four times a second."""
    rng = np.random.default_rng(seed)
    levels = 10 ** ((db + rng.normal(0, 4, int(seconds * 4))) / 20)
    return (rng.normal(0, 1, len(levels) * 4000) * np.repeat(levels, 4000) * 32767).clip(-32768, 32767).astype(np.int16)


def test_a_television_becomes_usual() -> None:
    found = heard(room(600, -28))
    assert found
    assert len([event for event in found if event.pts > 60_000_000_000]) < 15  # 180 without knowing the room
    readings = [o for o in outputs(SoundLevel(ALL_ON, {}), blocks(room(60, -28), 1600)) if isinstance(o, Reading)]
    assert readings[0].note == ""
    assert readings[-1].note == "the room is loud"
    assert -25 < readings[-1].threshold < -12


def test_what_is_louder_than_the_television_is_heard() -> None:
    found = heard(np.concatenate((room(120, -35), tone(0.5, -10), room(5, -35))))
    assert [event for event in found if 119 <= event.pts / 1e9 <= 121]


def test_a_quiet_room_is_quiet_again_after_a_loud_one() -> None:
    found = heard(np.concatenate((room(120, -28), tone(240, -70), tone(0.5, -30), tone(1, -70))))
    assert found[-1].pts / 1e9 == pytest.approx(360, abs=0.2)


def test_knocks_in_a_quiet_room_stay_events() -> None:
    knocks = np.concatenate([np.concatenate((tone(0.3, -30), tone(19.7, -75))) for _ in range(30)])
    assert len(heard(knocks)) == 30
