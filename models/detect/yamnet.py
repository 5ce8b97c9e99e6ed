"""Dog bark and baby cry by YAMNet: one network for both.

Windows of 0.975 s each 0.48 s; a hit is two windows in a row over the threshold, because single windows err; hits up to
``MERGE_S`` apart are one event. Formulas and thresholds were chosen on other recordings than the project's tests hold.

Source: class numbers and display names of YAMNet's class map (tensorflow/models, research/audioset/yamnet).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.detect.confidence import Scale
from models.detect.detector import (
    NS,
    SAMPLE_RATE,
    Activity,
    Detector,
    Finding,
    Model,
    Output,
    Reading,
    Settings,
    Sound,
    Switch,
    enabled,
)
from models.detect.episode import Episode

WINDOW = 15_600
HOP = 7_680
CLASSES = 521
MERGE_S = 5.0
HEARD = (WINDOW - HOP) // 2 * NS // SAMPLE_RATE  # ns: the middle of what both windows of a hit heard

NAMES = {20: "Baby cry, infant cry", 69: "Dog", 70: "Bark", 71: "Yip", 73: "Bow-wow"}
DOG, BARKS = 69, (70, 71, 73)
BABY_CRY = 20


def bark(scores: NDArray[np.float32]) -> tuple[float, str]:
    """Raw score and winning display name: the geometric mean of "a dog" and "one of its loud sounds"."""
    loudest = max(float(scores[index]) for index in BARKS)
    winner = max((DOG, *BARKS), key=lambda index: float(scores[index]))
    return float(np.sqrt(float(scores[DOG]) * loudest)), NAMES[winner]


def cry(scores: NDArray[np.float32]) -> tuple[float, str]:
    return float(scores[BABY_CRY]), NAMES[BABY_CRY]


@dataclass(frozen=True, slots=True)
class Kind:
    switch: Switch
    confidence_setting: str
    scale: Scale


KINDS = (
    Kind(
        Switch("dog_bark", "dogBarkClassificationEnabled", "DOG_BARK"),
        "dogBarkClassificationConfidence",
        Scale(0.25, 2.5),
    ),
    Kind(
        Switch("baby_cry", "babyCryClassificationEnabled", "BABY_CRY"),
        "babyCryClassificationConfidence",
        Scale(0.10, 3.0),
    ),
)
SCORES = {"dog_bark": bark, "baby_cry": cry}


class _Ear:
    """One class: its threshold, its last window, and what is going on."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.key = kind.switch.key
        self.on = False
        self.wanted = 50
        self._episode = Episode(MERGE_S, repeat=False)
        self._last: tuple[float, str] | None = None

    def hear(self, scores: NDArray[np.float32], pts: int, wall: int, cooldown_s: float) -> Iterator[Output]:
        now = SCORES[self.key](scores)
        before, self._last = self._last, now
        score, name = min(before, now) if before is not None else (0.0, "")
        confidence = self.kind.scale.confidence(score)
        was_active = self._episode.active
        told = self._episode.feed(score >= self.kind.scale.score(self.wanted), pts, cooldown_s)
        if self._episode.active != was_active:
            yield Activity(self.key, self._episode.active)
        if told:
            confidence = max(confidence, self.wanted)
            yield Finding(self.key, pts, wall, {"className": name, "confidence": confidence}, confidence)
        yield Reading(self.key, float(self.kind.scale.confidence(now[0])), float(self.wanted), "confidence")

    def reset(self) -> list[Output]:
        self._last = None
        return [Activity(self.key, False)] if self._episode.reset() else []


class SoundClassifier(Detector[Sound]):
    name, eats = "sound_classifier", "pcm"
    switches = tuple(kind.switch for kind in KINDS)

    def __init__(self, settings: Settings, model: Model | None = None) -> None:
        if model is None:
            raise ValueError("the sound classifier needs its model")
        self._model = model
        self._ears = tuple(_Ear(kind) for kind in KINDS)
        self._pending = np.zeros(0, np.float32)
        super().__init__(settings, model)

    @classmethod
    def needs(cls, object_model: str) -> str:
        return "yamnet"

    def configure(self, settings: Settings) -> None:
        self._cooldown = float(settings["soundCooldown"])
        for ear in self._ears:
            ear.on = enabled(ear.kind.switch, settings)
            ear.wanted = int(settings[ear.kind.confidence_setting])

    def feed(self, sample: Sound) -> Iterator[Output]:
        offset = -self._pending.size
        wave = sample.samples.astype(np.float32) * np.float32(1 / 32768)
        self._pending = np.concatenate((self._pending, wave))
        while self._pending.size >= WINDOW:
            shift = offset * NS // SAMPLE_RATE
            yield from self._window(self._pending[:WINDOW], sample.pts + shift, sample.wall + shift)
            self._pending = self._pending[HOP:]
            offset += HOP

    def _window(self, wave: NDArray[np.float32], pts: int, wall: int) -> Iterator[Output]:
        """``pts`` is that of the window's start."""
        scores = self._model.run({"waveform": wave[None]})[0]
        if scores.shape != (1, CLASSES):
            raise ValueError(f"the model gave {scores.shape} scores instead of (1, {CLASSES})")
        for ear in self._ears:
            if ear.on:
                yield from ear.hear(scores[0], pts + HEARD, wall + HEARD, self._cooldown)

    def reset(self) -> list[Output]:
        self._pending = np.zeros(0, np.float32)
        return [said for ear in self._ears for said in ear.reset()]
