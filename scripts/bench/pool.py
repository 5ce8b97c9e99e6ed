"""A pool under load: cameras that ask twice a second, each with a picture and two parts of it, and one host.

    python -m scripts.bench.pool [--cameras 1,4,16] [--seconds 20]

Answers a second, p50, p99, what the cameras had to look at themselves, and memory; beside it the same network called
directly, which is what Ray costs. Needs Ray, and root or user namespaces. ``pool_breaks`` breaks it.
"""

import argparse
import asyncio
import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from actors.detector.inference import Engine
from actors.detector.pool import Pool, Question
from actors.detector.remote_inference import object_probe, pictures_asked
from config.boot import Boot, DetectionBoot
from models.detect.detector import Picture
from models.detect.remote_sightings import Sights
from models.pool.invite import parse as parse_invite
from pool.inference import Objects
from scripts.bench import machine
from tests.pool.running import RunningPool

WANTED = {"person": 21.0, "dog": 21.0}
RATE = 2.0
WEIGHTS = Path(os.environ.get("IPCAMERA_MODELS_DIR", "../shared/models/weights")).absolute()


# -------------------------------------------------------------------- load
def question() -> Question[Sights]:
    rng = np.random.default_rng(1)

    def part(width: int, height: int) -> Picture:
        blocks = rng.integers(0, 255, (height // 8, width // 8), np.uint8).repeat(8, 0).repeat(8, 1)
        chroma = np.full((height // 2, width // 2), 128, np.uint8)
        return Picture(blocks, chroma, chroma, 0, 0)

    return pictures_asked([part(640, 360), part(320, 320), part(320, 320)], WANTED)


async def one_camera(
    line: str, key: str, until: float, asked: Question[Sights], took: list[float], lost: list[str]
) -> None:
    pool = Pool(parse_invite(line), key, object_probe(), lambda: None)
    pool.wanted = True
    running = asyncio.create_task(pool.run())
    await pool.first_verdict()
    due = time.monotonic()
    while time.monotonic() < until:
        due += 1 / RATE
        began = time.monotonic()
        if await pool.ask(asked) is None:
            lost.append(pool.why)
        else:
            took.append(time.monotonic() - began)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    running.cancel()


async def crowd(lines: list[str], seconds: float, asked: Question[Sights]) -> tuple[list[float], list[str]]:
    took: list[float] = []
    lost: list[str] = []
    until = time.monotonic() + seconds
    keys = [f"bench{number:040}" for number in range(len(lines))]
    await asyncio.gather(
        *(one_camera(line, key, until, asked, took, lost) for line, key in zip(lines, keys, strict=True))
    )
    return took, lost


def pss(pool: RunningPool) -> str:
    total, processes = 0, pool.processes("")
    for process in processes:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return f"{total / 1024:.0f} MB PSS in {len(processes)} processes"


def load(cameras: list[int], seconds: float) -> None:
    asked = question()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        boot = Boot(place, place, place, models_dir=WEIGHTS, detection=DetectionBoot())
        direct = Objects(boot, Engine())
        took = []
        for _ in range(30):
            began = time.monotonic()
            direct.answer([asked.body])
            took.append(time.monotonic() - began)
        print(f"directly   one question of {len(asked.body) / 1000:.0f} kB, three pictures: {machine.spread(took)}")
        pool = RunningPool(place / "pool", WEIGHTS, "--bind", "127.0.0.1", "--cpus", "2", "--replicas", "2")
        try:
            pool.wait_for(pool.status)
            print(f"memory     pool idle: {pss(pool)}")
            for count in cameras:
                lines = [pool.command("invite", f"bench{number}", "--host", "127.0.0.1") for number in range(count)]
                answered, lost = asyncio.run(crowd(lines, seconds, asked))
                print(_crowd_line(count, seconds, sorted(answered), lost, pool.status() or {}))
            print(f"memory     pool busy: {pss(pool)}")
        finally:
            pool.stop()


def _crowd_line(count: int, seconds: float, took: list[float], lost: list[str], status: dict[str, Any]) -> str:
    rate = f"{len(took) / seconds:.1f} questions/s answered of {count * RATE:.0f}"
    times = (
        f"p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms" if took else "–"
    )
    return f"{count:2} cameras {rate}, {times}, {len(lost)} looked at by the camera; replicas {status.get('replicas')}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", default="1,4,16")
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    print(machine.describe())
    load([int(count) for count in arguments.cameras.split(",")], arguments.seconds)
