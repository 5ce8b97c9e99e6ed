"""Clips of events at random moments, each looked at picture by picture and sound by sound.

``python -m scripts.bench.clips [--clips N] [--source own|gop1|gop2|gop10 …] [--kill N] [--seed S]``

The source is a film made here: each picture carries its number as a bar code, and at each whole second it turns white
and a tone begins. A clip is right if its first picture is at least the run-up before the event (or ``runUpMs`` says
what there was), its pictures are all there and in order, sound and picture are together, and ffmpeg finds nothing wrong
in it. ``--kill``: meanwhile parts of the program are killed at random moments, and every clip that is listed is played.
"""

import argparse
import contextlib
import itertools
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from models.errors import ServerError
from models.events import Detection
from models.messages.event_log import EVENT_LOG, RecordEvent
from scripts.bench import machine
from tests.actors.shared.media.clips import Clip, Unit
from tests.actors.shared.media.rtsp_stand_in import StandIn
from tests.wire.server import RunningServer

RATE, SECONDS, SIZE, BITS = 25, 40, (320, 240), 16
LASTS = 5  # pictures and a fifth of a second
SETTINGS = {"clipsEnabled": True, "clipRunUpSec": 3, "clipRunOutSec": 1, "clipMaxSec": 20}
RUN_UP_MS = 3000
APART_MAX_MS = 40
VICTIMS = ("recorder", "encoder", "camera", "microphone", "event_log")
GROUPS = {"own": 0, "gop1": 1, "gop2": 2, "gop10": 10}
MS = 1_000_000


# -------------------------------------------------------------------- the film
def camera(group_s: int) -> StandIn:
    """One that sends H.264 with an IDR every so many seconds, and a tone at the beginning of each second."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = SIZE
    context.time_base, context.framerate, context.pix_fmt = Fraction(1, RATE), Fraction(RATE), "yuv420p"
    group = {"g": str(group_s * RATE), "keyint_min": str(group_s * RATE), "sc_threshold": "0"}
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", **group}
    packets = []
    for number in range(SECONDS * RATE):
        packets += context.encode(_frame(number, "yuv420p"))
    units = [Unit(bytes(one), n / RATE, n / RATE, one.is_keyframe) for n, one in enumerate(packets)]
    return StandIn(Clip("h264", tuple(units)), sound=True, beep_s=LASTS / RATE)


def film(path: Path) -> Path:
    """Motion JPEG with sound: the program encodes it itself."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", RATE)
        video.width, video.height = SIZE
        video.pix_fmt = "yuvj420p"
        audio = container.add_stream("aac", 16_000, layout="mono")
        for number in range(SECONDS * RATE):
            container.mux(video.encode(_frame(number, "yuvj420p")))
        time_s = np.arange(SECONDS * 16_000) / 16_000
        wave = 0.5 * np.sin(2 * np.pi * 1000 * time_s) * (time_s % 1 < LASTS / RATE)
        for at in range(0, wave.size - 1023, 1024):
            piece = av.AudioFrame.from_ndarray(wave[at : at + 1024].astype(np.float32).reshape(1, -1), "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = 16_000, at, Fraction(1, 16_000)
            container.mux(audio.encode(piece))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


def _frame(number: int, kind: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(_picture(number), format="gray").reformat(format=kind)
    frame.pts, frame.time_base = number, Fraction(1, RATE)
    return frame


def _picture(number: int) -> NDArray[np.uint8]:
    picture = np.full((SIZE[1], SIZE[0]), 235 if number % RATE < LASTS else 16, np.uint8)
    for bit in range(BITS):
        picture[:40, bit * 20 : bit * 20 + 20] = 235 if number >> bit & 1 else 16
    return picture


def number_of(picture: NDArray[np.uint8]) -> int:
    return sum((picture[10:30, bit * 20 + 5 : bit * 20 + 15].mean() > 128) << bit for bit in range(BITS))


# -------------------------------------------------------------------- one clip
@dataclass(slots=True)
class Found:
    pictures: int = 0
    lost: int = 0
    disorder: int = 0
    run_up_ms: int = 0
    apart_ms: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def look_at(path: Path) -> Found:
    found = Found(faults=wrong(path))
    numbers: list[int] = []
    times: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            numbers.append(number_of(frame.to_ndarray(format="gray").astype(np.uint8)))
            times.append(float(frame.time or 0))
    steps = [(b - a) % (SECONDS * RATE) for a, b in itertools.pairwise(numbers)]
    found.pictures = len(numbers)
    found.lost = sum(step - 1 for step in steps if 1 < step < 500)
    found.disorder = sum(not 0 < step < 500 for step in steps)
    for beep in _beeps(path):
        nearest = min(range(len(times)), key=lambda index: abs(times[index] - beep))
        off = (numbers[nearest] + RATE // 2) % RATE - RATE // 2  # pictures after the one with which the tone begins
        found.apart_ms.append(1000 * (beep - times[nearest] + off / RATE))
    return found


def wrong(path: Path) -> list[str]:
    """What ffprobe and ffmpeg complain of."""
    strict = ("ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-i", str(path), "-f", "null", "-")
    said = []
    for command in (("ffprobe", "-v", "error", str(path)), strict):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode or done.stderr:
            said.append(f"{command[0]}: {done.stderr.strip()[:200] or done.returncode}")
    return said


def _beeps(path: Path) -> list[float]:
    times: list[float] = []
    loud: list[bool] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0) if container.streams.audio else ():
            samples = np.abs(frame.to_ndarray()[0].astype(np.float64))
            for at in range(0, samples.size - 31, 32):
                times.append(float(frame.time or 0) + at / frame.sample_rate)
                loud.append(bool(samples[at : at + 32].max() > 0.2))
    quiet_before = (not any(loud[max(0, i - 20) : i]) for i in range(len(loud)))  # the tone crosses zero
    return [at for at, now, first in zip(times, loud, quiet_before, strict=True) if now and first and at > 0.2]


# -------------------------------------------------------------------- many
@contextlib.contextmanager
def server(folder: Path, kind: str) -> Iterator[RunningServer]:
    with contextlib.ExitStack() as stack:
        group_s = GROUPS[kind]
        source = stack.enter_context(camera(group_s)).url if group_s else str(film(folder / "film.mov"))
        running = RunningServer(folder / kind, source=source, audio_source="auto", settings=SETTINGS)
        stack.callback(running.stop)
        running.wait_for(lambda: running.post("/clips/record", {"seconds": 1})[0] == 200, 60)
        running.wait_for(lambda: running.get("/clips")[1]["clips"], 60)
        yield running


def happens(running: RunningServer) -> tuple[int, int]:
    """(event id, its Unix ms)."""
    detection = Detection(secrets.token_hex(16), "MOTION", time.time_ns() // MS)
    return running.ask(EVENT_LOG, RecordEvent(detection)).event_id, detection.timestamp


def clips(running: RunningServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.get("/clips?limit=500")[1]["clips"]
    return found


def measure(kind: str, count: int, dice: random.Random) -> bool:
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary), kind) as running:
        time.sleep(max(4, GROUPS[kind]))
        running.rows()  # the next figures are of the time from now on
        events = {}
        for _ in range(count):
            time.sleep(dice.uniform(2.5, 5.5))
            event_id, at = happens(running)
            events[event_id] = at
        row = running.rows()["recorder"]
        running.wait_for(lambda: not running.get("/clips")[1]["clips"] or _all_there(running, events), 60)
        results = []
        for clip in clips(running):
            if clip["events"]:
                one = look_at(running.data_dir / "clips" / f"{clip['id']}.mp4")
                one.run_up_ms = clip["runUpMs"]
                true_ms = events[clip["events"][0]] - clip["start"]
                if abs(true_ms - one.run_up_ms) > 60:
                    one.faults.append(f"runUpMs {one.run_up_ms}, it was {true_ms}")
                if one.run_up_ms < RUN_UP_MS:
                    one.faults.append(f"a run-up of {one.run_up_ms} ms")
                results.append(one)
        storage = running.get("/clips")[1]["storage"]
    return report(kind, results, len(events), row, storage)


def _all_there(running: RunningServer, events: dict[int, int]) -> bool:
    return set(events) <= {event_id for clip in clips(running) for event_id in clip["events"]}


def report(kind: str, results: list[Found], events: int, row: Any, storage: dict[str, Any]) -> bool:
    apart = [abs(ms) for one in results for ms in one.apart_ms]
    faults = Counter(fault for one in results for fault in one.faults)
    lost, disorder = (sum(getattr(one, name) for one in results) for name in ("lost", "disorder"))
    print(
        f"{kind}: {events} events, {len(results)} clips, {sum(one.pictures for one in results)} pictures, "
        f"{lost} missing, {disorder} out of order; run-up {min(one.run_up_ms for one in results)} to "
        f"{max(one.run_up_ms for one in results)} ms; sound from picture median {statistics.median(apart):.0f} ms, "
        f"most {max(apart):.0f} ms of {len(apart)}; recorder {row.cpu_percent} % of a core, {row.pss_bytes >> 20} MB; "
        f"{sum(storage['written'].values()) >> 10} kB written, {storage['bytes'] >> 10} kB kept"
    )
    for fault, times in faults.items():
        print(f"  {times} times: {fault}")
    return not faults and not disorder and max(apart) <= APART_MAX_MS and (kind == "own" or not lost)


def kill(count: int, dice: random.Random) -> bool:
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary), "gop1") as running:
        killed: Counter[str] = Counter()
        order: list[str] = []
        events: list[int] = []
        begun = time.monotonic()
        while len(clips(running)) < count and time.monotonic() - begun < 10 * count:
            time.sleep(dice.uniform(0.3, 2.5))
            with contextlib.suppress(ServerError):
                events.append(happens(running)[0])
            time.sleep(dice.uniform(0.1, 2.5))
            order = order or dice.sample(VICTIMS, len(VICTIMS))  # in turn: more often than their budget they stay away
            victim = order.pop()
            with contextlib.suppress(ServerError, ProcessLookupError):
                if running.rows()[victim].state == "up":
                    running.kill(victim)
                    killed[victim] += 1
        time.sleep(8)
        running.wait_for(lambda: not list((running.data_dir / "clips" / "open").glob("*.mp4")), 60)
        found = clips(running)
        ids = [clip["id"] for clip in found]
        faults = [fault for clip in found for fault in wrong(running.data_dir / "clips" / f"{clip['id']}.mp4")]
        on_disk = {path.stem for path in (running.data_dir / "clips").glob("*.mp4")}
        recorded = {event_id for clip in found for event_id in clip["events"]}
        history = running.get("/events?since=1&type=SYSTEM&limit=1000")[1]["events"]
        told = Counter(one["type"] for one in history)
    print(
        f"killed {dict(killed)}: {len(found)} clips, {len(ids) - len(set(ids))} listed twice, {len(faults)} faults, "
        f"{len(on_disk ^ set(ids))} files without a row or rows without a file, "
        f"{len(set(events) - recorded)} of {len(events)} events without a clip; history: {dict(told)}"
    )
    for fault in set(faults):
        print(f"  {fault}")
    return not faults and len(ids) == len(set(ids)) and on_disk == set(ids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100, help="of each source")
    parser.add_argument("--source", nargs="*", choices=list(GROUPS), default=list(GROUPS))
    parser.add_argument("--kill", type=int, default=0, metavar="CLIPS", help="until there are so many clips")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(machine.describe())
    dice = random.Random(given.seed)  # noqa: S311
    good = all([measure(kind, given.clips, dice) for kind in given.source])
    if given.kill:
        good = kill(given.kill, dice) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
