"""A detector gets its models while it runs, from a directory as a mirror."""

from dataclasses import replace
from pathlib import Path

import pytest

from actors.detector.actor import Detector
from config.boot import Boot
from config.weights.catalogue import CATALOGUE, YOLOX_NANO
from models.messages.detector import FetchModels, GetModels
from tests.actor_kit import ActorKit
from tests.models.detect.samples import weights


def with_mirror(boot: Boot, mirror: Path) -> Boot:
    return replace(boot, models_dir=None, detection=replace(boot.detection, model_mirror=str(mirror)))


async def test_what_is_missing_is_fetched_and_then_good(boot: Boot) -> None:
    mirror = weights(YOLOX_NANO.file).parent
    async with ActorKit(Detector, with_mirror(boot, mirror), name="object_detector") as kit:
        [before] = (await kit.ask(GetModels())).models
        assert (before.id, before.state, before.bytes) == (YOLOX_NANO.id, "missing", YOLOX_NANO.bytes)
        [begun] = (await kit.ask(FetchModels())).models
        assert begun.state in ("waiting", "fetching", "good")
        await kit.until(lambda: kit.actor._fetcher is None)
        [after] = (await kit.ask(GetModels())).models
        assert after.state == "good"
    assert (boot.data_dir / "models" / YOLOX_NANO.file).stat().st_size == YOLOX_NANO.bytes


async def test_what_cannot_be_had_says_why_and_can_be_asked_for_again(
    boot: Boot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable = replace(YOLOX_NANO, urls=())
    monkeypatch.setitem(CATALOGUE, YOLOX_NANO.id, unreachable)
    async with ActorKit(Detector, with_mirror(boot, tmp_path / "nothing"), name="object_detector") as kit:
        for _ in range(2):
            await kit.ask(FetchModels())
            await kit.until(lambda: kit.actor._fetcher is None)
            [one] = (await kit.ask(GetModels())).models
            assert one.state == "missing"
            assert "no such file" in one.problem
