"""The work itself: questions as bytes in, answers as bytes out, several at once. Knows nothing of Ray.

A question that cannot be read is answered with why, and harms none of those beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.detector.inference import Engine, load
from config.boot import Boot
from models.detect.boxes import Candidate
from models.detect.detector import Picture, Run
from models.detect.objects import COCO, KEYS, NETS, lowest_scores
from models.detect.remote_sightings import Seen, Sights
from models.detect.sound_classifier import MN04_WINDOW, NETWORKS, listened
from models.pool.pictures import decoded
from models.pool.wire_format import (
    WireError,
    pictures_answer,
    read_pictures_question,
    sound_answer,
)

Floats = NDArray[np.float32]
FULL_SCALE = np.float32(1 / 32768)


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` of an answer, or ``fault``: why the question cannot be answered. ``batch``: how many ran together."""

    body: bytes
    fault: str
    batch: int


class Objects:
    """One network for persons and dogs."""

    def __init__(self, boot: Boot, engine: Engine) -> None:
        self._id = boot.detection.object_model
        self._net = NETS[self._id]
        self._run = load(boot, self._id, lambda: None, engine)
        self._together = engine.batches
        self._scales = {kind: self._net.scales[coco] for kind, coco in COCO.items()}

    def answer(self, questions: Sequence[bytes]) -> list[Answer]:
        read = [_readable(question) for question in questions]
        pictures = [picture for one in read if not isinstance(one, str) for picture in one[0]]
        outputs = iter(self._outputs(pictures))
        answers = []
        for one in read:
            if isinstance(one, str):
                answers.append(Answer(b"", one, len(pictures)))
                continue
            lowest = lowest_scores(self._net, {kind: value for kind, value in one[1].items() if kind in COCO})
            found = [self._net.decode(out, picture, lowest) for picture, out in zip(one[0], outputs, strict=False)]
            seen = tuple(
                tuple(_seen(one, picture) for one in some) for some, picture in zip(found, one[0], strict=True)
            )
            answers.append(Answer(pictures_answer(Sights(self._id, self._scales, seen)), "", len(pictures)))
        return answers

    def _outputs(self, pictures: Sequence[Picture]) -> Iterable[list[Floats]]:
        inputs = [self._net.prepare(picture) for picture in pictures]
        if not self._together or len(inputs) < 2:
            return (list(self._run(one)) for one in inputs)
        joined = {name: np.concatenate([one[name] for one in inputs]) for name in inputs[0]}
        outputs = self._run(joined)
        return [[output[row : row + 1] for output in outputs] for row in range(len(inputs))]


def _readable(question: bytes) -> tuple[tuple[Picture, ...], dict[str, float]] | str:
    try:
        jpegs, lowest = read_pictures_question(question)
        return tuple(decoded(jpeg) for jpeg in jpegs), lowest
    except WireError as error:
        return str(error)


def _seen(one: Candidate, picture: Picture) -> Seen:
    x1, y1, x2, y2 = one.box
    box = (x1 / picture.width, y1 / picture.height, x2 / picture.width, y2 / picture.height)
    return Seen(KEYS[one.coco_class], one.score, box)


class Sounds:
    """YAMNet and mn04 for barks and cries."""

    def __init__(self, boot: Boot, engine: Engine) -> None:
        self._runs: dict[str, Run] = {name: load(boot, name, lambda: None, engine) for name in NETWORKS}

    def answer(self, questions: Sequence[tuple[bytes, tuple[str, ...]]]) -> list[Answer]:
        return [self._one(samples, names, len(questions)) for samples, names in questions]

    def _one(self, samples: bytes, names: tuple[str, ...], batch: int) -> Answer:
        if len(samples) != 2 * MN04_WINDOW:
            return Answer(b"", f"a window has {MN04_WINDOW} samples of 16 bits", batch)
        if unknown := [name for name in names if name not in self._runs]:
            return Answer(b"", f"there is no network {unknown[0]!r}", batch)
        wave = np.frombuffer(samples, "<i2").astype(np.float32) * FULL_SCALE
        scores = {name: listened(name, self._runs[name], wave) for name in dict.fromkeys(names)}
        return Answer(sound_answer(scores), "", batch)
