"""Motion: something new steps over ground where nothing moved before."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from models.detect.detection_zones import Cells, Fence, cells
from models.detect.detector import (
    NS,
    Activity,
    DetectedEvent,
    Detector,
    Enough,
    Models,
    Output,
    Picture,
    Reading,
    Settings,
    Switch,
    Trace,
    clock_of,
    enabled,
)
from models.detect.episode import Episode
from models.detect.foreground import HEIGHT, WIDTH, Foreground
from models.detect.trace import in_ms
from models.events import DetailValue
from models.zones import read_zones

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


@dataclass(frozen=True, slots=True)
class Seen:
    """What one picture shows, counted in the cells of ``fence``; ``pixels`` of the small picture it was counted in."""

    pts: int
    wall: int
    size: tuple[int, int]
    pixels: int
    moving: Cells
    fresh: Cells
    present: Cells  # moving, or standing where something moved
    veto: str = ""


class Judge:
    """From what pictures show to motion: all that settings decide."""

    def __init__(self) -> None:
        self._episode = Episode(QUIET_S, AGAIN_S)
        self._walking: deque[bool] = deque(maxlen=PICTURES)

    def configure(self, settings: Settings) -> None:
        self._wanted = sensitivity(int(settings["motionSensitivity"]))
        self._cooldown = float(settings["motionCooldown"])
        self._clock = clock_of(settings)
        self._fence = Fence(read_zones(str(settings["zones"])), "motion", int(settings["rotation"]))

    def feed(self, seen: Seen) -> Iterator[Output]:
        present = self._percent(seen, seen.present)
        was_active = self._episode.active
        counts = self._clock.counts("motion", seen.wall)
        told = self._episode.feed(self._somebody(seen, present) and counts, seen.pts, self._cooldown)
        if self._episode.active != was_active:
            yield Activity("motion", self._episode.active)
        if told:
            width, height = seen.size
            details: dict[str, DetailValue] = {"changedPercent": round(present, 1), "width": width, "height": height}
            if names := self._fence.names_of(seen.present):
                details["zones"] = names
            yield DetectedEvent("motion", seen.pts, seen.wall, details)
        yield Reading("motion", round(present, 1), round(self._wanted.area, 2), "%", seen.veto)

    def _somebody(self, seen: Seen, present: float) -> bool:
        """Somebody walks in, or is still there."""
        area = self._wanted.area
        gets_on = self._percent(seen, seen.moving) >= area and self._percent(seen, seen.fresh) >= FRESH * area
        self._walking.append(gets_on and not seen.veto)
        if self._episode.active:
            return present >= STAYS * area
        return sum(self._walking) >= NEEDED

    def _percent(self, seen: Seen, counts: Cells) -> float:
        """The area, in percent of the picture, of what shows in the zones."""
        return min(100.0, 100.0 * int(counts[self._fence.chosen].sum()) / seen.pixels / STRUCTURE)

    def reset(self) -> list[Output]:
        self._walking.clear()
        return [Activity("motion", False)] if self._episode.reset() else []


class Motion(Detector[Picture]):
    name, eats = "motion", "frames"
    enough = Enough(WIDTH, HEIGHT, RATE)
    switches = (Switch("motion", "motionEnabled", "MOTION"),)

    def __init__(self, settings: Settings, models: Models) -> None:
        self._foreground = Foreground()
        self._judge = Judge()
        super().__init__(settings, models)

    def configure(self, settings: Settings) -> None:
        self._on = enabled(self.switches[0], settings)
        self._foreground.contrast = sensitivity(int(settings["motionSensitivity"])).contrast
        self._judge.configure(settings)

    @property
    def rate(self) -> float:
        return RATE

    def feed(self, sample: Picture) -> Iterator[Output]:
        if not self._on:
            return
        scene = self._foreground.update(sample.luma, sample.pts / NS)
        moving, fresh, present = cells(scene.moving), cells(scene.fresh), cells(scene.moving | scene.standing)
        pts, wall = in_ms(sample.pts), in_ms(sample.wall)
        seen = Seen(pts, wall, sample.shown_size, scene.new.size, moving, fresh, present, scene.veto)
        yield Trace(seen)
        yield from self._judge.feed(seen)

    def reset(self) -> list[Output]:
        self._foreground = Foreground(self._foreground.contrast)
        return [Trace(None), *self._judge.reset()]
