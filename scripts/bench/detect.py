"""What a detector costs: milliseconds of CPU for each picture or window, and of a core at its default rate.

    python -m scripts.bench.detect [--samples 100] [--size 1280x720]

CPU time of this thread, so that other programs do not count. Models are looked for as the program does (data directory,
IPCAMERA_MODELS_DIR); a detector whose model is missing is left out, with the reason. Each detector runs in a process of
its own, which tells its memory (PSS) with and without the detector.
"""

import argparse
import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from actors.detector.inference import load
from config.boot_load import load_boot
from config.settings import REGISTRY
from config.weights.store import WeightsError
from models.detect import DETECTORS, detector_class
from models.detect.detector import NS, SAMPLE_RATE, Picture, Settings, Sound
from scripts.bench import machine

OBJECT_MODELS = ("yolox_nano", "picodet_s_416")
BLOCK_S = 0.48  # of sound in one sample: a hop of YAMNet


def pss_mb() -> float:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def everything_on() -> Settings:
    values = {key: setting.default for key, setting in REGISTRY.items()}
    switches = [switch.setting for name in DETECTORS for switch in detector_class(name).switches]
    return values | dict.fromkeys(switches, True)


def pictures(width: int, height: int, rate: float) -> Iterator[Picture]:
    """Noise over a still scene with a moving square."""
    rng = np.random.default_rng(1)
    still = rng.integers(60, 180, (height // 16, width // 16), np.uint8).repeat(16, 0).repeat(16, 1)
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    noise = rng.integers(0, 8, (height, width), np.uint8)
    number = 0
    while True:
        luma = still + np.roll(noise, number * 7, 1)
        left = number * 8 % (width - 80)
        luma[100:200, left : left + 80] = 220
        yield Picture(luma, chroma, chroma, int(number * NS / rate), 0)
        number += 1


def sounds() -> Iterator[Sound]:
    rng = np.random.default_rng(1)
    size = int(BLOCK_S * SAMPLE_RATE)
    number = 0
    while True:
        yield Sound(rng.normal(0, 3000, size).astype(np.int16), int(number * BLOCK_S * NS), 0)
        number += 1


def measure(name: str, object_model: str, size: tuple[int, int], count: int) -> None:
    """One line of the table."""
    kind = detector_class(name)
    label = name if kind.needs("a") == kind.needs("b") else f"{name} ({object_model})"
    before = pss_mb()
    try:
        boot = load_boot({}, os.environ)
        models = {model_id: load(boot, model_id, lambda: None) for model_id in kind.needs(object_model)}
    except WeightsError as error:
        print(f"{label:36} left out: {error}")
        return
    made = kind(everything_on(), models)
    samples: Iterator[Picture | Sound] = pictures(*size, made.rate) if made.eats == "frames" else sounds()
    rate = made.rate if made.eats == "frames" else 1 / BLOCK_S
    fed = [next(samples) for _ in range(count + 20)]
    for sample in fed[:20]:
        list(made.feed(sample))
    began = time.thread_time()
    for sample in fed[20:]:
        list(made.feed(sample))
    ms = (time.thread_time() - began) / count * 1000
    memory = pss_mb() - before - sum(_bytes(sample) for sample in fed) / 2**20
    print(f"{label:36} {ms:7.2f} ms  {ms * rate / 10:5.1f} % of a core at {rate:4.1f}/s  {memory:6.1f} MB")


def _bytes(sample: Picture | Sound) -> int:
    return sample.samples.nbytes if isinstance(sample, Sound) else sample.luma.nbytes


def run(count: int, size: tuple[int, int]) -> None:
    print(machine.describe())
    print(f"pictures of {size[0]}×{size[1]}, sound in {BLOCK_S} s; memory: PSS that the detector adds to its process")
    context = multiprocessing.get_context("spawn")
    for name in DETECTORS:
        kind = detector_class(name)
        for object_model in OBJECT_MODELS if kind.needs("a") != kind.needs("b") else OBJECT_MODELS[:1]:
            process = context.Process(target=measure, args=(name, object_model, size, count))
            process.start()
            process.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--size", default="1280x720")
    arguments = parser.parse_args()
    across, down = (int(part) for part in arguments.size.split("x"))
    run(arguments.samples, (across, down))
