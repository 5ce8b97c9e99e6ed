"""What every registered detector must keep, whoever wrote it."""

from collections.abc import Iterator

import numpy as np
import pytest

from config.settings import REGISTRY
from config.weights.catalogue import CATALOGUE
from models.detect import DETECTORS, detector_class
from models.detect.detector import (
    NS,
    Activity,
    AnyDetector,
    DetectedEvent,
    Models,
    Output,
    Picture,
    Reading,
    Sound,
    Trace,
)
from models.event_kinds import MORE
from models.events import EVENT_TYPES
from tests.models.detect.samples import ALL_ON, WALL, picture, silent, sound

RNG = np.random.default_rng(7)
OBJECT_MODELS = ("yolox_nano", "picodet_s_416")


def cases() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in DETECTORS:
        needs = {detector_class(name).needs(choice) for choice in OBJECT_MODELS}
        yield from ((name, models) for models in sorted(needs))


CASES = list(cases())


def made(name: str, models: tuple[str, ...]) -> AnyDetector:
    return detector_class(name)(ALL_ON, silent(*models))


def samples(kind: AnyDetector) -> list[Picture] | list[Sound]:
    """Black, white, noise, odd sizes and a jump in size: half a second of each."""
    if kind.eats == "frames":
        sizes = [(48, 64)] * 3 + [(180, 320), (1080, 1920), (2, 2)]
        planes = [RNG.integers(0, 256, size, dtype=np.uint8) for size in sizes]
        planes[0][:], planes[1][:] = 0, 255
        return [picture(plane, index * NS // 10) for index, plane in enumerate(planes)]
    waves = [np.zeros(16_000), np.full(16_000, 32767), np.full(16_000, -32768), RNG.integers(-32768, 32768, 16_000)]
    lengths = [np.zeros(0), np.zeros(1), np.ones(17)]
    pts, made = 0, []
    for wave in waves + lengths:
        made.append(sound(wave.astype(np.int16), pts))
        pts += len(wave) * NS // 16_000
    return made


@pytest.mark.parametrize("name", DETECTORS)
def test_it_says_what_it_is(name: str) -> None:
    kind = detector_class(name)
    assert kind.name == name
    assert kind.eats in ("frames", "pcm")
    assert kind.switches
    for switch in kind.switches:
        assert isinstance(REGISTRY[switch.setting].default, bool)
        assert switch.event_type in EVENT_TYPES
    for choice in OBJECT_MODELS:
        assert set(kind.needs(choice)) <= set(CATALOGUE)


def test_the_keys_and_types_are_those_of_the_document() -> None:
    switches = [switch for name in DETECTORS for switch in detector_class(name).switches]
    documented = {"motion", "sound", "dog_bark", "baby_cry", "person", "dog"}
    assert {switch.key for switch in switches} == documented | {kind.key for kind in MORE}
    assert sorted(switch.event_type for switch in switches) == sorted(EVENT_TYPES)


@pytest.mark.parametrize(("name", "models"), CASES)
def test_it_eats_anything(name: str, models: tuple[str, ...]) -> None:
    kind = made(name, models)
    for sample in samples(kind):
        for output in kind.feed(sample):
            check(kind, output, sample)
    for output in kind.reset():
        assert not isinstance(output, Activity) or not output.active


def check(kind: AnyDetector, output: Output, sample: Picture | Sound) -> None:
    keys = {switch.key for switch in kind.switches}
    if isinstance(output, DetectedEvent | Activity | Reading):
        assert output.key in keys
    if isinstance(output, DetectedEvent):
        assert 0 <= output.pts <= sample.pts
        assert output.wall - output.pts == WALL
        assert output.confidence is None or 0 <= output.confidence <= 100


@pytest.mark.parametrize(("name", "models"), CASES)
def test_it_says_the_same_for_the_same(name: str, models: tuple[str, ...]) -> None:
    kind = made(name, models)
    fed = samples(kind)
    first = [output for sample in fed for output in kind.feed(sample) if not isinstance(output, Trace)]
    again = made(name, models)
    assert first == [output for sample in fed for output in again.feed(sample) if not isinstance(output, Trace)]


@pytest.mark.parametrize(("name", "models"), CASES)
def test_switched_off_it_finds_nothing(name: str, models: tuple[str, ...]) -> None:
    kind = made(name, models)
    kind.configure(ALL_ON | {switch.setting: False for switch in kind.switches})
    fed = samples(kind)
    assert not [output for sample in fed for output in kind.feed(sample) if isinstance(output, DetectedEvent)]


@pytest.mark.parametrize(("name", "models"), CASES)
def test_after_a_reset_nothing_is_going_on(name: str, models: tuple[str, ...]) -> None:
    kind = made(name, models)
    for sample in samples(kind):
        list(kind.feed(sample))
    kind.reset()
    assert all(output == Trace(None) for output in kind.reset())
    assert not kind.busy


@pytest.mark.parametrize(("name", "models"), [case for case in CASES if case[1]])
def test_without_its_model_it_cannot_be_made(name: str, models: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="needs its model"):
        detector_class(name)(ALL_ON, {})


@pytest.mark.parametrize(("name", "models"), [case for case in CASES if case[1]])
def test_another_networks_output_is_refused(name: str, models: tuple[str, ...]) -> None:
    wrong: Models = {model: lambda _: [np.zeros((1, 3), np.float32)] for model in models}
    kind = detector_class(name)(ALL_ON, wrong)
    with pytest.raises(ValueError, match="the model gave"):
        [list(kind.feed(sample)) for sample in samples(kind)]
