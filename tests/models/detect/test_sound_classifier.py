"""Windows and merging with scripted networks; the real ones on the labelled sample."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.detect.detector import NS, SAMPLE_RATE, Activity, DetectedEvent, Models, Run
from models.detect.sound import SoundLevel
from models.detect.sound_classifier import (
    HOP,
    MN04_CLASSES,
    SCALES,
    YAMNET_CLASSES,
    YAMNET_WINDOW,
    SoundClassifier,
    cry,
    mn04_bark,
    yamnet_bark,
)
from models.event_kinds import MORE_SOUNDS, Kind
from tests.models.detect.samples import ALL_ON, SAMPLES, blocks, findings, judged_again, outputs, real

Window = dict[str, dict[int, float]]  # network → class → logit
CRYING: Window = {"mn04_as": {23: 1.0}}
BARKING: Window = {"mn04_as": {74: 1.0, 75: 1.0}, "yamnet": {69: 0.9, 70: 0.8}}


def scripted(windows: list[Window]) -> Models:
    """Networks whose n-th window has these outputs (logits; YAMNet's are probabilities); nothing after the last."""

    def network(name: str, classes: int, nothing: float) -> Run:
        left = iter(windows)

        def run(_inputs: Mapping[str, NDArray[np.float32]]) -> Sequence[NDArray[np.float32]]:
            output = np.full((1, classes), nothing, np.float32)
            for index, score in next(left, {}).get(name, {}).items():
                output[0, index] = score
            return [output]

        return run

    return {"mn04_as": network("mn04_as", MN04_CLASSES, -9.0), "yamnet": network("yamnet", YAMNET_CLASSES, 0.0)}


def events(windows: list[Window], seconds: float = 30, **settings: int | bool) -> list[tuple[str, float]]:
    kind = SoundClassifier(ALL_ON | settings, scripted(windows))
    found = outputs(kind, blocks(np.zeros(int(seconds * SAMPLE_RATE), np.int16)))
    return [(o.key, round(o.pts / NS, 2)) for o in found if isinstance(o, DetectedEvent)]


@pytest.mark.parametrize("heard", [CRYING, BARKING])
def test_one_window_is_no_event(heard: Window) -> None:
    assert events([{}, heard, {}]) == []


@pytest.mark.parametrize(("heard", "key"), [(CRYING, "baby_cry"), (BARKING, "dog_bark")])
def test_two_in_a_row_are(heard: Window, key: str) -> None:
    # The windows end at 0.96 and 1.44 s; both times YAMNet heard 0.46 to 0.96 s.
    assert events([{}, heard, heard]) == [(key, 0.71)]


def test_a_bark_needs_both_networks() -> None:
    for name in ("yamnet", "mn04_as"):
        assert events([{name: BARKING[name]}] * 5) == []


def test_the_networks_may_hear_a_bark_at_different_moments() -> None:
    by_mn04, by_yamnet = ({name: BARKING[name]} for name in ("mn04_as", "yamnet"))
    assert events([{}, by_mn04, by_mn04, by_yamnet, by_yamnet]) == [("dog_bark", 1.67)]
    assert events([{}, by_mn04, by_mn04, {}, {}, {}, by_yamnet, by_yamnet]) == []


def test_hits_near_each_other_are_one_event() -> None:
    pause: list[Window] = [{}] * 9  # 4.3 s
    assert len(events([CRYING, CRYING, *pause, CRYING, CRYING])) == 1
    pause = [{}] * 12
    assert len(events([CRYING, CRYING, *pause, CRYING, CRYING])) == 2


def test_the_cooldown_is_that_of_sound() -> None:
    pause: list[Window] = [{}] * 12
    assert len(events([CRYING, CRYING, *pause, CRYING, CRYING], soundCooldown=30)) == 1


def test_both_at_once() -> None:
    both: Window = {"mn04_as": CRYING["mn04_as"] | BARKING["mn04_as"], "yamnet": BARKING["yamnet"]}
    assert {key for key, _ in events([both] * 3)} == {"dog_bark", "baby_cry"}
    assert events([both] * 3, dogBarkClassificationEnabled=False) == [("baby_cry", 0.23)]


def test_confidence_is_inclusive() -> None:
    logit = SCALES["baby_cry"].threshold(80)
    assert events([{"mn04_as": {23: logit + 0.01}}] * 2, babyCryClassificationConfidence=80)
    assert not events([{"mn04_as": {23: logit - 0.01}}] * 2, babyCryClassificationConfidence=80)


@pytest.mark.parametrize("kind", MORE_SOUNDS, ids=lambda kind: kind.key)
def test_more_sounds_are_heard_where_they_are_wanted(kind: Kind) -> None:
    heard: list[Window] = [{"mn04_as": {kind.classes[-1]: 1.0}}] * 2
    assert events(heard) == []
    assert events(heard, **{kind.switch: True}) == [(kind.key, 0.23)]


def test_a_rival_that_is_louder_takes_away() -> None:
    logits = np.full(MN04_CLASSES, -9, np.float32)
    logits[23] = -1
    assert cry(logits) == pytest.approx(-1)
    logits[17] = 0  # a baby's laugh
    assert cry(logits) == pytest.approx(-2.5)
    logits[[74, 75, 23]] = 1, 0, 2
    assert mn04_bark(logits) == pytest.approx(-1)


def test_scores_beyond_all_measure_are_kept_as_the_last_step() -> None:
    kind = SoundClassifier(ALL_ON, scripted([{"mn04_as": {23: 1e4}}, {"mn04_as": {23: 1e4}}]))
    found = outputs(kind, blocks(np.zeros(4 * SAMPLE_RATE, np.int16)))
    assert judged_again("sound_classifier", found) == findings(found) != []


def test_the_name_is_that_of_the_loudest_class() -> None:
    scores = np.zeros(YAMNET_CLASSES, np.float32)
    scores[[69, 70, 71]] = 0.5, 0.7, 0.9
    assert yamnet_bark(scores) == (pytest.approx(np.log(9) / 2, abs=1e-3), "Yip")
    scores[69] = 0.95
    assert yamnet_bark(scores)[1] == "Dog"


def test_windows_overlap() -> None:
    starts: list[float] = []

    def yamnet(inputs: Mapping[str, NDArray[np.float32]]) -> Sequence[NDArray[np.float32]]:
        starts.append(float(inputs["waveform"][0, 0]))
        return [np.zeros((1, YAMNET_CLASSES), np.float32)]

    ramp = (np.arange(5 * HOP) // 2).astype(np.int16)
    outputs(SoundClassifier(ALL_ON, scripted([]) | {"yamnet": yamnet}), blocks(ramp))
    before = [0, 0, 0]  # they begin before the first sound
    after = [(number * HOP - YAMNET_WINDOW) // 2 for number in (3, 4, 5)]
    assert [round(start * 32768) for start in starts] == [*before[:2], *after]


def test_it_ends_when_it_is_over() -> None:
    kind = SoundClassifier(ALL_ON, scripted([CRYING, CRYING, CRYING]))
    found = outputs(kind, blocks(np.zeros(30 * SAMPLE_RATE, np.int16)))
    assert [(o.key, o.active) for o in found if isinstance(o, Activity)] == [("baby_cry", True), ("baby_cry", False)]


# ---------------------------------------------------------------- the real networks


def recording(path: Path) -> NDArray[np.int16]:
    import av

    resampler = av.AudioResampler("s16", "mono", 16_000)
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames])


def keys_heard(models: Models, wave: NDArray[np.int16]) -> list[tuple[str, float]]:
    silence = np.zeros(2 * YAMNET_WINDOW, np.int16)  # a camera goes on listening after a short sound
    found = outputs(SoundClassifier(ALL_ON, models), blocks(np.concatenate((wave, silence))))
    return [(o.key, o.pts / NS) for o in found if isinstance(o, DetectedEvent)]


@pytest.fixture(scope="module")
def models() -> Models:
    return real("yamnet", "mn04_as")


@pytest.mark.slow
def test_the_labelled_clips(models: Models) -> None:
    """20 barks, 20 cries, 42 of neither: as good as the measured reference, docs/detection.md."""
    with (SAMPLES / "audio" / "labels.csv").open() as file:
        clips = list(csv.DictReader(file))
    right: dict[str, int] = {}
    false: list[str] = []
    for clip in clips:
        for key in {key.upper() for key, _ in keys_heard(models, recording(SAMPLES / "audio" / clip["file"]))}:
            if key == clip["label"]:
                right[key] = right.get(key, 0) + 1
            else:
                false.append(clip["file"])
    assert right["DOG_BARK"] >= 19
    assert right["BABY_CRY"] >= 19
    assert false == []


@pytest.mark.slow
def test_the_four_minute_stream(models: Models) -> None:
    """Six barks and six cries among music, speech and other noises: all of them, and nothing else."""
    labels = json.loads((SAMPLES / "audio" / "stream_dev.json").read_text())["events"]
    wave = recording(SAMPLES / "audio" / "stream_dev.flac")
    told = outputs(SoundClassifier(ALL_ON, models), blocks(wave))
    heard = [(o.key, o.pts / NS) for o in findings(told)]
    assert judged_again("sound_classifier", told) == findings(told)
    levels = outputs(SoundLevel(ALL_ON, {}), blocks(wave))
    assert judged_again("sound", levels) == findings(levels)
    expected = [label for label in labels if label["label"] != "NONE"]
    assert len(heard) == len(expected)
    for (key, at), label in zip(heard, expected, strict=True):
        assert key.upper() == label["label"]
        assert label["start"] - 0.5 <= at <= label["end"] + 0.5
