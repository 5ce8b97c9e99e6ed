"""The thread of one detector: samples from the ring, at its pace, through the pure code, to the actor."""

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from actors.detector import limits
from actors.runtime.rings import RingReader
from actors.runtime.worker import Worker
from config.weights.store import WeightsError
from models.detect.detector import NS, AnyDetector, Elsewhere, Models, Output, Picture, Settings, Sound
from models.detect.frame_sampler import Pace
from models.media import sizes
from models.media.ring import DISCONTINUITY, FORMAT_I420, FULL_RANGE, STAND_IN, Entry, unpacked_size

if TYPE_CHECKING:
    Deliver = Callable[["Batch"], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """The results of one sample. ``ms`` is how long it took, ``rate`` samples per second; 0 if there was no sample."""

    outputs: tuple[Output, ...]
    ms: float = 0.0
    rate: float = 0.0
    light_level: int | None = None
    resolution: str = ""


class DetectorWorker(Worker):
    """``load`` returns the models, or raises WeightsError, and is then called again until it works."""

    def __init__(
        self,
        kind: type[AnyDetector],
        settings: Settings,
        reader: RingReader,
        load: Callable[[Callable[[], None]], Models] | None,
        deliver: "Deliver",
        model_state: Callable[[str], None],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        super().__init__(f"{kind.name} detector")
        self._kind = kind
        self._settings = settings
        self._reader = reader
        self._load = load
        self._deliver = deliver
        self._model_state = model_state
        self._elsewhere = elsewhere
        self._told = ""  # what was said of the models last
        self._new_settings: Settings | None = None
        self._last: Entry | None = None
        self._ms = 0.0
        self._rate = 0.0
        self.deaf_until_ms = 0  # Unix ms, set by the actor: until then the speaker is in use
        self.gate_shut_at = float("inf")  # monotonic s, set by the actor: from then on only what is busy is fed

    def configure(self, settings: Settings) -> None:
        """From the actor's loop; taken before the next sample."""
        self._new_settings = settings

    def run(self) -> None:
        # Only for this thread: the actor itself stays responsive.
        os.setpriority(os.PRIO_PROCESS, 0, limits.NICE)
        with contextlib.closing(self._reader):
            self._work()

    def _work(self) -> None:
        models = self._models()
        if self.stopping.is_set():
            return
        detector = self._kind(self._settings, models)
        detector.elsewhere = self._elsewhere
        self._reader.seek_end()
        feed = self._picture if detector.eats == "frames" else self._sound
        pace = Pace(detector.rate)
        while not self.stopping.is_set():
            self.beat()
            if self._new_settings is not None:
                self._settings, self._new_settings = self._new_settings, None
                detector.configure(self._settings)
            if pace.rate != detector.rate:
                pace = Pace(detector.rate)
            feed(detector, pace)
        self._say(detector.reset())

    def _models(self) -> Models:
        if self._load is None:
            return {}
        while not self.stopping.is_set():
            self.beat()
            try:
                models = self._load(self.beat)
            except WeightsError as error:
                self._say_of_models(str(error))
            else:
                self.post(self._model_state, "")
                return models
            self.stopping.wait(limits.MODEL_POLL_S)
        return {}

    def _say_of_models(self, fault: str) -> None:
        if fault != self._told:
            self._told = fault
            self.post(self._model_state, fault)

    # ---------------------------------------------------------------- one sample
    def _picture(self, detector: AnyDetector, pace: Pace) -> None:
        if time.monotonic() > self.gate_shut_at and not detector.busy:
            self.stopping.wait(limits.WAIT_S / 5)
            return
        if self._last is not None:  # do not copy pictures that are not used
            early = self._last.pts / NS + 0.8 / pace.rate - time.monotonic()
            if early > 0 and self.stopping.wait(min(early, limits.WAIT_S)):
                return
        entry = self._reader.wait_newest(limits.WAIT_S)
        if entry is None:
            self._nothing_came(detector)
        elif entry.flags & STAND_IN:  # no camera: nothing to detect
            self._nothing_came(detector)
            self.stopping.wait(limits.WAIT_S)
        elif entry.format == FORMAT_I420 and pace.due(entry.pts):
            self._check_gap(detector, entry)
            picture = picture_of(entry)
            light = int(picture.luma[::8, ::8].mean())
            self._feed(detector, entry, picture, light, sizes.text(picture.shown_size))

    def _sound(self, detector: AnyDetector, _pace: Pace) -> None:
        entry = self._reader.wait_next(limits.WAIT_S)
        if entry is None:
            self._nothing_came(detector)
        elif entry.wall // 1_000_000 < self.deaf_until_ms:
            self._say(detector.reset())
        else:
            self._check_gap(detector, entry)
            self._feed(detector, entry, Sound(np.frombuffer(entry.data, np.int16), entry.pts, entry.wall))

    def _feed(
        self,
        detector: AnyDetector,
        entry: Entry,
        sample: Picture | Sound,
        light: int | None = None,
        resolution: str = "",
    ) -> None:
        began = time.monotonic()
        try:
            outputs = tuple(detector.feed(sample))
        except WeightsError as error:  # the pool is unavailable, and the device's own models cannot take over
            self._say_of_models(str(error))
            self._say(detector.reset())
            self.stopping.wait(limits.MODEL_POLL_S)
            return
        self._say_of_models("")
        self._measure(entry, (time.monotonic() - began) * 1000)
        self._last = entry
        if outputs:
            self.post(self._deliver, Batch(outputs, self._ms, self._rate, light, resolution))

    def _measure(self, entry: Entry, ms: float) -> None:
        self._ms += limits.SMOOTH * (ms - self._ms) if self._ms else ms
        if self._last is not None and entry.pts > self._last.pts:
            rate = NS / (entry.pts - self._last.pts)
            self._rate += limits.SMOOTH * (rate - self._rate) if self._rate else rate

    # ---------------------------------------------------------------- gaps
    def _check_gap(self, detector: AnyDetector, entry: Entry) -> None:
        last = self._last
        if last is None:
            return
        lost = detector.eats == "pcm" and entry.sequence != last.sequence + 1
        if lost or entry.flags & DISCONTINUITY or not 0 < entry.pts - last.pts < limits.SILENCE_S * NS:
            self._say(detector.reset())

    def _nothing_came(self, detector: AnyDetector) -> None:
        if self._last is not None and time.monotonic() - self._last.pts / NS > limits.SILENCE_S:
            self._last = None
            self._say(detector.reset())

    def _say(self, outputs: list[Output]) -> None:
        if outputs:
            self.post(self._deliver, Batch(tuple(outputs), self._ms, self._rate))


def picture_of(entry: Entry) -> Picture:
    """The planes of an I420 entry, without copying."""
    width, height = entry.width, entry.height
    whole = np.frombuffer(entry.data, np.uint8)
    luma = whole[: width * height].reshape(height, width)
    u, v = whole[width * height :].reshape(2, height // 2, width // 2)
    full_range, shown = bool(entry.flags & FULL_RANGE), unpacked_size(entry.spare)
    return Picture(luma, u, v, entry.pts, entry.wall, full_range, shown)
