"""The foreground process: lock, start, signals, restart of the whole tree, clean stop."""

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable

from actors.runtime import limits, preload, program_run, systemd, thespian_layer
from actors.runtime.child_spec import ChildSpec
from actors.runtime.control import Control
from actors.runtime.envelope import Start
from config.boot import Boot
from config.files import write_atomically
from models.errors import ServerError, Unavailable
from models.messages.facade import FACADE, GetPorts, PortsView
from models.messages.supervisor import SUPERVISOR, ActorTable, GetActors, Shutdown

SUPERVISOR_CLASS = "actors.runtime.supervisor:Supervisor"
EXIT_CANNOT_RUN = 1
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OnReady = Callable[[Boot, Control], None]


class Stopped(Exception):  # noqa: N818 — a signal, not an error
    """SIGINT or SIGTERM has come."""


def launch(boot: Boot, tree: tuple[ChildSpec, ...], on_ready: OnReady | None = None) -> int:
    """Run until a signal; the exit code. ``on_ready`` is called once, when every tier has been started."""
    try:
        held = program_run.enter(boot)
    except ServerError as error:
        return _cannot(error.detail)
    except OSError as error:
        return _cannot(f"{error.filename or boot.run_dir}: {error.strerror}")
    for number in ENDS:
        signal.signal(number, _raise_stopped)
    for path, reason in preload.import_all((SUPERVISOR_CLASS, *(child.class_path for child in tree))).items():
        print(f"ipcamera: {path} cannot be imported: {reason}", file=sys.stderr)
    thespian_layer.install()
    try:
        return _run_until_stopped(boot, tree, held, on_ready)
    finally:
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            (boot.data_dir / "run.json").unlink()
        held.leave()


def _raise_stopped(_number: int, _frame: object) -> None:
    for number in ENDS:  # a second Ctrl-C must not interrupt the orderly stop, which is bounded anyway
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _cannot(reason: str) -> int:
    print(f"ipcamera: {reason}", file=sys.stderr)
    return EXIT_CANNOT_RUN


def _run_until_stopped(
    boot: Boot, tree: tuple[ChildSpec, ...], held: program_run.ProgramRun, on_ready: OnReady | None
) -> int:
    starts: list[float] = []
    while True:
        starts = [at for at in starts if time.monotonic() - at < limits.TREE_RESTARTS_WITHIN_S] + [time.monotonic()]
        try:
            reason = _one_life(boot, tree, held, on_ready)
        except Stopped:
            systemd.notify(systemd.STOPPING)
            _stop_in_order(boot)
            return 0
        held.reap()
        words = boot.run_dir / "last-words"
        if words.exists():
            return _cannot(words.read_text())
        if len(starts) > limits.TREE_RESTARTS:
            return _cannot(f"{reason}, {len(starts)} times within a minute")
        print(f"ipcamera: {reason}; starting again", file=sys.stderr)
        on_ready = None


def _one_life(boot: Boot, tree: tuple[ChildSpec, ...], held: program_run.ProgramRun, on_ready: OnReady | None) -> str:
    """From start to an unexpected end. Returns why it ended; raises ``Stopped``."""
    system = thespian_layer.System(boot.run_dir)
    system.start(Start("launcher", 0, "supervisor", SUPERVISOR_CLASS, 1, boot, {}, tree))
    pids = _wait_for_pids(boot)
    held.remember(os.getsid(pids["supervisor"]))
    watched = {name: os.pidfd_open(pid) for name, pid in pids.items()}
    try:
        if (ready := _wait_until_ready(boot, watched)) is not None:
            _write_run_json(boot, *ready)
            if on_ready is not None:
                with Control(boot.run_dir) as control:
                    on_ready(boot, control)
            systemd.notify(systemd.READY)
        ended = _wait_for_end(boot, list(watched.values()))
        return f"the {next(name for name, pidfd in watched.items() if pidfd in ended)} ended unexpectedly"
    finally:
        for pidfd in watched.values():
            os.close(pidfd)


def _wait_for_end(boot: Boot, watched: list[int]) -> list[int]:
    """The pidfds of what has ended. Meanwhile systemd's watchdog is fed as long as the supervisor answers."""
    while True:
        ended, _, _ = select.select(watched, [], [], systemd.watchdog_every_s())
        if ended:
            return ended
        with contextlib.suppress(ServerError), Control(boot.run_dir) as control:
            control.ask(SUPERVISOR, GetActors())
            systemd.notify(systemd.ALIVE)


def _wait_for_pids(boot: Boot) -> dict[str, int]:
    """Written by the supervisor when its control socket is open."""
    path = boot.run_dir / "supervisor.json"
    deadline = time.monotonic() + limits.SILENT_AT_START_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            pids: dict[str, int] = json.loads(path.read_text())
            path.unlink()
            return pids
        time.sleep(0.005)
    raise Unavailable("the supervisor did not start")


def _wait_until_ready(boot: Boot, watched: dict[str, int]) -> tuple[ActorTable, PortsView | None] | None:
    """The actors and the ports once nothing is starting any more; None if the supervisor ended before.

    There is no time limit: an actor without progress is the supervisor's job, and a supervisor that does not answer is
    busy starting. Only the end of the supervisor ends the wait.
    """
    said_at = time.monotonic()
    while not select.select(list(watched.values()), [], [], 0.05)[0]:
        try:
            with Control(boot.run_dir) as control:  # a new one each time: late answers are in the old one
                table = control.ask(SUPERVISOR, GetActors())
                missing = [row.name for row in table.rows if row.state in ("new", "starting", "restarting")]
                if not missing:
                    serves = any(row.name == "facade" and row.pid for row in table.rows)  # it may be degraded
                    return table, control.ask(FACADE, GetPorts()) if serves else None
        except ServerError:
            continue
        if time.monotonic() - said_at > limits.LAUNCHER_SAYS_EVERY_S:
            said_at = time.monotonic()
            print(f"ipcamera: still starting: {', '.join(missing)}", file=sys.stderr)
    return None


def _write_run_json(boot: Boot, table: ActorTable, ports: PortsView | None) -> None:
    about = {
        "pid": os.getpid(),
        "https_port": ports.https if ports else 0,
        "http_port": ports.http if ports else 0,
        "version": boot.version,
        "actors": {row.name: row.pid for row in table.rows if row.pid},
    }
    try:
        write_atomically(boot.data_dir / "run.json", json.dumps(about, indent=1).encode() + b"\n")
    except OSError as error:  # only programs read it; a full disk is no reason to stop
        print(f"ipcamera: run.json cannot be written: {error.strerror}", file=sys.stderr)


def _stop_in_order(boot: Boot) -> None:
    try:
        with Control(boot.run_dir) as control:
            control.ask(SUPERVISOR, Shutdown(), limits.STOP_TOTAL_S)
    except ServerError as error:
        print(f"ipcamera: stopped forcibly: {error.detail}", file=sys.stderr)
