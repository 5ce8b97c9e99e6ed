"""A detector's models on the pool, called in its worker's thread: on the pool if it answers, otherwise here at once."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from actors.detector.on_demand_networks import OnDemand
from actors.detector.pool import Pool, Question
from config.weights.store import WeightsError
from models.detect.detector import Picture
from models.detect.remote_sightings import Lowest, Sights
from models.detect.sound_classifier import MN04_WINDOW, NETWORKS
from models.pool import limits
from models.pool.pictures import encoded
from models.pool.wire_format import (
    PICTURES_PATH,
    SOUND_PATH,
    pictures_question,
    read_pictures_answer,
    read_sound_answer,
)

T = TypeVar("T")
Floats = NDArray[np.float32]
FULL_SCALE = 32768


class OnPool:
    """``models.detect.detector.Elsewhere``. ``own`` are the networks of this device, kept ready only when needed."""

    def __init__(self, pool: Pool, own: OnDemand, loop: asyncio.AbstractEventLoop) -> None:
        self._pool, self._own, self._loop = pool, own, loop

    def look(self, pictures: Sequence[Picture], lowest: Lowest) -> Sights | None:
        return self._ask(partial(pictures_asked, pictures, lowest))

    def listen(self, wave: Floats, networks: Mapping[str, int]) -> Mapping[str, Floats] | None:
        return self._ask(partial(sound_asked, wave, networks))

    def _ask(self, question: Callable[[], Question[T]]) -> T | None:
        if self._pool.wanted and not self._pool.tried:  # otherwise the device's own would be loaded in vain
            asyncio.run_coroutine_threadsafe(self._pool.first_verdict(), self._loop).result()
        if not self._pool.usable:
            return None
        asked = asyncio.run_coroutine_threadsafe(self._pool.ask(question()), self._loop)
        try:
            answer = asked.result(limits.HEDGE_S)
        except TimeoutError:
            with contextlib.suppress(WeightsError):  # reported where the local model is actually needed
                self._own.prepare()
            answer = asked.result()
        if answer is not None:
            self._own.tidy()
        return answer


def pictures_asked(pictures: Sequence[Picture], lowest: Lowest) -> Question[Sights]:
    body = pictures_question([encoded(picture) for picture in pictures], lowest)
    return Question(PICTURES_PATH, body, partial(read_pictures_answer, pictures=len(pictures), wanted=lowest))


def sound_asked(wave: Floats, networks: Mapping[str, int]) -> Question[dict[str, Floats]]:
    samples = np.rint(wave * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
    path = f"{SOUND_PATH}?networks={','.join(networks)}"
    return Question(path, samples, partial(read_sound_answer, classes=networks))


def _grey() -> Picture:
    luma, chroma = np.full((64, 64), 90, np.uint8), np.full((32, 32), 128, np.uint8)
    return Picture(luma, chroma, chroma, 0, 0)


def object_probe() -> Question[object]:
    return pictures_asked([_grey()], {"person": 60.0})


def sound_probe() -> Question[object]:
    return sound_asked(np.zeros(MN04_WINDOW, np.float32), NETWORKS)


PROBES: Mapping[str, Callable[[], Question[object]]] = {
    "object_detector": object_probe,
    "sound_classifier": sound_probe,
}
