"""Any sound: the level of 100 ms windows against a threshold, and against what is usual in the room."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.detect.detector import (
    NS,
    SAMPLE_RATE,
    Activity,
    Detector,
    Finding,
    Models,
    Output,
    Reading,
    Settings,
    Sound,
    Switch,
    enabled,
)
from models.detect.episode import Episode

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


class SoundLevel(Detector[Sound]):
    name, eats = "sound", "pcm"
    switches = (Switch("sound", "soundEnabled", "ANY_SOUND"),)

    def __init__(self, settings: Settings, models: Models) -> None:
        self._episode = Episode(QUIET_S, AGAIN_S)
        self._pending = np.zeros(0, np.int16)
        self._usual = UNKNOWN_DB
        super().__init__(settings, models)

    def configure(self, settings: Settings) -> None:
        self._on = enabled(self.switches[0], settings)
        self._threshold = threshold_db(int(settings["soundThreshold"]))
        self._cooldown = float(settings["soundCooldown"])

    def feed(self, sample: Sound) -> Iterator[Output]:
        if not self._on:
            return
        offset = -self._pending.size
        self._pending = np.concatenate((self._pending, sample.samples))
        while self._pending.size >= WINDOW:
            window, self._pending = self._pending[:WINDOW], self._pending[WINDOW:]
            shift = offset * NS // SAMPLE_RATE
            yield from self._window(window, sample.pts + shift, sample.wall + shift)
            offset += WINDOW

    def _window(self, window: NDArray[np.int16], pts: int, wall: int) -> Iterator[Output]:
        level = rms(window)
        db = decibel(level)
        was_active = self._episode.active
        threshold = max(self._threshold, self._usual + STANDS_OUT_DB)
        self._usual += STEP_DB * (USUAL if db >= self._usual else USUAL - 1)
        told = self._episode.feed(db >= threshold, pts, self._cooldown)
        if self._episode.active != was_active:
            yield Activity("sound", self._episode.active)
        if told:
            yield Finding("sound", pts, wall, {"db": round(db, 1), "rms": round(level, 4)})
        note = LOUD_ROOM if threshold > self._threshold else ""
        yield Reading("sound", round(db, 1), round(threshold, 1), "dB", note)

    def reset(self) -> list[Output]:
        self._pending = np.zeros(0, np.int16)
        return [Activity("sound", False)] if self._episode.reset() else []
