"""Any sound: the level of 100 ms windows against a threshold, and against what is usual in the room."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.detect.detector import (
    NS,
    SAMPLE_RATE,
    Activity,
    DetectedEvent,
    Detector,
    Models,
    Output,
    Reading,
    Settings,
    Sound,
    Switch,
    Trace,
    clock_of,
    enabled,
)
from models.detect.episode import Episode
from models.detect.trace import in_ms

WINDOW = SAMPLE_RATE // 10
FLOOR_DB = -100.0
AGAIN_S = 1.0  # sound that goes on is told again after the cooldown, but not more often
# What is usual: the level that the room exceeds a tenth of the time. It follows a louder room within half a minute
# (2 dB a second) and forgets in some minutes (0.2 dB a second).
USUAL, STEP_DB, UNKNOWN_DB = 0.9, 0.22, -70.0
STANDS_OUT_DB = 8.0  # over what is usual
LOUD_ROOM = "the room is loud"
QUIET_S = 1.0  # this long under the threshold, and the sound is over


def threshold_db(sound_threshold: int) -> float:
    """``soundThreshold`` 0–100, higher is more sensitive: 0 → −10 dBFS, 50 → −35, 100 → −60."""
    return -10.0 - 0.5 * sound_threshold


def rms(samples: NDArray[np.int16]) -> float:
    """Root mean square, 0–1 of full scale, without the constant part that cheap microphones add."""
    wave = samples.astype(np.float32) * np.float32(1 / 32768)
    return float(np.sqrt(np.mean(np.square(wave - wave.mean(dtype=np.float64)), dtype=np.float64)))


def decibel(level: float) -> float:
    """dBFS of an RMS level, not under ``FLOOR_DB``."""
    return max(FLOOR_DB, 20 * math.log10(level)) if level > 0 else FLOOR_DB


@dataclass(frozen=True, slots=True)
class Level:
    """One window; ``tenths``: of dBFS, as it is judged and kept."""

    pts: int
    wall: int
    tenths: int


class Judge:
    """From levels to sounds: all that settings decide."""

    def __init__(self) -> None:
        self._episode = Episode(QUIET_S, AGAIN_S)
        self._usual = UNKNOWN_DB

    def configure(self, settings: Settings) -> None:
        self._threshold = threshold_db(int(settings["soundThreshold"]))
        self._cooldown = float(settings["soundCooldown"])
        self._clock = clock_of(settings)

    def feed(self, level: Level) -> Iterator[Output]:
        db = level.tenths / 10
        was_active = self._episode.active
        threshold = max(self._threshold, self._usual + STANDS_OUT_DB)
        self._usual += STEP_DB * (USUAL if db >= self._usual else USUAL - 1)
        loud = db >= threshold and self._clock.counts("sound", level.wall)
        told = self._episode.feed(loud, level.pts, self._cooldown)
        if self._episode.active != was_active:
            yield Activity("sound", self._episode.active)
        if told:
            yield DetectedEvent("sound", level.pts, level.wall, {"db": db, "rms": round(10 ** (db / 20), 4)})
        note = LOUD_ROOM if threshold > self._threshold else ""
        yield Reading("sound", db, round(threshold, 1), "dB", note)

    def reset(self) -> list[Output]:
        return [Activity("sound", False)] if self._episode.reset() else []


class SoundLevel(Detector[Sound]):
    name, eats = "sound", "pcm"
    switches = (Switch("sound", "soundEnabled", "ANY_SOUND"),)

    def __init__(self, settings: Settings, models: Models) -> None:
        self._judge = Judge()
        self._pending = np.zeros(0, np.int16)
        super().__init__(settings, models)

    def configure(self, settings: Settings) -> None:
        self._on = enabled(self.switches[0], settings)
        self._judge.configure(settings)

    def feed(self, sample: Sound) -> Iterator[Output]:
        if not self._on:
            return
        offset = -self._pending.size
        self._pending = np.concatenate((self._pending, sample.samples))
        while self._pending.size >= WINDOW:
            window, self._pending = self._pending[:WINDOW], self._pending[WINDOW:]
            shift = offset * NS // SAMPLE_RATE
            level = Level(in_ms(sample.pts + shift), in_ms(sample.wall + shift), round(10 * decibel(rms(window))))
            yield Trace(level)
            yield from self._judge.feed(level)
            offset += WINDOW

    def reset(self) -> list[Output]:
        self._pending = np.zeros(0, np.int16)
        return [Trace(None), *self._judge.reset()]
