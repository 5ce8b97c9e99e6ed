"""Made-up scenes, fake networks, and the real ones where their files are present."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from config.settings import REGISTRY
from models.detect.catalogue import CATALOGUE
from models.detect.detector import NS, SAMPLE_RATE, AnyDetector, Model, Output, Picture, Run, Sound
from models.detect.yamnet import CLASSES

PROJECT = Path(__file__).parents[3]
WEIGHTS = Path(os.environ.get("IPCAMERA_MODELS_DIR", PROJECT.parent / "shared" / "models" / "weights"))
SAMPLES = WEIGHTS.parent
WALL = 1_700_000_000 * NS

ALL_ON: dict[str, str | int | bool] = {key: setting.default for key, setting in REGISTRY.items()} | {
    "motionEnabled": True,
    "soundEnabled": True,
    "dogBarkClassificationEnabled": True,
    "babyCryClassificationEnabled": True,
    "objectPersonDetectionEnabled": True,
    "objectDogDetectionEnabled": True,
    **{key: 50 for key in REGISTRY if key.endswith("Confidence")},
}


def weights(name: str) -> Path:
    """A file beside the project; the test is skipped, with the reason, where it is absent."""
    path = WEIGHTS / name
    if not path.is_file():
        pytest.skip(f"no model file {path}: set IPCAMERA_MODELS_DIR")
    return path


def session(data: bytes) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    loaded = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return lambda inputs: loaded.run(None, dict(inputs))


def object_model(model_id: str) -> Model:
    return Model(model_id, session(weights(CATALOGUE[model_id].file).read_bytes()))


def yamnet_model() -> Model:
    from models.detect.yamnet_onnx import convert

    return Model("yamnet", session(convert(weights(CATALOGUE["yamnet"].file).read_bytes())))


def silent_model(model_id: str) -> Model:
    """A network that sees and hears nothing, with outputs of the right shape."""
    shapes = {
        "yamnet": [(1, CLASSES), (1, 1024)],
        "yolox_nano": [(1, 3549, 85)],
        "picodet_s_416": [*((1, n, 80) for n in (2704, 676, 169, 49)), *((1, n, 32) for n in (2704, 676, 169, 49))],
    }

    def run(_inputs: Mapping[str, NDArray[np.float32]]) -> Sequence[NDArray[np.float32]]:
        return [np.zeros(shape, np.float32) for shape in shapes[model_id]]

    return Model(model_id, run)


def picture(luma: NDArray[np.uint8], pts: int = 0, chroma: int = 128) -> Picture:
    plane = np.full((luma.shape[0] // 2, luma.shape[1] // 2), chroma, np.uint8)
    luma.flags.writeable = plane.flags.writeable = False
    return Picture(luma, plane, plane, pts, WALL + pts, full_range=True)


def sound(samples: NDArray[np.int16], pts: int = 0) -> Sound:
    samples.flags.writeable = False
    return Sound(samples, pts, WALL + pts)


def blocks(samples: NDArray[np.int16], size: int = 320) -> Iterator[Sound]:
    """A recording as the ring gives it: blocks of 20 ms."""
    for start in range(0, len(samples), size):
        yield sound(samples[start : start + size], start * NS // SAMPLE_RATE)


def outputs(detector: AnyDetector, samples: Iterator[Picture] | Iterator[Sound]) -> list[Output]:
    return [output for sample in samples for output in detector.feed(sample)]


def tone(seconds: float, db: float, hertz: float = 440.0) -> NDArray[np.int16]:
    """A sine whose RMS is ``db`` dBFS."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = np.sin(2 * np.pi * hertz * time) * np.sqrt(2) * 10 ** (db / 20)
    return (wave * 32767).clip(-32768, 32767).astype(np.int16)
