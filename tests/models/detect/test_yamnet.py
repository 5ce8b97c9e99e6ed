"""Windows and merging with a scripted network; the real one on the labelled sample."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.detect.detector import NS, Activity, Finding, Model
from models.detect.yamnet import CLASSES, HOP, KINDS, WINDOW, SoundClassifier, bark
from tests.models.detect.samples import ALL_ON, SAMPLES, blocks, outputs, yamnet_model

BARKS, CRY = {69: 0.9, 70: 0.8}, {20: 0.9}


def scripted(windows: list[dict[int, float]]) -> Model:
    """A network whose n-th window has these scores; silence after the last."""
    left = iter(windows)

    def run(inputs: Mapping[str, NDArray[np.float32]]) -> Sequence[NDArray[np.float32]]:
        assert inputs["waveform"].shape == (1, WINDOW)
        scores = np.zeros((1, CLASSES), np.float32)
        for index, score in next(left, {}).items():
            scores[0, index] = score
        return [scores]

    return Model("yamnet", run)


def events(windows: list[dict[int, float]], seconds: float = 30, **settings: int | bool) -> list[tuple[str, float]]:
    kind = SoundClassifier(ALL_ON | settings, scripted(windows))
    found = outputs(kind, blocks(np.zeros(int(seconds * 16_000), np.int16)))
    return [(o.key, round(o.pts / NS, 2)) for o in found if isinstance(o, Finding)]


def test_one_window_is_no_event() -> None:
    assert events([{}, BARKS, {}]) == []


def test_two_in_a_row_are() -> None:
    # The second window begins at 0.96 s; the middle of what both heard is 0.25 s after.
    assert events([{}, BARKS, BARKS]) == [("dog_bark", 1.21)]


def test_hits_near_each_other_are_one_event() -> None:
    pause: list[dict[int, float]] = [{}] * 9  # 4.3 s
    assert len(events([CRY, CRY, *pause, CRY, CRY])) == 1
    pause = [{}] * 12
    assert len(events([CRY, CRY, *pause, CRY, CRY])) == 2


def test_the_cooldown_is_that_of_sound() -> None:
    pause: list[dict[int, float]] = [{}] * 12
    assert len(events([CRY, CRY, *pause, CRY, CRY], soundCooldown=30)) == 1


def test_both_at_once() -> None:
    assert {key for key, _ in events([BARKS | CRY] * 3)} == {"dog_bark", "baby_cry"}
    assert events([BARKS | CRY] * 3, dogBarkClassificationEnabled=False) == [("baby_cry", 0.73)]


def test_confidence_is_inclusive() -> None:
    score = KINDS[1].scale.score(60)
    assert events([{20: score + 1e-6}] * 2, babyCryClassificationConfidence=60)
    assert not events([{20: score - 1e-4}] * 2, babyCryClassificationConfidence=60)


def test_the_class_is_the_loudest_one() -> None:
    scores = np.zeros(CLASSES, np.float32)
    scores[[69, 70, 71]] = 0.5, 0.7, 0.9
    assert bark(scores) == (pytest.approx(np.sqrt(0.5 * 0.9)), "Yip")


def test_windows_overlap() -> None:
    starts = []
    model = Model("yamnet", lambda i: starts.append(float(i["waveform"][0, 0])) or [np.zeros((1, CLASSES), np.float32)])  # type: ignore[func-returns-value]
    ramp = (np.arange(WINDOW + 3 * HOP) // 2).astype(np.int16)
    outputs(SoundClassifier(ALL_ON, model), blocks(ramp))
    assert [round(start * 32768) for start in starts] == [0, HOP // 2, HOP, 3 * HOP // 2]


def test_it_ends_when_it_is_over() -> None:
    kind = SoundClassifier(ALL_ON, scripted([CRY, CRY, CRY]))
    found = outputs(kind, blocks(np.zeros(30 * 16_000, np.int16)))
    assert [(o.key, o.active) for o in found if isinstance(o, Activity)] == [("baby_cry", True), ("baby_cry", False)]


# ---------------------------------------------------------------- the real network


def recording(path: Path) -> NDArray[np.int16]:
    import av

    resampler = av.AudioResampler("s16", "mono", 16_000)
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames])


def keys_heard(model: Model, wave: NDArray[np.int16]) -> list[tuple[str, float]]:
    silence = np.zeros(WINDOW + HOP, np.int16)  # a camera goes on listening after a short sound
    found = outputs(SoundClassifier(ALL_ON, model), blocks(np.concatenate((wave, silence))))
    return [(o.key, o.pts / NS) for o in found if isinstance(o, Finding)]


@pytest.fixture(scope="module")
def model() -> Model:
    return yamnet_model()


def test_the_labelled_clips(model: Model) -> None:
    """20 barks, 20 cries, 42 of neither: as good as the measured reference, docs/detection.md."""
    with (SAMPLES / "audio" / "labels.csv").open() as file:
        clips = list(csv.DictReader(file))
    right: dict[str, int] = {}
    false: list[str] = []
    for clip in clips:
        for key in {key.upper() for key, _ in keys_heard(model, recording(SAMPLES / "audio" / clip["file"]))}:
            if key == clip["label"]:
                right[key] = right.get(key, 0) + 1
            else:
                false.append(clip["file"])
    assert right["DOG_BARK"] >= 19
    assert right["BABY_CRY"] >= 19
    assert false == []


def test_the_four_minute_stream(model: Model) -> None:
    """Six barks and six cries among music, speech and other noises: all of them, and nothing else."""
    labels = json.loads((SAMPLES / "audio" / "stream_dev.json").read_text())["events"]
    heard = keys_heard(model, recording(SAMPLES / "audio" / "stream_dev.flac"))
    expected = [label for label in labels if label["label"] != "NONE"]
    assert len(heard) == len(expected)
    for (key, at), label in zip(heard, expected, strict=True):
        assert key.upper() == label["label"]
        assert label["start"] - 0.5 <= at <= label["end"] + 0.5
