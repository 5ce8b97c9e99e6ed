"""Made-up scenes, fake networks, and the real ones where their files are present."""

import json
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from config.settings import REGISTRY
from config.weights.catalogue import CATALOGUE, WeightsFile
from models.detect.detector import (
    NS,
    SAMPLE_RATE,
    AnyDetector,
    DetectedEvent,
    Models,
    Output,
    Picture,
    Run,
    Settings,
    Sound,
    Trace,
)
from models.detect.frame_sampler import Pace
from models.detect.sound_classifier import MN04_CLASSES, YAMNET_CLASSES
from models.detect.trace import RESET, Record, block, records
from models.detect.trace_replay import record_of, replay

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


def real(*model_ids: str) -> Models:
    """The networks themselves, converted where they have to be."""
    return {model_id: _real(CATALOGUE[model_id]) for model_id in model_ids}


def _real(model: WeightsFile) -> Run:
    file = weights(model.file).read_bytes()
    return session(import_module(model.converter).convert(file) if model.converted else file)


def silent(*model_ids: str) -> Models:
    """Networks that see and hear nothing, with outputs of the right shape."""
    shapes = {
        "yamnet": [(1, YAMNET_CLASSES), (1, 1024)],
        "mn04_as": [(1, MN04_CLASSES)],
        "yolox_nano": [(1, 3549, 85)],
        "picodet_s_416": [*((1, n, 80) for n in (2704, 676, 169, 49)), *((1, n, 32) for n in (2704, 676, 169, 49))],
    }

    def run(model_id: str) -> Run:
        nothing = -9.0 if model_id == "mn04_as" else 0.0  # a logit; the others give probabilities
        return lambda _inputs: [np.full(shape, nothing, np.float32) for shape in shapes[model_id]]

    return {model_id: run(model_id) for model_id in model_ids}


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


def one_by_one(detector: AnyDetector) -> tuple[list[Output], list[dict[str, Any]]]:
    """All that it tells of the video in which one after the other comes by, and the labelled visits."""
    import av

    path, pace = SAMPLES / "video" / "one_by_one_1-3.mp4", Pace(detector.rate)
    told: list[Output] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            pts = int((frame.time or 0) * NS)
            if pace.due(pts):
                planar = frame.to_ndarray(format="yuv420p")
                u, v = planar[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
                told += detector.feed(Picture(planar[: frame.height], u, v, pts, pts))
    told += detector.reset()
    return told, json.loads(path.with_suffix(".json").read_text())["visits"]


def tone(seconds: float, db: float, hertz: float = 440.0) -> NDArray[np.int16]:
    """A sine whose RMS is ``db`` dBFS."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = np.sin(2 * np.pi * hertz * time) * np.sqrt(2) * 10 ** (db / 20)
    return (wave * 32767).clip(-32768, 32767).astype(np.int16)


def judged_again(name: str, found: list[Output], settings: Settings = ALL_ON) -> list[DetectedEvent]:
    """What the trace of these outputs comes to, by the file format and back."""
    seen = [output.seen for output in found if isinstance(output, Trace)]
    trace = [Record(RESET, 0, 0) if one is None else record_of(one) for one in seen]
    data = b"".join(block(trace[start : start + 500]) for start in range(0, len(trace), 500))
    return list(replay(name, records(data), settings))


def findings(found: list[Output]) -> list[DetectedEvent]:
    return [output for output in found if isinstance(output, DetectedEvent)]
