"""Faults of the environment: source, broker, disk, shared memory."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.places import SHM, shm_dir
from models.errors import ServerError
from models.events import SYSTEM_PREFIX
from models.messages.event_log import EVENT_LOG, QueryEvents
from models.messages.mqtt import MQTT, GetMqtt
from models.messages.settings import SETTINGS, ChangeSettings, GetSettings
from scripts.ipcamera.drills import verdict
from scripts.ipcamera.drills.actor_faults import blow, sees_again
from scripts.ipcamera.drills.events import Recording
from scripts.ipcamera.drills.listener import Listener
from scripts.ipcamera.drills.private import World
from scripts.ipcamera.drills.program import Program
from scripts.ipcamera.drills.verdict import Seen, count_delivered
from scripts.ipcamera.drills.viewers import Watch

LOST_FOR_S = 2.0  # after it was noticed
FULL_FOR_S = 3.0
NEARLY_FULL_BYTES = 4 << 20
EVENTS, EVENTS_PER_S = 40, 20.0
LATE_S = 20.0  # for what is written or delivered after the fact
BLOCK = 1 << 16
PAGE = 1 << 12
FILL_EVERY_S = 0.1
FILLER = "drill.filler"
SETTING = "motionSensitivity"


# ---------------------------------------------------------------- the source
def source_lost(program: Program, watch: Watch, lose: Callable[[], None], restore: Callable[[], None]) -> Seen:
    last = _newest(program)
    watch.mark()
    lose()
    seen = Seen()
    seen.notice_s = program.until(lambda: not _plays(program), verdict.FROZEN.notice_s or 0)
    time.sleep(LOST_FOR_S)
    restore()
    seen.recover_s = program.until(lambda: _plays(program), verdict.SOURCE_BACK_S)
    seen.faults += sees_again(program, watch)
    seen.gap_s = watch.longest_gap_s()
    seen.connections_lost = watch.lost
    for kind in ("SOURCE_LOST", "SOURCE_BACK"):
        if program.until(lambda kind=kind: _history_has(program, last, kind), LATE_S) is None:  # type: ignore[misc]
            seen.faults.append(f"{kind} is missing from the history")
    return seen


def _plays(program: Program) -> bool:
    view = program.camera()
    return view is not None and view.state == "running"


def _newest(program: Program) -> int:
    page = program.ask(EVENT_LOG, QueryEvents(1, limit=1, system=True, summary=False)).events
    return page[-1].event_id if page else 0


def _history_has(program: Program, after: int, kind: str) -> bool:
    return any(event.type == f"{SYSTEM_PREFIX}{kind}" for event in program.events_after(after))


# ---------------------------------------------------------------- the broker
def broker_gone(program: Program, watch: Watch, world: World) -> Seen:
    """Events arrive before, during and after the outage; a subscriber with a persistent session counts them."""
    if program.until(lambda: program.ask(MQTT, GetMqtt()).connected, verdict.BROKER_BACK_S) is None:
        return Seen(faults=[f"not connected to begin with: {program.ask(MQTT, GetMqtt()).last_error}"])
    listener = Listener(world.broker.port)
    try:
        watch.mark()
        recording = Recording(program, EVENTS, EVENTS_PER_S / 2)
        recording.start()
        program.until(lambda: len(recording.answered) >= EVENTS // 4, LATE_S)
        world.broker.stop()
        seen = Seen(notice_s=program.until(lambda: not program.ask(MQTT, GetMqtt()).connected, LATE_S))
        time.sleep(LOST_FOR_S)
        world.broker.start()
        seen.recover_s = program.until(lambda: program.ask(MQTT, GetMqtt()).connected, verdict.BROKER_BACK_S)
        stored = recording.finish()
        expected = set(recording.answered.values())
        program.until(lambda: expected <= set(listener.heard), LATE_S)
        time.sleep(LOST_FOR_S)  # for duplicates
        delivered = count_delivered(expected, listener.heard)
    finally:
        listener.close()
    delivered.faults = stored.faults
    delivered.notice_s, delivered.recover_s = seen.notice_s, seen.recover_s
    delivered.gap_s, delivered.connections_lost = watch.longest_gap_s(), watch.lost
    return delivered


# ---------------------------------------------------------------- the disk and the shared memory
def disk_full(program: Program, watch: Watch, world: World, free: int) -> Seen:
    """Leave only ``free`` bytes for some seconds, while events arrive and a setting is changed."""
    watched = not watch.refused
    watch.mark()
    recording = Recording(program, EVENTS, EVENTS_PER_S)
    with _filled(world.data_dir, free) as fill:
        recording.start()
        end = time.monotonic() + FULL_FOR_S
        fault = _change_a_setting(program)
        while time.monotonic() < end:
            if not free:
                fill()
            time.sleep(FILL_EVERY_S)
    more = program.until(lambda: not recording.is_alive() and program.all_up(), verdict.ROOM_BACK_S)
    seen = recording.finish()
    seen.recover_s = more
    seen.faults += [fault] if fault else []
    if free and seen.events_deleted:
        seen.faults.append(f"{seen.events_deleted} events were deleted, though there was room")
    seen.faults += sees_again(program, watch)
    seen.gap_s = watch.longest_gap_s() if watched else None
    seen.connections_lost = watch.lost
    return seen


def _change_a_setting(program: Program) -> str:
    """Accepted or refused, the setting must match the answer; returns what is wrong, or ""."""
    before = int(program.ask(SETTINGS, GetSettings()).stored[SETTING])
    wanted = before % 10 + 1
    try:
        taken = bool(program.ask(SETTINGS, ChangeSettings({SETTING: wanted}, "cli")).applied)
    except ServerError:
        taken = False
    found = program.ask(SETTINGS, GetSettings()).stored[SETTING]
    if found == (wanted if taken else before):
        return ""
    return f"a setting was {'taken' if taken else 'refused'}, and is {found}"


def shared_memory_full(program: Program, watch: Watch) -> Seen:
    """Camera and encoder have to make new rings without space for them: the worse result of the two is shown."""
    with _filled(SHM):
        found = [blow(program, watch, actor, signal.SIGKILL) for actor in ("camera", "encoder")]
        moved = any(ring.is_symlink() for ring in shm_dir(program.data_dir).iterdir())  # actors.runtime.rings
    return Seen(
        notice_s=_worst([one.notice_s for one in found]),
        recover_s=_worst([one.recover_s for one in found]),
        gap_s=_worst([one.gap_s for one in found]),
        connections_lost=sum(one.connections_lost for one in found),
        faults=[fault for one in found for fault in one.faults] + ([] if moved else ["there was still room for rings"]),
        skipped="; ".join(one.skipped for one in found if one.skipped),
    )


def _worst(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


@contextmanager
def _filled(folder: Path, free: int = 0) -> Iterator[Callable[[], None]]:
    """Fill it up to the last page, or to ``free`` bytes; call what is yielded to fill what has become free since."""
    path = folder / FILLER
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    def fill() -> None:
        for size in (BLOCK, PAGE):
            with contextlib.suppress(OSError):  # full, as intended
                while _free(folder) >= free + size:
                    os.write(descriptor, bytes(size))

    try:
        fill()
        yield fill
    finally:
        os.close(descriptor)
        path.unlink()


def _free(folder: Path) -> int:
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize
