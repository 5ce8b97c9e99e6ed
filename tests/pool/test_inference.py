"""The networks as a pool runs them: what they see of a picture that came as bytes, alone and many at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from actors.detector.inference import Engine
from actors.detector.remote_inference import pictures_asked, sound_asked
from config.boot import Boot, DetectionBoot
from config.weights.catalogue import CATALOGUE
from models.detect.batches import with_batches
from models.detect.detector import NS, DetectedEvent, DetectedEventEnd, Picture
from models.detect.objects import NETS, ObjectDetector
from models.detect.remote_sightings import Lowest, Sights
from models.detect.sound_classifier import MN04_WINDOW, NETWORKS, listened
from models.pool.wire_format import read_pictures_answer
from pool.inference import Objects, Sounds
from tests.models.detect.samples import ALL_ON, WEIGHTS, one_by_one, real, session, weights

RNG = np.random.default_rng(3)
CPU = Engine()


def boot(tmp_path: Path, model_id: str = "yolox_nano") -> Boot:
    weights(CATALOGUE[model_id].file)
    return Boot(tmp_path, tmp_path, tmp_path, models_dir=WEIGHTS, detection=DetectionBoot(object_model=model_id))


class HalfElsewhere:
    """A pool that answers every question but those of some seconds."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.asked = self.silent = 0

    def look(self, pictures: Sequence[Picture], lowest: Lowest) -> Sights | None:
        self.asked += 1
        if self.asked // 6 % 2:  # three seconds there, three seconds away
            self.silent += 1
            return None
        question = pictures_asked(pictures, lowest)
        [answer] = self._objects.answer([question.body])
        return question.read(answer.body)

    def listen(self, wave: np.ndarray, networks: Mapping[str, int]) -> None:  # type: ignore[type-arg]
        raise AssertionError("an object detector does not listen")


def test_three_visits_in_the_video_whoever_looks(tmp_path: Path) -> None:
    """The pool comes and goes all the time: no visit is lost, none is split, their numbers go on."""
    detector, pool = ObjectDetector(ALL_ON, real("yolox_nano")), HalfElsewhere(Objects(boot(tmp_path), CPU))
    detector.elsewhere = pool
    told, visits = one_by_one(detector)
    appeared = [one for one in told if isinstance(one, DetectedEvent)]
    gone = [one for one in told if isinstance(one, DetectedEventEnd)]
    assert pool.silent > 20
    assert [one.visit for one in appeared] == [one.visit for one in gone] == sorted({one.visit for one in appeared})
    for event, end, visit in zip(appeared, gone, visits, strict=True):
        first, last = visit["person_any"]
        assert first <= event.pts * 10 / NS <= first + 20
        assert last - 20 <= end.wall * 10 / NS <= last + 1


def noise(width: int, height: int) -> Picture:
    planes = [
        RNG.integers(0, 256, size, dtype=np.uint8) for size in ((height, width), *[(height // 2, width // 2)] * 2)
    ]
    return Picture(*planes, 0, 0)


def test_bad_questions_do_not_harm_those_beside_them(tmp_path: Path) -> None:
    good = pictures_asked([noise(640, 360), noise(128, 128)], {"person": 1.0, "cat": 5.0}).body
    answers = Objects(boot(tmp_path), CPU).answer(
        [good, b"garbage", good[:-10], good.replace(b"\xff\xd8", b"\0\0"), good]
    )
    assert [bool(one.fault) for one in answers] == [False, True, True, True, False]
    assert answers[0].body == answers[4].body
    read_pictures_answer(answers[0].body, 2, {"person": 1.0})


@pytest.mark.parametrize("model_id", NETS)
def test_many_at_once_see_what_each_sees_alone(model_id: str) -> None:
    model = CATALOGUE[model_id]
    data = weights(model.file).read_bytes()
    one, many = session(data), session(with_batches(data))
    inputs = [NETS[model_id].prepare(noise(320, 240)) for _ in range(3)]
    together = many({name: np.concatenate([each[name] for each in inputs]) for name in inputs[0]})
    for row, alone in enumerate(map(one, inputs)):
        for mine, theirs in zip(alone, together, strict=True):
            assert theirs[row : row + 1] == pytest.approx(mine, abs=1e-4)


def test_sound_is_heard_as_on_the_device(tmp_path: Path) -> None:
    wave = (RNG.integers(-3000, 3000, MN04_WINDOW) / 32768).astype(np.float32)
    question = sound_asked(wave, NETWORKS)
    sounds, own = Sounds(boot(tmp_path), CPU), real(*NETWORKS)
    good, short, unknown = sounds.answer(
        [(question.body, tuple(NETWORKS)), (question.body[:-2], ("yamnet",)), (question.body, ("bat",))]
    )
    heard = question.read(good.body)
    for name in NETWORKS:
        assert heard[name] == pytest.approx(listened(name, own[name], wave), abs=1e-4)
    assert "samples" in short.fault
    assert "bat" in unknown.fault
