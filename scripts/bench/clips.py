"""Clips of events at random moments, each looked at picture by picture and sound by sound.

``python -m scripts.bench.clips [--clips N] [--source own|usb|gop1|gop2|gop10 …] [--kill N] [--soak N] [--seed S]``

A clip is right if its first picture is at least the run-up before the event (or ``runUpMs`` says what there was), its
pictures are all there and in order, sound and picture are together, and every player plays it to its end.
``--kill``: parts of the program are killed at random moments meanwhile, and every clip that is listed is looked at.
``--soak``: many events with continuous recording; what may stay on the disk, what is counted, and memory.
"""

import argparse
import contextlib
import itertools
import random
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from playwright.sync_api import sync_playwright

from models.clips import Clip
from models.errors import ServerError
from models.events import Detection
from models.messages.event_log import EVENT_LOG, RecordClip, RecordEvent
from scripts.bench import machine
from scripts.bench.clip_players import CHROMIUM, Browser, wrong
from scripts.bench.clip_sources import COUNT, LASTS, RATE, UsbCamera, camera, film, number_of
from tests.actors.shared.media.peers import FAKE_CAMERA
from tests.wire.server import RunningServer

SETTINGS = {"clipsEnabled": True, "clipRunUpSec": 3, "clipRunOutSec": 1, "clipMaxSec": 20}
RUN_UP_MS = 3000
APART_MAX_MS = 40
TONE_MS = 1000 * LASTS / RATE + 25  # and how it dies away
VICTIMS = ("recorder", "encoder", "camera", "microphone", "event_log")
GROUPS = {"own": 0, "usb": 0, "gop1": 1, "gop2": 2, "gop10": 10}
MS = 1_000_000
GB, DAY_MS = 1 << 30, 86_400_000


# -------------------------------------------------------------------- one clip
@dataclass(slots=True)
class Found:
    run_up_ms: int
    numbers: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    apart_ms: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def _steps(self) -> list[int]:
        return [(b - a) % COUNT for a, b in itertools.pairwise(self.numbers)]

    @property
    def lost(self) -> int:
        return sum(step - 1 for step in self._steps if 1 < step < COUNT // 2)

    @property
    def disorder(self) -> int:
        return sum(not 0 < step < COUNT // 2 for step in self._steps)


def look_at(path: Path, run_up_ms: int, whole: bool) -> Found:
    """``whole``: nothing is lost on the way, neither pictures nor the beginning of a tone."""
    found = Found(run_up_ms, faults=wrong(path))
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            found.numbers.append(number_of(frame.to_ndarray(format="gray").astype(np.uint8)))
            found.times.append(float(frame.time or 0))
    for beep in _beeps(path):
        nearest = min(range(len(found.times)), key=lambda index: abs(found.times[index] - beep))
        if abs(found.times[nearest] - beep) > 1 / RATE:
            continue  # there is no picture of this moment
        off = (found.numbers[nearest] + RATE // 2) % RATE - RATE // 2  # pictures after the one it begins with
        apart = 1000 * (beep - found.times[nearest] + off / RATE)
        if not whole and APART_MAX_MS < apart < TONE_MS:
            continue
        found.apart_ms.append(apart)
        if abs(found.apart_ms[-1]) > APART_MAX_MS:
            found.faults.append(f"a sound more than {APART_MAX_MS} ms from its picture")
    return found


def _beeps(path: Path) -> list[float]:
    times: list[float] = []
    loud: list[bool] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0) if container.streams.audio else ():
            samples = np.abs(frame.to_ndarray()[0].astype(np.float64))
            for at in range(0, samples.size - 31, 32):
                times.append(float(frame.time or 0) + at / frame.sample_rate)
                loud.append(bool(samples[at : at + 32].max() > 0.2))
    return [  # after 40 ms of silence: the tone crosses zero, and may go on after a gap
        times[i]
        for i in range(100, len(loud))
        if loud[i] and not any(loud[i - 20 : i]) and times[i] - times[i - 20] < 0.05
    ]


def look_at_all(
    running: RunningServer, events: dict[int, int], dice: random.Random, faulty: Path | None, whole: bool = True
) -> list[Found]:
    """Every clip of ``events`` (their Unix ms by id); those that are ``faulty`` are copied there."""
    results = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        browser = Browser(chromium.new_page(ignore_https_errors=True), running)
        for clip in clips(running):
            if not clip["events"]:
                continue
            path = running.data_dir / "clips" / f"{clip['id']}.mp4"
            one = look_at(path, clip["runUpMs"], whole)
            one.faults += browser.faults(clip, one.times, one.numbers, dice)
            true_ms = events.get(clip["events"][0], clip["moment"]) - clip["start"]
            if abs(true_ms - one.run_up_ms) > 60 and (true_ms > 0 or one.run_up_ms):
                one.faults.append(f"runUpMs {one.run_up_ms}, it was {true_ms}")
            if one.faults and faulty:
                shutil.copy(path, faulty)
            results.append(one)
    return results


# -------------------------------------------------------------------- many
@contextlib.contextmanager
def server(folder: Path, kind: str, **settings: object) -> Iterator[RunningServer]:
    with contextlib.ExitStack() as stack:
        how: dict[str, Any] = {"audio_source": "auto", "settings": SETTINGS | settings}
        if kind == "usb":
            usb = stack.enter_context(UsbCamera(folder, folder / kind))
            how |= {"audio_source": str(usb.film), "environment": usb.environment}
            source = "v4l2:/dev/video0"
        else:
            source = stack.enter_context(camera(GROUPS[kind])).url if GROUPS[kind] else str(film(folder / "film.mov"))
        running = RunningServer(folder / kind, source=source, **how)
        stack.callback(running.stop)
        running.wait_for(lambda: running.post("/clips/record", {"seconds": 1})[0] == 200, 60)
        running.wait_for(lambda: running.get("/clips")[1]["clips"], 60)
        yield running


def happens(running: RunningServer) -> tuple[int, int]:
    """(event id, its Unix ms)."""
    detection = Detection(secrets.token_hex(16), "MOTION", time.time_ns() // MS)
    return running.ask(EVENT_LOG, RecordEvent(detection)).event_id, detection.timestamp


def clips(running: RunningServer) -> list[dict[str, Any]]:
    def asked() -> dict[str, Any]:
        status, body = running.get("/clips?limit=500")
        return body if status == 200 else {}  # the event log is being restarted

    found: list[dict[str, Any]] = running.wait_for(asked, 60)["clips"]
    return found


def measure(kind: str, count: int, dice: random.Random, faulty: Path | None) -> bool:
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary), kind) as running:
        time.sleep(max(4, GROUPS[kind]))
        running.rows()  # the next figures are of the time from now on
        events = {}
        for _ in range(count):
            time.sleep(dice.uniform(2.5, 5.5))
            event_id, at = happens(running)
            events[event_id] = at
        row = running.rows()["recorder"]
        running.wait_for(lambda: _all_there(running, events), 60)
        results = look_at_all(running, events, dice, faulty)
        for one in results:
            if one.run_up_ms < RUN_UP_MS:
                one.faults.append(f"a run-up of {one.run_up_ms} ms")
        storage = running.get("/clips")[1]["storage"]
    used = f"recorder {row.cpu_percent} % of a core, {row.pss_bytes >> 20} MB; "
    used += f"{sum(storage['written'].values()) >> 10} kB written, {storage['bytes'] >> 10} kB kept"
    good = report(kind, results, len(events), used)
    disorder = any(one.disorder for one in results)
    return good and not disorder and (kind in ("own", "usb") or not any(one.lost for one in results))


def _all_there(running: RunningServer, events: dict[int, int]) -> bool:
    return set(events) <= {event_id for clip in clips(running) for event_id in clip["events"]}


def report(kind: str, results: list[Found], events: int, used: str) -> bool:
    apart = [abs(ms) for one in results for ms in one.apart_ms]
    faults = Counter(fault for one in results for fault in one.faults)
    lost, disorder = sum(one.lost for one in results), sum(one.disorder for one in results)
    print(
        f"{kind}: {events} events, {len(results)} clips, {sum(len(one.numbers) for one in results)} pictures, "
        f"{lost} missing, {disorder} out of order; run-up {min(one.run_up_ms for one in results)} to "
        f"{max(one.run_up_ms for one in results)} ms; sound from picture median {statistics.median(apart):.0f} ms, "
        f"most {max(apart):.0f} ms of {len(apart)}; {used}",
        flush=True,
    )
    for fault, times in faults.items():
        print(f"  {times} times: {fault}", flush=True)
    return not faults


# -------------------------------------------------------------------- while parts are killed
def kill(count: int, dice: random.Random, faulty: Path | None) -> bool:
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary), "gop1") as running:
        killed: Counter[str] = Counter()
        order: list[str] = []
        events: dict[int, int] = {}
        begun = time.monotonic()
        while len(clips(running)) < count and time.monotonic() - begun < 10 * count:
            time.sleep(dice.uniform(0.3, 2.5))
            with contextlib.suppress(ServerError):
                event_id, at = happens(running)
                events[event_id] = at
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
        astray = len(on_disk(running).keys() ^ set(ids))
        without = set(events) - {event_id for clip in found for event_id in clip["events"]}
        history = running.get("/events?since=1&type=SYSTEM&limit=1000")[1]["events"]
        results = look_at_all(running, events, dice, faulty, whole=False)
    told = Counter(one["actor"] for one in history if one["type"] == "SYSTEM_RESTART")
    twice = len(ids) - len(set(ids))
    done = f"killed {dict(killed)}, told of {dict(told)}; {twice} listed twice, {astray} files without a row or rows "
    done += f"without a file, {len(without)} events without a clip; {dict(Counter(one['type'] for one in history))}"
    good = report("kill", results, len(events), done) and not twice and not astray and killed <= told
    return good and sum(one.disorder for one in results) <= killed["camera"]  # its film begins anew then


# -------------------------------------------------------------------- for long
class Filler:
    """Clips of days ago, which take no room on the disk although they are counted: retention without waiting for it."""

    def __init__(self, running: RunningServer) -> None:
        self._running = running
        self.ends: dict[str, int] = {}  # Unix ms by id

    def add(self, end: int, size: int) -> None:
        clip_id = f"{end:012x}{secrets.token_hex(6)}"
        path = f"clips/{clip_id}.mp4"
        with (self._running.data_dir / path).open("wb") as file:
            file.truncate(size)
        clip = Clip(
            clip_id, "event", end - 1000, 1000, 0, end, ("MOTION",), (), size, 320, 240, "avc1.4D401F", False, path
        )
        self._running.ask(EVENT_LOG, RecordClip(clip))
        self.ends[clip_id] = end

    @property
    def there(self) -> set[str]:
        return self.ends.keys() & on_disk(self._running)


def on_disk(running: RunningServer) -> dict[str, int]:
    """Bytes by id."""
    return {path.stem: path.stat().st_size for path in (running.data_dir / "clips").glob("*.mp4")}


def soak(count: int, every_s: float = 5.0) -> bool:
    """The first half of the events with clips that become too old, the other half with more than may be there."""
    faults: Counter[str] = Counter()
    limits = {"clipRetentionDays": 1, "clipMaxGb": 4096, "recordContinuously": True}
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary), "gop1", **limits) as running:
        filler = Filler(running)
        for number in range(30):
            filler.add(time.time_ns() // MS - DAY_MS + round(1000 * count * every_s / 2 * number / 30), 1 << 20)
        for _ in range(12):
            happens(running)
            time.sleep(every_s)
        first, counted = running.rows(), _counted(running)
        written = _written_by(first["recorder"].pid)
        for number in range(count):
            if number == count // 2:
                running.post("/settings", {"clipMaxGb": 1})
                while sum(on_disk(running).values()) < GB - (2 << 20):
                    filler.add(time.time_ns() // MS - DAY_MS // 2, 2 << 20)
            happens(running)
            time.sleep(every_s)
            faults.update(_too_many_or_few(running, filler, number >= count // 2))
        last = running.rows()
        running.post("/settings", {"clipsEnabled": True, "recordContinuously": False})
        running.wait_for(lambda: not list((running.data_dir / "clips" / "open").glob("*.mp4")), 60)
        counted, written = _counted(running) - counted, _written_by(first["recorder"].pid) - written
        storage, files = running.get("/clips")[1]["storage"], on_disk(running)
        left = len(filler.there)
    memory = ", ".join(
        f"{name} {first[name].pss_bytes / 1e6:.1f} → {last[name].pss_bytes / 1e6:.1f} MB"
        for name in ("recorder", "event_log", "facade")
    )
    print(
        f"soak: {count} events in {count * every_s / 60:.0f} min; {memory}; written: {counted:,} B counted, "
        f"{written:,} B by the recorder; there: {storage['bytes']:,} B in {storage['clips']} clips counted, "
        f"{sum(files.values()):,} B in {len(files)} files; {left} of {len(filler.ends)} old clips left; {dict(faults)}",
        flush=True,
    )
    exact = (storage["bytes"], storage["clips"]) == (sum(files.values()), len(files))
    return not faults and exact and first["recorder"].pid == last["recorder"].pid


def _counted(running: RunningServer) -> int:
    return sum(running.get("/clips")[1]["storage"]["written"].values())


def _written_by(pid: int) -> int:
    return int(Path(f"/proc/{pid}/io").read_text().split("wchar: ")[1].split()[0])


def _too_many_or_few(running: RunningServer, filler: Filler, by_size: bool) -> Iterator[str]:
    """What should have gone, or should not have; a clip is stored, and with it the old ones go, every few seconds."""
    old, there = time.time_ns() // MS - DAY_MS, filler.there
    if not by_size:
        if missing := {clip_id for clip_id, end in filler.ends.items() if end > old} - there:
            yield f"{len(missing)} went too early"
        if stale := {clip_id for clip_id in there if filler.ends[clip_id] < old - 12_000}:
            yield f"{len(stale)} are too old"
    elif not GB - (3 << 20) < (total := sum(on_disk(running).values())) <= GB + (1 << 20):
        yield f"{total:,} B"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100, help="of each source")
    parser.add_argument("--source", nargs="*", choices=list(GROUPS), default=list(GROUPS))
    parser.add_argument("--kill", type=int, default=0, metavar="CLIPS", help="until there are so many clips")
    parser.add_argument("--soak", type=int, default=0, metavar="EVENTS", help="one in five seconds")
    parser.add_argument("--faulty", type=Path, metavar="DIR", help="copy clips that are not right into it")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(machine.describe(), flush=True)
    dice = random.Random(given.seed)  # noqa: S311
    if not FAKE_CAMERA.is_dir() and "usb" in given.source:
        given.source.remove("usb")
        print(f"usb is left out: the emulated USB camera is not here: {FAKE_CAMERA}")
    good = all([measure(kind, given.clips, dice, given.faulty) for kind in given.source])
    if given.kill:
        good = kill(given.kill, dice, given.faulty) and good
    if given.soak:
        good = soak(given.soak) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
