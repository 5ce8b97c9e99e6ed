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
    DetectedEvent,
    Detector,
    Models,
    Output,
    Reading,
    Run,
    Settings,
    Sound,
    Switch,
    Trace,
    clock_of,
)
from models.detect.episode import Episode
from models.detect.trace import in_ms
from models.event_kinds import BABY_CRY, DOG_BARK, SOUNDS, Kind
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


CLASSES = {kind.key: kind.classes for kind in SOUNDS}
NOTHING = logit(0.0)
LEAD_IN = np.zeros(MN04_WINDOW - HOP, np.float32)  # as if there had been silence before the first sound


SCALES = {DOG_BARK.key: Scale(0.09, 4.0), BABY_CRY.key: Scale(0.011, 5.0)}
OTHER = Scale(0.3, 4.0)  # of what was not measured
STEPS, STEPS_MOST = 256, 0x7FFF  # scores are judged and kept in so many steps a nat; the last step, either way


@dataclass(frozen=True, slots=True)
class Heard:
    """What two windows in a row showed: for each key a score (logit) in steps, and what it is called."""

    pts: int
    wall: int
    scores: Mapping[str, int]
    bark: str = "Dog"  # what a bark is called
    bark_ago: int = HEARD  # ns before ``pts``: the bark


class _Ear:
    """One kind: its threshold and what is going on."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._scale = SCALES.get(kind.key, OTHER)
        self._episode = Episode(MERGE_S)

    def configure(self, settings: Settings) -> None:
        self._wanted = int(settings[self._kind.confidence])

    def hear(self, score: float, heard: Heard, counts: bool, cooldown_s: float) -> Iterator[Output]:
        key = self._kind.key
        confidence = self._scale.confidence(score)
        was_active = self._episode.active
        hit = counts and score >= self._scale.threshold(self._wanted)
        told = self._episode.feed(hit, heard.pts, cooldown_s)
        if self._episode.active != was_active:
            yield Activity(key, self._episode.active)
        if told:
            sure = max(confidence, self._wanted)
            name = heard.bark if self._kind is DOG_BARK else CRY_NAME if self._kind is BABY_CRY else self._kind.title
            ago = heard.bark_ago if self._kind is DOG_BARK else HEARD
            details: dict[str, DetailValue] = {"className": name, "confidence": sure}
            yield DetectedEvent(key, heard.pts - ago, heard.wall - ago, details, sure)
        yield Reading(key, float(confidence), float(self._wanted), "confidence")

    def reset(self) -> list[Output]:
        return [Activity(self._kind.key, False)] if self._episode.reset() else []


class Judge:
    """From scores to events: all that settings decide."""

    def __init__(self) -> None:
        self._ears = {kind.key: _Ear(kind) for kind in SOUNDS}

    def configure(self, settings: Settings) -> None:
        self._cooldown = float(settings["soundCooldown"])
        self._clock = clock_of(settings)
        for ear in self._ears.values():
            ear.configure(settings)
        self.on = tuple(kind.key for kind in SOUNDS if settings[kind.switch])

    def feed(self, heard: Heard) -> Iterator[Output]:
        for key in self.on:
            if (steps := heard.scores.get(key)) is not None:
                counts = self._clock.counts(key, heard.wall)
                yield from self._ears[key].hear(steps / STEPS, heard, counts, self._cooldown)

    def reset(self) -> list[Output]:
        return [output for ear in self._ears.values() for output in ear.reset()]


class SoundClassifier(Detector[Sound]):
    name, eats = "sound_classifier", "pcm"
    switches = tuple(Switch(kind.key, kind.switch, kind.event_type) for kind in SOUNDS)
    movable = "poolSoundsEnabled"

    def __init__(self, settings: Settings, models: Models) -> None:
        if missing := [one for one in NETWORKS if one not in models]:
            raise ValueError(f"the sound classifier needs its model {missing[0]!r}")
        self._models = models
        self._judge = Judge()
        self._forget()
        super().__init__(settings, models)

    def _forget(self) -> None:
        self._barks: deque[_Bark] = deque(maxlen=RECENT)
        self._last: dict[str, float] = {}  # scores of the last window alone
        self._last_yamnet = NOTHING
        self._pending = LEAD_IN

    @classmethod
    def needs(cls, object_model: str) -> tuple[str, ...]:
        return tuple(NETWORKS)

    def configure(self, settings: Settings) -> None:
        self._judge.configure(settings)

    def feed(self, sample: Sound) -> Iterator[Output]:
        end = MN04_WINDOW - self._pending.size  # in samples from the start of ``sample``
        wave = sample.samples.astype(np.float32) * np.float32(1 / 32768)
        self._pending = np.concatenate((self._pending, wave))
        while self._pending.size >= MN04_WINDOW:
            shift = end * NS // SAMPLE_RATE
            if self._judge.on:
                window = self._pending[:MN04_WINDOW]
                heard = self._hear(window, in_ms(sample.pts + shift), in_ms(sample.wall + shift))
                yield Trace(heard)
                yield from self._judge.feed(heard)
            self._pending = self._pending[HOP:]
            end += HOP

    def _hear(self, wave: Floats, pts: int, wall: int) -> Heard:
        """``pts`` is that of the window's end."""
        barks = DOG_BARK.key in self._judge.on
        heard = self._heard(wave, {name: n for name, n in NETWORKS.items() if barks or name == MN04})
        mn04 = heard[MN04]
        now = {key: _score(key, mn04) for key in self._judge.on}
        scores = {key: min(score, self._last.get(key, NOTHING)) for key, score in now.items()}
        self._last = now
        name, at = "Dog", pts - HEARD
        if barks:
            scores[DOG_BARK.key], name, at = self._agreed(heard[YAMNET], scores[DOG_BARK.key], at)
        return Heard(pts, wall, {key: _steps(score) for key, score in scores.items()}, name, pts - at)

    def _heard(self, wave: Floats, networks: Mapping[str, int]) -> Mapping[str, Floats]:
        """The scores of one window by each of the networks."""
        heard = self.elsewhere.listen(wave, networks) if self.elsewhere is not None else None
        return heard or {name: listened(name, self._models[name], wave) for name in networks}

    def _agreed(self, yamnet: Floats, mn04: float, pts: int) -> tuple[float, str, int]:
        """The mean of both networks' best logits of late, what YAMNet calls it, and when it was."""
        score, name = yamnet_bark(yamnet)
        last, self._last_yamnet = self._last_yamnet, score
        self._barks.append(_Bark(mn04, min(score, last), name, pts))
        best = max(self._barks, key=lambda bark: bark.yamnet)
        return (best.yamnet + max(bark.mn04 for bark in self._barks)) / 2, best.name, best.pts

    def reset(self) -> list[Output]:
        self._forget()
        return [Trace(None), *self._judge.reset()]


@dataclass(frozen=True, slots=True)
class _Bark:
    mn04: float
    yamnet: float
    name: str
    pts: int


def _steps(score: float) -> int:
    return max(-STEPS_MOST, min(STEPS_MOST, round(score * STEPS)))


def _score(key: str, mn04: Floats) -> float:
    """The logit of a kind by mn04 alone."""
    if key == DOG_BARK.key:
        return mn04_bark(mn04)
    return cry(mn04) if key == BABY_CRY.key else max(float(mn04[index]) for index in CLASSES[key])


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
