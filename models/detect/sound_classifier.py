"""Dog bark and baby cry by two networks: mn04 for cries, mn04 and YAMNet together for barks.

Both hear the same moment each ``HOP``: YAMNet the last second, mn04 the last two. A hit is two windows in a row over
the threshold, because single windows err; hits up to ``MERGE_S`` apart are one event. mn04 hears a cry under a
television that YAMNet does not; YAMNet hears quiet barks that mn04 does not. docs/detection.md has the figures.

Source: class numbers of YAMNet's class map (tensorflow/models, research/audioset/yamnet) and of AudioSet's 527 classes
in the order of its class_labels_indices.csv.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.detect import log_mel
from models.detect.confidence import Scale, logit
from models.detect.detector import (
    NS,
    SAMPLE_RATE,
    Activity,
    Detector,
    Finding,
    Models,
    Output,
    Reading,
    Run,
    Settings,
    Sound,
    Switch,
    enabled,
)
from models.detect.episode import Episode
from models.events import DetailValue

Floats = NDArray[np.float32]

YAMNET_WINDOW, YAMNET_CLASSES = 15_600, 521
MN04_FRAMES, MN04_CLASSES = 192, 527
MN04_WINDOW = (MN04_FRAMES - 1) * log_mel.STEP + log_mel.FRAME
HOP = 7_680
YAMNET, MN04 = "yamnet", "mn04_as"
NETWORKS = {YAMNET: YAMNET_CLASSES, MN04: MN04_CLASSES}
MERGE_S = 5.0
HEARD = (YAMNET_WINDOW + HOP) // 2 * NS // SAMPLE_RATE  # ns before now: the middle of what two windows of YAMNet share
RECENT = 3  # windows within which the two networks must agree: mn04's are longer, and hear a bark for longer

# YAMNet: "a dog", and its loud sounds with their display names.
YAMNET_DOG, YAMNET_BARKS = 69, {70: "Bark", 71: "Yip", 73: "Bow-wow"}
# mn04: the same, and what is taken for them. A rival counts from so many nats under the class's own logit.
MN04_DOG, MN04_BARKS = 74, (75, 76, 78)
MN04_CRY, CRY_NAME = 23, "Baby cry, infant cry"
CRY_RIVALS = {16: 0.5, 17: 0.5, 18: 0.5, 98: 0.5, 81: -1.0, 83: -1.0}  # laughter, a baby's, giggle; rooster; cat, meow
BARK_RIVALS = {23: 0.0, 49: 0.0, 98: 0.0}  # baby cry, sneeze, rooster


def contested(own: float, logits: Floats, rivals: Mapping[int, float]) -> float:
    """``own`` logit, less what the strongest rival exceeds it by."""
    strongest = max(float(logits[index]) + nearer for index, nearer in rivals.items())
    return own - max(0.0, strongest - own)


def cry(mn04: Floats) -> float:
    return contested(float(mn04[MN04_CRY]), mn04, CRY_RIVALS)


def mn04_bark(mn04: Floats) -> float:
    """The mean of "a dog" and of the loudest of its loud sounds, as logits."""
    own = (float(mn04[MN04_DOG]) + max(float(mn04[index]) for index in MN04_BARKS)) / 2
    return contested(own, mn04, BARK_RIVALS)


def yamnet_bark(yamnet: Floats) -> tuple[float, str]:
    """The same by YAMNet, and the display name of the loudest."""
    loudest = max(YAMNET_BARKS, key=lambda index: float(yamnet[index]))
    name = YAMNET_BARKS[loudest] if yamnet[loudest] >= yamnet[YAMNET_DOG] else "Dog"
    return (logit(float(yamnet[YAMNET_DOG])) + logit(float(yamnet[loudest]))) / 2, name


NOTHING = logit(0.0)
LEAD_IN = np.zeros(MN04_WINDOW - HOP, np.float32)  # as if there had been silence before the first sound


@dataclass(frozen=True, slots=True)
class Heard:
    """A score (logit) that two windows in a row reached, what it is called, and when it was."""

    score: float
    name: str
    pts: int
    wall: int


@dataclass(frozen=True, slots=True)
class Kind:
    switch: Switch
    confidence_setting: str
    scale: Scale


KINDS = (
    Kind(
        Switch("dog_bark", "dogBarkClassificationEnabled", "DOG_BARK"),
        "dogBarkClassificationConfidence",
        Scale(0.09, 4.0),
    ),
    Kind(
        Switch("baby_cry", "babyCryClassificationEnabled", "BABY_CRY"),
        "babyCryClassificationConfidence",
        Scale(0.011, 5.0),
    ),
)
BARK, CRY = KINDS


class _Ear:
    """One class: its threshold and what is going on."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._key = kind.switch.key
        self.on = False
        self._episode = Episode(MERGE_S)

    def configure(self, settings: Settings) -> None:
        self.on = enabled(self._kind.switch, settings)
        self._wanted = int(settings[self._kind.confidence_setting])

    def hear(self, heard: Heard, now: int, cooldown_s: float) -> Iterator[Output]:
        scale = self._kind.scale
        confidence = scale.confidence(heard.score)
        was_active = self._episode.active
        told = self._episode.feed(heard.score >= scale.threshold(self._wanted), now, cooldown_s)
        if self._episode.active != was_active:
            yield Activity(self._key, self._episode.active)
        if told:
            sure = max(confidence, self._wanted)
            details: dict[str, DetailValue] = {"className": heard.name, "confidence": sure}
            yield Finding(self._key, heard.pts, heard.wall, details, sure)
        yield Reading(self._key, float(confidence), float(self._wanted), "confidence")

    def reset(self) -> list[Output]:
        return [Activity(self._key, False)] if self._episode.reset() else []


class SoundClassifier(Detector[Sound]):
    name, eats = "sound_classifier", "pcm"
    switches = tuple(kind.switch for kind in KINDS)
    movable = "poolSoundsEnabled"

    def __init__(self, settings: Settings, models: Models) -> None:
        if missing := [one for one in NETWORKS if one not in models]:
            raise ValueError(f"the sound classifier needs its model {missing[0]!r}")
        self._models = models
        self._bark, self._cry = _Ear(BARK), _Ear(CRY)
        self._barks: deque[tuple[float, Heard]] = deque(maxlen=RECENT)  # of mn04 and of YAMNet
        self._last_mn04 = NOTHING, NOTHING  # of the last window alone: cry, bark
        self._last_yamnet = NOTHING
        self._pending = LEAD_IN
        super().__init__(settings, models)

    @classmethod
    def needs(cls, object_model: str) -> tuple[str, ...]:
        return tuple(NETWORKS)

    def configure(self, settings: Settings) -> None:
        self._cooldown = float(settings["soundCooldown"])
        for ear in (self._bark, self._cry):
            ear.configure(settings)

    def feed(self, sample: Sound) -> Iterator[Output]:
        end = MN04_WINDOW - self._pending.size  # in samples from the start of ``sample``
        wave = sample.samples.astype(np.float32) * np.float32(1 / 32768)
        self._pending = np.concatenate((self._pending, wave))
        while self._pending.size >= MN04_WINDOW:
            shift = end * NS // SAMPLE_RATE
            yield from self._window(self._pending[:MN04_WINDOW], sample.pts + shift, sample.wall + shift)
            self._pending = self._pending[HOP:]
            end += HOP

    def _window(self, wave: Floats, pts: int, wall: int) -> Iterator[Output]:
        """``pts`` is that of the window's end."""
        if not (self._bark.on or self._cry.on):
            return
        heard = self._heard(wave, {name: n for name, n in NETWORKS.items() if self._bark.on or name == MN04})
        mn04 = heard[MN04]
        cried, barked = cry(mn04), mn04_bark(mn04)
        last, self._last_mn04 = self._last_mn04, (cried, barked)
        cried, barked = min(cried, last[0]), min(barked, last[1])
        at, wall_at = pts - HEARD, wall - HEARD
        if self._cry.on:
            yield from self._cry.hear(Heard(cried, CRY_NAME, at, wall_at), pts, self._cooldown)
        if self._bark.on:
            yield from self._bark.hear(self._agreed(heard[YAMNET], barked, at, wall_at), pts, self._cooldown)

    def _heard(self, wave: Floats, networks: Mapping[str, int]) -> Mapping[str, Floats]:
        """The scores of one window by each of the networks."""
        heard = self.elsewhere.listen(wave, networks) if self.elsewhere is not None else None
        return heard or {name: listened(name, self._models[name], wave) for name in networks}

    def _agreed(self, yamnet: Floats, mn04: float, pts: int, wall: int) -> Heard:
        """The mean of both networks' best logits of late."""
        score, name = yamnet_bark(yamnet)
        last, self._last_yamnet = self._last_yamnet, score
        self._barks.append((mn04, Heard(min(score, last), name, pts, wall)))
        best = max((heard for _, heard in self._barks), key=lambda heard: heard.score)
        both = (best.score + max(other for other, _ in self._barks)) / 2
        return Heard(both, best.name, best.pts, best.wall)

    def reset(self) -> list[Output]:
        self._pending, self._last_mn04, self._last_yamnet = LEAD_IN, (NOTHING, NOTHING), NOTHING
        self._barks.clear()
        return self._bark.reset() + self._cry.reset()


def listened(name: str, run: Run, wave: Floats) -> Floats:
    """What one of ``NETWORKS`` says of a window of ``MN04_WINDOW`` samples: YAMNet's scores, mn04's logits."""
    if name == YAMNET:
        return _scores(run({"waveform": wave[None, -YAMNET_WINDOW:]})[0], YAMNET_CLASSES)
    return _scores(run({"mel": log_mel.log_mel(wave)[None, None]})[0], MN04_CLASSES)


def _scores(output: Floats, classes: int) -> Floats:
    if output.shape != (1, classes):
        raise ValueError(f"the model gave {output.shape} scores instead of (1, {classes})")
    row: Floats = output[0]
    return row
