"""Model files on disk: missing, broken, unconverted; and what is said about it."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from actors.detector.inference import load
from config.boot import Boot
from config.weights.catalogue import YAMNET, YOLOX_NANO
from config.weights.store import WeightsError, store
from tests.models.detect.samples import WEIGHTS, weights


def boot(tmp_path: Path, models_dir: Path | None = None) -> Boot:
    return Boot(tmp_path, tmp_path, tmp_path, models_dir=models_dir)


def nothing() -> None:
    pass


@pytest.mark.parametrize("model", ["yamnet", "mn04_as", "yolox_nano", "picodet_s_416"])
def test_missing(tmp_path: Path, model: str) -> None:
    with pytest.raises(WeightsError, match=f"The model {model} is missing: fetch it under Detection"):
        load(boot(tmp_path), model, nothing)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_broken(tmp_path: Path, damage: str) -> None:
    content = bytearray(weights(YOLOX_NANO.file).read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 1
    elif damage == "cut":
        del content[-100:]
    else:
        content.clear()
    target = store(boot(tmp_path)) / YOLOX_NANO.file
    target.parent.mkdir()
    target.write_bytes(content)
    with pytest.raises(WeightsError, match=r"is broken .*: fetch it under Detection"):
        load(boot(tmp_path), "yolox_nano", nothing)


def test_from_a_directory_that_is_only_read(tmp_path: Path) -> None:
    weights(YOLOX_NANO.file)
    model = load(boot(tmp_path, WEIGHTS), "yolox_nano", nothing)
    [output] = model({"images": np.zeros((1, 3, 416, 416), np.float32)})
    assert output.shape == (1, 3549, 85)
    assert not store(boot(tmp_path)).exists()


def test_yamnet_is_converted_once(tmp_path: Path) -> None:
    weights(YAMNET.file)
    beats: list[None] = []
    model = load(boot(tmp_path, WEIGHTS), "yamnet", lambda: beats.append(None))
    assert beats
    scores = model({"waveform": np.zeros((1, 15_600), np.float32)})[0]
    assert scores.shape == (1, 521)
    converted = store(boot(tmp_path)) / YAMNET.loads
    written = converted.stat().st_mtime_ns
    load(boot(tmp_path), "yamnet", nothing)  # the download is not needed any more
    assert converted.stat().st_mtime_ns == written


def test_a_broken_conversion_is_made_again(tmp_path: Path) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "models", ignore=lambda _, names: [n for n in names if n != YAMNET.file])
    weights(YAMNET.file)
    (tmp_path / "models" / YAMNET.loads).write_bytes(b"\x08\x09 no model")
    [scores, _] = load(boot(tmp_path), "yamnet", nothing)({"waveform": np.zeros((1, 15_600), np.float32)})
    assert scores.shape == (1, 521)


def test_the_shell_finds_every_detector() -> None:
    """In a fresh process and after its imports: a module of the look-up's name once took its place."""
    program = (
        "from actors.detector import actor\n"
        "from models.detect import DETECTORS\n"
        "assert [actor.detector_class(name).name for name in DETECTORS] == list(DETECTORS)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
