"""The device itself: program, directories, disk, shared memory, ports, clock."""

import ctypes
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from actors.runtime.control import Control
from actors.settings.settings_store import FILE as SETTINGS_FILE
from actors.settings.settings_store import settings_store
from config.boot import Boot
from config.command import command
from config.places import SHM
from models.messages.facade import FACADE, GetPorts
from models.messages.rtsp import RTSP, GetRtsp
from models.messages.supervisor import SUPERVISOR, GetActors
from scripts.ipcamera import rtsp
from scripts.ipcamera.checks.check_result import CheckResult
from scripts.ipcamera.console import ask_if_up
from scripts.ipcamera.run import port_problem

DISK_LOW, DISK_OUT = 500 << 20, 50 << 20  # bytes
SHM_LOW = 64 << 20  # bytes: the rings of a 1080p camera take about half of it
ASIDE, SIDE_FILES = ("*.aside-*", "*.broken-*", "mqtt/*.broken*"), ("-wal", "-shm")  # kept, but not read again
PROGRAM_MADE = 1_735_689_600  # Unix s, 2025-01-01: a clock before that has never been set
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
TIMEX_SIZE = 256  # bytes, more than struct timex has anywhere


def check(boot: Boot, control: Control | None) -> Iterator[CheckResult]:
    yield from _program(boot, control)
    yield from _data_dir(boot)
    yield _disk(boot.data_dir)
    yield _shared_memory(control)
    yield from _ports(boot, control)
    yield _clock()


def _program(boot: Boot, control: Control | None) -> Iterator[CheckResult]:
    if control is None:
        yield CheckResult(
            "note", "server", f"version {boot.version}, not running", f"start it with `{command('run', boot.data_dir)}`"
        )
        return
    table = ask_if_up(control, SUPERVISOR, GetActors())
    if table is None:
        yield CheckResult("bad", "server", "running, but its supervisor does not answer", "stop it and start it again")
        return
    troubled = [row for row in table.rows if row.state not in ("up", "off")]
    yield CheckResult(
        "ok", "server", f"version {boot.version}, {len(table.rows)} actors, {len(troubled)} with problems"
    )
    for row in troubled:
        yield CheckResult(
            "note" if row.pid else "bad",
            row.name,
            f"{row.state}: {row.detail or row.last_reason}",
            "" if row.pid else f"fix the cause, then `{command(f'restart {row.name}', boot.data_dir)}`",
        )


def _data_dir(boot: Boot) -> Iterator[CheckResult]:
    path = boot.data_dir
    if not path.exists():
        yield CheckResult("note", "data", f"{path} does not exist yet", "the first start creates it")
        return
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield CheckResult(
            "bad", "data", f"{path} cannot be written to", "run as its owner, or choose another --data-dir"
        )
        return
    mode = path.stat().st_mode & 0o777
    yield (
        CheckResult("note", "data", f"{path} can be accessed by other users ({mode:03o})", f"chmod 700 {path}")
        if mode & 0o077
        else CheckResult("ok", "data", str(path))
    )
    for aside in sorted(found for pattern in ASIDE for found in path.glob(pattern)):
        if not aside.name.endswith(SIDE_FILES):
            text = f"{aside.relative_to(path)} was set aside: it is damaged, or of a newer version"
            yield CheckResult("note", "data", text, "delete it if you do not need it")
    store = settings_store(path)
    if store.path.exists() and not store.usable():
        yield CheckResult("bad", "data", f"{SETTINGS_FILE} cannot be read", "the next start uses the last good one")


def _disk(data_dir: Path) -> CheckResult:
    place = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    free = shutil.disk_usage(place).free
    text = f"{_size(free)} free on the disk of {place}"
    if free < DISK_OUT:
        return CheckResult("bad", "disk", text, "free some space: settings and events cannot be stored")
    return (
        CheckResult("note", "disk", text, "free some space soon")
        if free < DISK_LOW
        else CheckResult("ok", "disk", text)
    )


def _shared_memory(control: Control | None) -> CheckResult:
    if not os.access(SHM, os.W_OK | os.X_OK):
        return CheckResult(
            "bad", str(SHM), "cannot be written to", "mount a tmpfs there: mount -t tmpfs tmpfs /dev/shm"
        )
    free = shutil.disk_usage(SHM).free
    text = f"{_size(free)} free"
    if free < SHM_LOW and control is None:
        return CheckResult("note", str(SHM), f"{text}; pictures that do not fit are kept in other memory")
    return CheckResult("ok", str(SHM), text)


def _ports(boot: Boot, control: Control | None) -> Iterator[CheckResult]:
    bound = ask_if_up(control, FACADE, GetPorts()) if control else None
    for name, wanted, actual in (
        ("https", boot.https_port, bound.https if bound else 0),
        ("http", boot.http_port, bound.http if bound else 0),
    ):
        if actual:
            yield CheckResult("ok", f"port {name}", f"{actual}, used by this server")
            continue
        problems = [problem for address in boot.bind if wanted and (problem := port_problem(address, wanted))]
        yield (
            CheckResult("bad", f"port {name}", problems[0], f"stop that program, or choose another --{name}-port")
            if problems
            else CheckResult("ok", f"port {name}", f"{wanted} is free" if wanted else "any free port")
        )
    view = ask_if_up(control, RTSP, GetRtsp()) if control else None
    if view is None or not view.enabled:
        return
    if not view.running:
        yield (
            CheckResult("bad", "port rtsp", view.last_error, f"`{command('settings set rtspPort=…', boot.data_dir)}`")
            if view.last_error
            else CheckResult(
                "note", "rtsp", "switched on, but not running: this device is not Pro, or RTSP was stopped"
            )
        )
        return
    yield CheckResult("ok", "port rtsp", f"{rtsp.place(view)}, used by this server")
    if open_to := rtsp.warning(view):
        yield CheckResult("note", "rtsp", open_to, rtsp.remedy(boot.data_dir))
    else:
        yield CheckResult("ok", "rtsp", f"who can watch: {view.who}")


def _clock() -> CheckResult:
    now = time.time()
    text = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(now))
    if now < PROGRAM_MADE:
        return CheckResult(
            "bad", "clock", f"{text} is wrong", "set it, or enable network time: timedatectl set-ntp true"
        )
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(TIMEX_SIZE))
    if state == TIME_ERROR:
        return CheckResult(
            "note", "clock", f"{text}, not synchronised", "enable network time: timedatectl set-ntp true"
        )
    return CheckResult("ok", "clock", text)


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 1 << 30 else f"{count / 2**20:.0f} MB"
