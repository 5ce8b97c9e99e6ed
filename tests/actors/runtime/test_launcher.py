"""Whatever is killed, nothing is left behind and the next start works."""

import contextlib
import multiprocessing
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.runtime.child_spec import ChildSpec
from actors.runtime.control import Control
from actors.runtime.program_run import processes_of
from config.boot import Boot
from models.errors import ServerError
from models.messages.handle import ASK_TIMEOUT_S
from models.messages.supervisor import GetActors
from tests.actors.runtime.conftest import TOYS, Running, _main
from tests.actors.runtime.toys import Echo, Identify

ONE = ChildSpec("one", f"{TOYS}:Toy", 1)


def session_of(running: Running) -> int:
    return os.getsid(running.rows()["one"].pid)


def test_a_clean_stop_leaves_nothing(start: Callable[..., Running]) -> None:
    running = start(ONE)
    session = session_of(running)
    running.stop()
    assert running.process.exitcode == 0
    assert not processes_of(session)
    assert not running.boot.shm_dir.exists()
    assert not running.boot.run_dir.exists()


def test_a_stopped_actor_does_not_hold_up_the_stop(start: Callable[..., Running]) -> None:
    running = start(ONE)
    session = session_of(running)
    os.kill(running.rows()["one"].pid, signal.SIGSTOP)
    running.stop()
    assert running.process.exitcode == 0
    assert not processes_of(session)


def test_a_killed_launcher_takes_everything_with_it_and_the_next_start_works(start: Callable[..., Running]) -> None:
    running = start(ONE)
    session = session_of(running)
    os.kill(running.process.pid or 0, signal.SIGKILL)
    running.process.join()
    running.wait_for(lambda: not processes_of(session))
    again = start(ONE)
    assert again.control.ask("one", Echo("again")) == "one: again"


def test_a_supervisor_that_is_kept_from_running_is_waited_for(boot: Boot) -> None:
    """Longer than an ask over the control socket takes to be given up."""
    process = multiprocessing.get_context("spawn").Process(
        target=_main, args=(boot, (ChildSpec("settings", f"{TOYS}:Settings", 0), ONE))
    )
    process.start()
    try:
        supervisor = _serving(boot)
        os.kill(supervisor, signal.SIGSTOP)
        assert not (boot.data_dir / "run.json").exists()
        time.sleep(ASK_TIMEOUT_S + 3)
        os.kill(supervisor, signal.SIGCONT)
        deadline = time.monotonic() + 20
        while not (boot.data_dir / "run.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        os.kill(process.pid or 0, signal.SIGTERM)
        process.join(10)


def _serving(boot: Boot) -> int:
    """The process behind the control socket, as soon as there is one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as peer, contextlib.suppress(OSError):
            peer.connect(str(boot.run_dir / "control.sock"))
            pid, _uid, _gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            return int(pid)
    raise AssertionError("there is no control socket")


@pytest.mark.parametrize("victim", ["supervisor", "admin"])
def test_the_tree_is_built_again_when_the_top_of_it_dies(start: Callable[..., Running], victim: str) -> None:
    running = start(ONE)
    pid = running.rows()["one"].pid
    supervisor = int(_stat(pid)[1])
    admin = int(_stat(supervisor)[1])
    os.kill(supervisor if victim == "supervisor" else admin, signal.SIGKILL)
    running.wait_for(lambda: _stat(pid)[0] == "Z")
    running.reconnect()
    running.wait_for(lambda: running.rows()["one"].state == "up")
    assert running.control.ask("one", Identify()) != pid


def _stat(pid: int) -> list[str]:
    """From the state on; the state of one that is gone is Z too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return ["Z"]


def test_a_second_launcher_on_the_same_directory_is_refused(start: Callable[..., Running]) -> None:
    running = start(ONE)
    second = multiprocessing.get_context("spawn").Process(target=_main, args=(running.boot, running.tree))
    second.start()
    second.join(10)
    assert second.exitcode == 1
    assert running.control.ask("one", Echo("still")) == "one: still"


def test_an_actor_that_must_start_and_cannot_ends_the_program_with_its_reason(boot, capfd) -> None:  # type: ignore[no-untyped-def]
    tree = (ChildSpec("settings", f"{TOYS}:Settings", 0), ChildSpec("bad", f"{TOYS}:Indispensable", 1))
    process = multiprocessing.get_context("spawn").Process(target=_main, args=(boot, tree))
    began = time.monotonic()
    process.start()
    process.join(15)
    assert process.exitcode == 1
    assert time.monotonic() - began < 15
    assert "the port is taken" in capfd.readouterr().err


def test_a_critical_actor_past_its_budget_ends_the_program(capfd, start: Callable[..., Running]) -> None:  # type: ignore[no-untyped-def]
    running = start(ChildSpec("one", f"{TOYS}:Fragile", 1))
    session = session_of(running)
    for restarts in range(3):
        running.wait_for(lambda restarts=restarts: (row := running.rows()["one"]).restarts == restarts and row.pid)
        os.kill(running.rows()["one"].pid, signal.SIGKILL)
    running.process.join(15)
    assert running.process.exitcode == 1
    assert not processes_of(session)
    assert "one ended 3 times within a short time: killed by signal 9 (SIGKILL)" in capfd.readouterr().err


def test_an_actor_past_its_budget_is_degraded_and_the_others_go_on(boot, start: Callable[..., Running]) -> None:  # type: ignore[no-untyped-def]
    tree = (ChildSpec("settings", f"{TOYS}:Settings", 0), ChildSpec("bad", f"{TOYS}:Unready", 1), ONE)
    process = multiprocessing.get_context("spawn").Process(target=_main, args=(boot, tree))
    process.start()
    try:
        deadline = time.monotonic() + 15
        state = ""
        while state != "degraded" and time.monotonic() < deadline:
            time.sleep(0.2)
            try:
                with Control(boot.run_dir) as control:
                    rows = {row.name: row for row in control.ask("supervisor", GetActors()).rows}
                    state = rows["bad"].state
            except ServerError:
                continue
        assert state == "degraded"
        assert rows["bad"].last_reason == "the port is taken"
        assert rows["one"].state == "up"
    finally:
        os.kill(process.pid or 0, signal.SIGTERM)
        process.join(10)
