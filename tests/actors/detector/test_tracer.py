"""Traces on disk: days, bounds, and what a kill leaves."""

import resource
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from actors.detector import limits
from actors.detector.tracer import FOLDER, Tracer, day_of
from actors.runtime import worker
from models.detect import motion
from models.detect.detection_zones import CELLS
from models.detect.detector import DetectedEvent
from models.detect.sound import Level
from models.detect.trace import BEGIN, MS, RESET
from tests.models.detect.samples import ALL_ON

DAY_MS = 86_400_000
NOON = 1_700_000_000_000


def quietly() -> None:
    """Nobody minds how long it takes."""


def heard(tracer: Tracer, wall_ms: int, tenths: tuple[int, ...]) -> None:
    for index, level in enumerate(tenths):
        at = (wall_ms + index * 100) * MS
        tracer.add(Level(at, at, level))
    tracer.keep(tracer.take())


def told(tracer: Tracer, wall_ms: int, **settings: int | str) -> list[DetectedEvent]:
    return tracer.again(day_of(wall_ms), ALL_ON | settings, quietly).found


def test_a_day_is_judged_again_with_other_settings(tmp_path: Path) -> None:
    tracer = Tracer(tmp_path, "sound")
    tracer.begin()
    heard(tracer, NOON, (-600, -300, -600))
    assert [one.wall // MS for one in told(tracer, NOON)] == [NOON + 100]
    assert told(tracer, NOON, soundThreshold=10) == []
    assert tracer.again(day_of(NOON), ALL_ON, quietly).end == NOON + 200
    other = tracer.again("1999-01-01", ALL_ON, quietly)
    assert (other.found, other.start, other.end) == ([], 0, 0)


async def test_however_long_it_takes_it_is_not_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tracer, executor = Tracer(tmp_path, "sound"), worker.SerialExecutor()
    for day in (0, 1):
        heard(tracer, NOON + day * DAY_MS, (-600,) * 5)
    now, stuck = 0.0, []
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: now))

    def beat() -> None:
        nonlocal now
        now += 0.9 * executor.patience_s
        stuck.append(executor.stalled())
        executor.beat()

    await executor.run(tracer.again, day_of(NOON + DAY_MS), ALL_ON, beat)
    assert stuck == [""] * 10
    executor.stop()


def test_a_reset_ends_what_went_on(tmp_path: Path) -> None:
    tracer = Tracer(tmp_path, "sound")
    tracer.add(Level(0, NOON * MS, -300))
    tracer.add(None)
    tracer.add(Level(5000 * MS, (NOON + 5000) * MS, -300))
    tracer.keep(tracer.take())
    assert len(told(tracer, NOON, soundCooldown=3)) == 2


def test_what_a_kill_left_is_cut_off_and_the_rest_goes_on(tmp_path: Path) -> None:
    first = Tracer(tmp_path, "sound")
    heard(first, NOON, (-300,))
    [path] = (tmp_path / FOLDER).iterdir()
    with path.open("ab") as file:
        file.write(path.read_bytes()[:-3])
    second = Tracer(tmp_path, "sound")
    heard(second, NOON + 60_000, (-300,))
    assert len(told(second, NOON)) == 2


def test_a_day_has_a_bound_and_old_days_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.TRACE_BYTES, "sound", 200)
    tracer = Tracer(tmp_path, "sound")
    for day in range(5):
        for minute in range(20):
            heard(tracer, NOON + day * DAY_MS + minute * 60_000, (-300, -600, -310, -590))
    files = sorted((tmp_path / FOLDER).iterdir())
    assert [path.stem for path in files] == [f"sound-{day_of(NOON + day * DAY_MS)}" for day in (2, 3, 4)]
    assert all(0 < path.stat().st_size <= 200 for path in files)


def test_a_new_life_keeps_as_many_days(tmp_path: Path) -> None:
    for day in (0, 1, 2, 2):
        heard(Tracer(tmp_path, "sound"), NOON + day * DAY_MS, (-300,))
    assert len(list((tmp_path / FOLDER).iterdir())) == limits.TRACE_DAYS


def test_what_a_full_disk_took_half_does_not_hide_what_comes_after(tmp_path: Path) -> None:
    tracer = Tracer(tmp_path, "sound")
    heard(tracer, NOON, (-300,))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    [path] = (tmp_path / FOLDER).iterdir()
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            heard(tracer, NOON + 60_000, (-300,))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)
    heard(tracer, NOON + 120_000, (-300,))
    assert len(told(tracer, NOON)) == 2


def test_of_a_long_quiet_only_its_end_is_kept(tmp_path: Path) -> None:
    judge = motion.Judge()
    judge.configure(ALL_ON)
    tracer, live = Tracer(tmp_path, "motion"), []
    nothing = np.zeros(CELLS, np.int32)
    something = nothing.copy()
    something[:80] = 90
    for index in range(4000):
        counts = something if index % 1000 in range(300, 320) else nothing
        at = (NOON + index * 100) * MS
        seen = motion.Seen(at, at, (1280, 720), 57_600, counts, counts, counts)
        tracer.add(seen)
        live += [one for one in judge.feed(seen) if isinstance(one, DetectedEvent)]
    records = tracer.take()
    assert len(records) < 200
    tracer.keep(records)
    assert len(live) == 4
    assert tracer.again(day_of(NOON), ALL_ON, quietly).found == live


@pytest.mark.parametrize("kind", [BEGIN, RESET])
def test_a_quiet_swallows_nothing_that_divides_it(tmp_path: Path, kind: int) -> None:
    tracer = Tracer(tmp_path, "motion")
    nothing = np.zeros(CELLS, np.int32)
    for index in range(40):
        if index == 20:
            tracer.begin() if kind == BEGIN else tracer.add(None)
        at = (NOON + index * 100) * MS
        tracer.add(motion.Seen(at, at, (1280, 720), 57_600, nothing, nothing, nothing))
    assert [one.kind for one in tracer.take()].count(kind) == 1


def test_too_much_to_write_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRACE_WAITING", 3)
    tracer = Tracer(tmp_path, "sound")
    for index in range(9):
        tracer.add(Level(index * 100 * MS, (NOON + index * 100) * MS, -300))
    assert len(tracer.take()) == 3
    assert not tracer.due
