"""Motion: something new steps over ground where nothing moved before."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.detect.detector import (
    NS,
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
from models.detect.foreground import Foreground, Mask, Scene
from models.events import DetailValue

RATE = 10.0  # pictures a second
QUIET_S = 2.0  # this long without anybody, and the motion is over
AGAIN_S = 60.0  # motion that goes on is told again
PICTURES, NEEDED = 10, 5  # it begins when so many of the last pictures show something that gets on
STRUCTURE = 0.5  # part of something's area that differs in structure: its outline and its texture
FRESH = 0.3  # part of the wanted area that must be fresh ground for an episode to begin
STAYS = 0.7  # enough for what has begun


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What 1–10 mean: the area that must change (% of the picture), and the contrast of a change (grey levels)."""

    area: float
    contrast: float


def sensitivity(setting: int) -> Sensitivity:
    """1: only large movement (20 %) … 10: very sensitive (0.1 %); even steps on a logarithmic scale."""
    s = (setting - 1) / 9
    return Sensitivity(area=20 * (0.1 / 20) ** s, contrast=2 * (0.4 / 2) ** s)


class Motion(Detector[Picture]):
    name, eats = "motion", "frames"
    switches = (Switch("motion", "motionEnabled", "MOTION"),)

    def __init__(self, settings: Settings, models: Models) -> None:
        self._episode = Episode(QUIET_S, AGAIN_S)
        self._foreground = Foreground()
        self._walking: deque[bool] = deque(maxlen=PICTURES)
        super().__init__(settings, models)

    def configure(self, settings: Settings) -> None:
        self._on = enabled(self.switches[0], settings)
        self._wanted = sensitivity(int(settings["motionSensitivity"]))
        self._foreground.contrast = self._wanted.contrast
        self._cooldown = float(settings["motionCooldown"])

    @property
    def rate(self) -> float:
        return RATE

    def feed(self, sample: Picture) -> Iterator[Output]:
        if not self._on:
            return
        scene = self._foreground.update(sample.luma, sample.pts / NS)
        was_active = self._episode.active
        told = self._episode.feed(self._somebody(scene), sample.pts, self._cooldown)
        if self._episode.active != was_active:
            yield Activity("motion", self._episode.active)
        percent = round(_percent(scene.moving | scene.standing), 1)
        if told:
            details: dict[str, DetailValue] = {
                "changedPercent": percent,
                "width": sample.width,
                "height": sample.height,
            }
            yield Finding("motion", sample.pts, sample.wall, details)
        yield Reading("motion", percent, round(self._wanted.area, 2), "%", scene.veto)

    def _somebody(self, scene: Scene) -> bool:
        """Somebody walks in, or is still there."""
        area = self._wanted.area
        gets_on = _percent(scene.moving) >= area and _percent(scene.fresh) >= FRESH * area
        self._walking.append(gets_on and not scene.veto)
        if self._episode.active:
            return _percent(scene.moving | scene.standing) >= STAYS * area
        return sum(self._walking) >= NEEDED

    def reset(self) -> list[Output]:
        self._foreground = Foreground(self._wanted.contrast)
        self._walking.clear()
        return [Activity("motion", False)] if self._episode.reset() else []


def _percent(mask: Mask) -> float:
    """The area, in percent of the picture, of what shows as ``mask``."""
    return min(100.0, 100.0 * np.count_nonzero(mask) / mask.size / STRUCTURE)
