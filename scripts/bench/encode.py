"""Milliseconds a picture takes: JPEG and H.264 at 720p and 1080p, and what stands around them.

    python -m scripts.bench.encode [--pictures 120]

CPU time of this thread, so that other programs do not count; the wall clock stands beside it.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from actors.encoder.h264 import HARDWARE, PRESETS, SOFTWARE, H264Encoder, Shape, works
from actors.shared.media import jpeg
from models.media import i420, test_picture
from models.media.quality import bitrate
from scripts.bench import machine

SIZES = ((1280, 720), (1920, 1080))
FPS = 30
NOISE = 6  # grey levels, about what a small sensor gives


def pictures(width: int, height: int, count: int = 30) -> list[NDArray[np.uint8]]:
    """The test pattern with a sensor's noise."""
    random = np.random.default_rng(1)
    made = []
    for number in range(count):
        flat = np.empty(i420.size_of(width, height), np.uint8)
        test_picture.draw(flat, width, height, number, number * 33_000_000)
        noise = random.integers(-NOISE, NOISE + 1, flat.size, np.int16)
        made.append(np.clip(flat + noise, 0, 255).astype(np.uint8))
    return made


def measure(name: str, count: int, work: Callable[[int], int]) -> None:
    """``work`` takes the number of the picture and gives the bytes it made."""
    for number in range(5):
        work(number)
    cpu, wall = time.thread_time(), time.perf_counter()
    made = sum(work(number + 5) for number in range(count))
    cpu, wall = (time.thread_time() - cpu) / count * 1000, (time.perf_counter() - wall) / count * 1000
    kilobytes = f"{made / count / 1000:7.1f} kB" if made else ""
    print(f"{name:32} {cpu:7.2f} ms CPU {wall:7.2f} ms wall {cpu * FPS / 10:6.1f} % of a core at {FPS}/s {kilobytes}")


def run(count: int) -> None:
    print(machine.describe())
    for width, height in SIZES:
        flats = pictures(width, height)
        name = f"{height}p"

        def take(number: int, flats: list[NDArray[np.uint8]] = flats) -> NDArray[np.uint8]:
            return flats[number % len(flats)]

        def to_jpeg(number: int, full: bool, width: int = width, height: int = height) -> int:
            return len(jpeg.encode(take(number), width, height, 85, full))

        measure(f"{name} jpeg q85", count, lambda n: to_jpeg(n, True))
        measure(f"{name} jpeg q85, limited range", count, lambda n: to_jpeg(n, False))
        turned = np.empty(i420.size_of(width, height), np.uint8)

        def turn(number: int, width: int = width, height: int = height, out: NDArray[np.uint8] = turned) -> int:
            planes = i420.planes(take(number), width, height)
            i420.write(i420.Picture(*planes, pts=0, full_range=False), out, width, height, 90)
            return 0

        measure(f"{name} rotate 90", count, turn)
        encoders = [(SOFTWARE, preset) for preset in PRESETS] + ([(HARDWARE, "")] if works(HARDWARE) else [])
        for encoder_name, preset in encoders:
            target = bitrate(width, height, FPS, 60)
            encoder = H264Encoder(Shape(width, height, FPS, full_range=False), target, encoder_name, preset)

            def to_h264(number: int, encoder: H264Encoder = encoder) -> int:
                unit = encoder.encode(take(number), number * 33_333_333, key=number % 60 == 0)
                return len(unit.data) if unit else 0

            measure(f"{name} {encoder_name} {preset} {target // 1000} kbit/s", count, to_h264)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=120)
    run(parser.parse_args().pictures)
