"""The detector's thread on a real ring: pace, gaps, deafness, a model that arrives late, the gate."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest

from actors.detector import limits
from actors.detector.worker import Batch, DetectorWorker
from actors.runtime.rings import RingReader, RingWriter
from config.weights.store import WeightsError
from models.detect.detector import Activity, Detector, Models, Output, Picture, Reading, Settings, Sound, Switch
from models.media.ring import DISCONTINUITY, FORMAT_I420, FORMAT_S16, STAND_IN

SETTINGS: Settings = {"on": True, "rate": 10}


class Echo(Detector[Sound]):
    """Says of each block how long it was, and "reset" as an activity."""

    name, eats = "echo", "pcm"
    switches = (Switch("echo", "on", "ANY_SOUND"),)

    def configure(self, settings: Settings) -> None:
        self.settings = settings

    def feed(self, sample: Sound) -> Iterator[Output]:
        yield Reading("echo", float(sample.samples[0]), 0, "")

    def reset(self) -> list[Output]:
        return [Activity("echo", False)]


class Look(Detector[Picture]):
    """Says of each picture its first pixel."""

    name = "look"
    eats: ClassVar[Literal["frames", "pcm"]] = "frames"
    switches = (Switch("look", "on", "MOTION"),)

    def configure(self, settings: Settings) -> None:
        self._rate = float(settings["rate"])

    @property
    def rate(self) -> float:
        return self._rate

    def feed(self, sample: Picture) -> Iterator[Output]:
        assert (sample.width, sample.height) == (8, 4)
        yield Reading("look", float(sample.luma[0, 0]), 0, "")

    def reset(self) -> list[Output]:
        return []


class Bench:
    """A ring in ``tmp_path`` and what the worker said."""

    def __init__(self, tmp_path: Path, ring: str) -> None:
        self.writer = RingWriter(tmp_path, tmp_path, ring, 2000, 64, 64)
        self.reader = RingReader(tmp_path, tmp_path, ring)
        self.batches: list[Batch] = []
        self.faults: list[str] = []
        self.ended: list[BaseException | None] = []
        self.worker: DetectorWorker | None = None

    def start(
        self, kind: type[Echo | Look], load: Callable[[Callable[[], None]], Models] | None = None
    ) -> DetectorWorker:
        worker = DetectorWorker(kind, SETTINGS, self.reader, load, self.batches.append, self.faults.append)
        worker.start(asyncio.get_running_loop(), self.ended.append)
        self.worker = worker
        return worker

    def block(self, value: int, age_s: float = 0.0, flags: int = 0) -> None:
        data = np.full(320, value, np.int16).tobytes()
        self.writer.put(data, time.monotonic_ns() - int(age_s * 1e9), time.time_ns(), flags=flags, format=FORMAT_S16)

    def frame(self, value: int, flags: int = 0) -> None:
        data = np.full(48, value, np.uint8).tobytes()
        now = time.monotonic_ns()
        self.writer.put(data, now, time.time_ns(), flags=flags, width=8, height=4, format=FORMAT_I420)

    def shown(self) -> bool:
        """Show one more picture; whether any was seen yet."""
        self.frame(1)
        return bool(self.values)

    @property
    def outputs(self) -> list[Output]:
        return [output for batch in self.batches for output in batch.outputs]

    @property
    def values(self) -> list[int]:
        return [int(output.value) for output in self.outputs if isinstance(output, Reading)]

    @property
    def resets(self) -> int:
        return sum(isinstance(output, Activity) for output in self.outputs)

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        if self.worker is not None:
            self.worker.stop()
            await self.until(lambda: self.ended)


@pytest.fixture
async def sound(tmp_path: Path) -> AsyncIterator[Bench]:
    executor = Bench(tmp_path, "pcm")
    yield executor
    await executor.stop()


@pytest.fixture
async def sight(tmp_path: Path) -> AsyncIterator[Bench]:
    executor = Bench(tmp_path, "frames")
    yield executor
    await executor.stop()


async def started(executor: Bench, kind: type[Echo]) -> DetectorWorker:
    worker = executor.start(kind)
    await asyncio.sleep(0.1)  # it begins at the end of the ring
    return worker


async def test_every_block_in_order(sound: Bench) -> None:
    sound.block(99)  # before it was switched on
    await started(sound, Echo)
    for value in range(30):
        sound.block(value)
    await sound.until(lambda: len(sound.values) == 30)
    assert sound.values == list(range(30))
    assert sound.resets == 0


async def test_a_discontinuity_is_a_gap(sound: Bench) -> None:
    await started(sound, Echo)
    sound.block(1)
    sound.block(2, flags=DISCONTINUITY)
    await sound.until(lambda: sound.values == [1, 2])
    assert sound.resets == 1


async def test_silence_ends_what_was_going_on(sound: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SILENCE_S", 0.2)
    monkeypatch.setattr(limits, "WAIT_S", 0.1)
    await started(sound, Echo)
    sound.block(1)
    await sound.until(lambda: sound.resets == 1)


async def test_deaf_while_the_device_speaks(sound: Bench) -> None:
    worker = await started(sound, Echo)
    worker.deaf_until_ms = time.time_ns() // 1_000_000 + 60_000
    sound.block(1)
    await sound.until(lambda: sound.resets)
    worker.deaf_until_ms = 0
    sound.block(2)
    await sound.until(lambda: sound.values == [2])


async def test_a_model_that_arrives_later(sound: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MODEL_POLL_S", 0.05)
    missing = ["is missing", "is missing", "is broken"]

    def load(beat: Callable[[], None]) -> Models:
        beat()
        if missing:
            raise WeightsError(missing.pop())
        return {"none": lambda _: []}

    sound.start(Echo, load)
    await sound.until(lambda: sound.faults[-1:] == [""])
    assert sound.faults == ["is broken", "is missing", ""]
    sound.block(5)
    await sound.until(lambda: sound.values == [5])


async def test_stopping_while_the_model_is_missing(sound: Bench) -> None:
    def load(_beat: Callable[[], None]) -> Models:
        raise WeightsError("is missing")

    sound.start(Echo, load)
    await sound.until(lambda: sound.faults)
    await sound.stop()
    assert sound.ended == [None]


async def test_pictures_at_the_detectors_pace(sight: Bench) -> None:
    sight.start(Look)
    for value in range(60):  # 60 pictures a second
        sight.frame(value)
        await asyncio.sleep(1 / 60)
    await asyncio.sleep(0.2)
    assert 5 <= len(sight.values) <= 14
    assert sight.batches[-1].resolution == "8x4"


async def test_a_new_pace_is_taken_while_running(sight: Bench) -> None:
    worker = sight.start(Look)
    await sight.until(sight.shown)
    worker.configure({"on": True, "rate": 1000})
    seen = len(sight.values)
    await sight.until(lambda: sight.shown() and len(sight.values) > seen + 20)


async def test_the_gate(sight: Bench) -> None:
    worker = sight.start(Look)
    worker.gate_shut_at = time.monotonic() - 1
    await asyncio.sleep(limits.WAIT_S + 0.2)  # until the wait for a picture that was under way is over
    sight.batches.clear()
    for _ in range(10):
        assert not sight.shown()
        await asyncio.sleep(0.03)
    worker.gate_shut_at = float("inf")
    await sight.until(sight.shown)


async def test_an_exception_ends_the_worker(sound: Bench) -> None:
    class Broken(Echo):
        def feed(self, sample: Sound) -> Iterator[Output]:
            raise RuntimeError("a mistake")
            yield

    await started(sound, Broken)
    sound.block(1)
    await sound.until(lambda: sound.ended)
    assert isinstance(sound.ended[0], RuntimeError)


async def test_its_bell_goes_with_it(sound: Bench, tmp_path: Path) -> None:
    await started(sound, Echo)
    assert list((tmp_path / "bells" / "pcm").iterdir())
    await sound.stop()
    assert not list((tmp_path / "bells" / "pcm").iterdir())


async def test_nothing_is_looked_for_in_the_test_pattern_that_stands_in(sight: Bench) -> None:
    sight.start(Look)
    await sight.until(sight.shown)
    for value in range(50, 100):
        sight.frame(value, STAND_IN)
        await asyncio.sleep(0.01)
    before = len(sight.values)
    await sight.until(lambda: sight.shown() and len(sight.values) > before)
    assert set(sight.values) == {1}
