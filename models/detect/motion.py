"""Motion: a small picture against a background that is learnt, robust against noise and light."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detect.detector import (
    Activity,
    Detector,
    Finding,
    Models,
    Output,
    Picture,
    Reading,
    Settings,
    Switch,
    enabled,
)
from models.detect.episode import Episode
from models.events import DetailValue

Grey = NDArray[np.float32]

WIDTH, HEIGHT = 320, 180  # pictures are shrunk into this
RATE = 10.0  # pictures a second
LEARN = 1 / 10  # weight of each picture in the background: a time constant of one second
RELEARN = 1 / 2  # the same while the scene itself has changed
WARM_UP = 10  # pictures before the background is trusted
FLOOD = 8  # pictures that a change of light or scene silences
LIGHT_STEP = 6.0  # grey levels that the whole picture may change from one picture to the next, beyond what is usual
USUAL = 0.1  # weight of each step in what is usual: lamps that flicker must not blind us
BRIGHT = 250.0  # what is brighter may have been clipped
AGO = 3  # pictures: something that moves looks different from then; a spot where somebody stood does not
ALIVE = 0.05  # part of the changed area that must have moved since then
SCENE_PERCENT = 60.0  # more than this changed: nothing walks like that
HITS = 2  # pictures in a row
QUIET_S = 2.0  # this long without a hit, and the motion is over
SIGMA_FLOOR = 0.3  # grey levels
STRIDE = 6  # every sixth pixel both ways is enough for medians and the fit


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What 1–10 mean: the changed area that triggers (%), the change of a pixel (grey levels), and the noise factor."""

    area: float
    levels: float
    noise: float


def sensitivity(setting: int) -> Sensitivity:
    """1: only large movement (20 %) … 10: very sensitive (0.1 %); even steps on a logarithmic scale."""
    s = (setting - 1) / 9
    return Sensitivity(area=20 * (0.1 / 20) ** s, levels=40 * (8 / 40) ** s, noise=8 - 3.5 * s)


def fit_light(now: Grey, before: Grey) -> tuple[float, float]:
    """Gain and offset with which the light turned ``before`` into ``now``, whatever moved in less than half of it.

    Least squares over the pixels that agree; three rounds from the median difference on.
    """
    gain, offset = 1.0, float(np.median(now - before))
    for _ in range(3):
        error = np.abs(now - (gain * before + offset))
        agree = error <= max(1.0, 2.5 * float(np.median(error)))
        x, y = before[agree], now[agree]
        spread = float(x.var())
        if spread < 4.0:  # a blank wall: gain and offset cannot be told apart
            return gain, float(np.median(y - gain * x))
        slope = float(((x - x.mean()) * (y - y.mean())).mean()) / spread
        gain = min(max(slope, 0.2), 5.0)
        offset = float(y.mean() - gain * x.mean())
    return gain, offset


@dataclass(frozen=True, slots=True)
class Change:
    percent: float
    veto: str = ""  # why this picture cannot count
    alive: bool = False  # it moves, and is not just different from what was learnt


class Background:
    """The learnt picture, the noise, and what silences them."""

    def __init__(self) -> None:
        self._learnt: Grey | None = None
        self._sigma = 1.0
        self._seen = 0
        self._usual = 0.0
        self._flood = 0
        self._recent: deque[Grey] = deque(maxlen=AGO)
        self._reason = ""
        self._kernel = np.ones((3, 3), np.uint8)

    def compare(self, grey: Grey, wanted: Sensitivity) -> Change:
        """How much of ``grey`` differs from what was learnt, and learn it."""
        if self._learnt is None or self._learnt.shape != grey.shape:
            self._learnt, self._seen, self._flood = grey.copy(), 1, 0
            self._recent.clear()
            return Change(0.0, "learning the scene")
        self._seen += 1
        step = self._follow_light(grey)
        mask = self._changed(grey, wanted, step)
        changed = int(cv2.countNonZero(mask))
        percent = float(100.0 * changed / mask.size)
        alive = changed > 0 and self._moved(grey, mask, wanted, step) >= ALIVE * changed
        self._notice(step, percent)
        settled = self._seen > WARM_UP and not self._flood
        cv2.accumulateWeighted(grey, self._learnt, LEARN if settled else RELEARN)
        if self._seen <= WARM_UP:
            return Change(percent, "learning the scene")
        return Change(percent, self._reason if self._flood else "", alive)

    def _follow_light(self, grey: Grey) -> float:
        """Give the background the light of ``grey``; how many grey levels that changed it, on average."""
        assert self._learnt is not None
        now, before = grey[::STRIDE, ::STRIDE], self._learnt[::STRIDE, ::STRIDE]
        gain, offset = fit_light(now.ravel(), before.ravel())
        lit = np.clip(self._learnt * np.float32(gain) + np.float32(offset), 0, 255)
        step = float(np.abs(lit[::STRIDE, ::STRIDE] - before).mean())
        if gain < 1:  # what had been clipped was brighter than we knew
            np.maximum(lit, grey, out=lit, where=self._learnt >= BRIGHT)
        for past in self._recent:
            np.clip(past * np.float32(gain) + np.float32(offset), 0, 255, out=past)
        self._learnt = lit
        return step

    def _changed(self, grey: Grey, wanted: Sensitivity, step: float) -> NDArray[np.uint8]:
        """1 where a pixel differs from what was learnt by more than noise and light explain."""
        assert self._learnt is not None
        difference = grey - self._learnt
        sample = difference[::STRIDE, ::STRIDE]
        noise = 1.4826 * float(np.median(np.abs(sample - np.median(sample))))
        self._sigma += 0.05 * (max(SIGMA_FLOOR, noise) - self._sigma)
        threshold = max(wanted.levels, wanted.noise * max(self._sigma, noise)) + step
        mask = (np.abs(difference) > threshold).view(np.uint8)
        opened: NDArray[np.uint8] = cv2.morphologyEx(mask, cv2.MORPH_OPEN, self._kernel)
        return opened

    def _moved(self, grey: Grey, mask: NDArray[np.uint8], wanted: Sensitivity, step: float) -> int:
        """How many of the changed pixels looked different ``AGO`` pictures ago."""
        self._recent.append(grey)
        threshold = max(wanted.levels, wanted.noise * self._sigma) / 2 + step
        return int(np.count_nonzero((np.abs(grey - self._recent[0]) > threshold) & (mask > 0)))

    def _notice(self, step: float, percent: float) -> None:
        if step >= LIGHT_STEP + 2 * self._usual:
            self._flood, self._reason = FLOOD, "light changed"
        elif percent > SCENE_PERCENT:
            self._flood, self._reason = FLOOD, "the whole scene changed"
        elif self._flood:
            self._flood -= 1
        self._usual += USUAL * (step - self._usual)


def shrink(luma: NDArray[np.uint8]) -> Grey:
    """The luma plane inside ``WIDTH``×``HEIGHT``, blurred a little against noise."""
    scale = min(WIDTH / luma.shape[1], HEIGHT / luma.shape[0], 1.0)
    size = (max(8, round(luma.shape[1] * scale)), max(8, round(luma.shape[0] * scale)))
    small = luma if size == luma.shape[::-1] else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    blurred: Grey = cv2.blur(small, (3, 3)).astype(np.float32)
    return blurred


class Motion(Detector[Picture]):
    name, eats = "motion", "frames"
    switches = (Switch("motion", "motionEnabled", "MOTION"),)

    def __init__(self, settings: Settings, models: Models) -> None:
        self._episode = Episode(QUIET_S, repeat=True)
        self._background = Background()
        self._hits = 0
        super().__init__(settings, models)

    def configure(self, settings: Settings) -> None:
        self._on = enabled(self.switches[0], settings)
        self._wanted = sensitivity(int(settings["motionSensitivity"]))
        self._cooldown = float(settings["motionCooldown"])

    @property
    def rate(self) -> float:
        return RATE

    def feed(self, sample: Picture) -> Iterator[Output]:
        if not self._on:
            return
        change = self._background.compare(shrink(sample.luma), self._wanted)
        hot = change.percent >= self._wanted.area and change.alive and not change.veto
        self._hits = self._hits + 1 if hot else 0
        was_active = self._episode.active
        told = self._episode.feed(self._hits >= HITS, sample.pts, self._cooldown)
        if self._episode.active != was_active:
            yield Activity("motion", self._episode.active)
        percent = round(change.percent, 1)
        if told:
            details: dict[str, DetailValue] = {
                "changedPercent": percent,
                "width": sample.width,
                "height": sample.height,
            }
            yield Finding("motion", sample.pts, sample.wall, details)
        yield Reading("motion", percent, round(self._wanted.area, 2), "%", change.veto)

    def reset(self) -> list[Output]:
        self._background = Background()
        self._hits = 0
        return [Activity("motion", False)] if self._episode.reset() else []
