"""Each patch of Thespian, by what goes wrong without it."""

import json
import os
import signal
from pathlib import Path

import pytest

from actors.runtime import process, thespian_layer
from actors.runtime.child_spec import ChildSpec
from actors.runtime.program_run import processes_of
from actors.runtime.thespian_layer import ADDRESSES
from config.boot import Boot
from tests.actors.runtime.conftest import TOYS, Running, _main
from tests.actors.runtime.toys import Echo, LetLibraryWarn


def names(running: Running) -> list[str]:
    session = os.getsid(running.rows()["one"].pid)
    return sorted(Path(f"/proc/{pid}/comm").read_text().strip() for pid in processes_of(session))


def test_there_is_no_logger_process(toys: Running) -> None:
    """multiprocCommon.py:229 starts one, which freezes everybody when it stops."""
    found = names(toys)
    assert [name for name in found if name.startswith("ipc-")] == [
        "ipc-one",
        "ipc-settings",
        "ipc-supervisor",
        "ipc-three",
        "ipc-two",
    ]
    assert len(found) == 6  # and Thespian's admin


def test_signals_are_sane_again(toys: Running) -> None:
    """multiprocCommon.py:678 installs Python handlers for all signals: a SIGSEGV would spin for ever."""
    row = toys.rows()["one"]
    lines = Path(f"/proc/{row.pid}/status").read_text().splitlines()
    caught = int(next(line.split()[1] for line in lines if line.startswith("SigCgt")), 16)
    assert not caught & 1 << signal.SIGCHLD - 1
    os.kill(row.pid, signal.SIGSEGV)
    toys.wait_for(lambda: toys.rows()["one"].restarts == 1 and toys.rows()["one"].state == "up")
    assert "SIGSEGV" in toys.rows()["one"].last_reason


def _main_with_log(boot: Boot, tree: tuple[ChildSpec, ...]) -> None:
    os.dup2(os.open(boot.data_dir / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    _main(boot, tree)


def test_what_libraries_log_is_in_our_form_and_without_secrets(boot: Boot) -> None:
    """multiprocCommon.py puts a root logger of its own in place of the one that they were imported under."""
    tree = (ChildSpec("settings", f"{TOYS}:Settings", 0), ChildSpec("one", f"{TOYS}:Toy", 1))
    running = Running(boot, tree, _main_with_log)
    try:
        running.control.ask("one", LetLibraryWarn("no answer from rtsp://viewer:secret@192.0.2.7/"))
        [line] = [line for line in (boot.data_dir / "log").read_text().splitlines() if "no answer" in line]
    finally:
        running.stop()
    assert json.loads(line)["logger"] == "a.library"
    assert "secret" not in line


def test_thespian_forgets_actors_that_have_ended(toys: Running) -> None:
    """multiprocCommon.py:383 loses children that die at the same time, and keeps what it knows of them."""
    before = len(list((toys.boot.run_dir / ADDRESSES).iterdir()))
    for round_ in range(1, 4):
        for name in ("one", "two", "three"):
            os.kill(toys.rows()[name].pid, signal.SIGKILL)
        toys.wait_for(
            lambda round_=round_: all(
                row.state == "up" and row.restarts == round_ for name, row in toys.rows().items() if name != "settings"
            )
        )
    assert len(list((toys.boot.run_dir / ADDRESSES).iterdir())) == before
    assert len(names(toys)) == 6


def test_an_address_is_never_used_twice(toys: Running) -> None:
    former = {path.name for path in (toys.boot.run_dir / ADDRESSES).iterdir()}
    os.kill(toys.rows()["one"].pid, signal.SIGKILL)
    toys.wait_for(lambda: toys.rows()["one"].restarts == 1 and toys.rows()["one"].state == "up")
    new = {path.name for path in (toys.boot.run_dir / ADDRESSES).iterdir()} - former
    assert len(new) == 1
    assert toys.control.ask("one", Echo("again")) == "one: again"


def test_only_the_version_that_was_read_is_patched(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(thespian_layer.importlib.metadata, "version", lambda _: "4.0.2")
    monkeypatch.setattr(process, "become_subreaper", lambda: None)
    with pytest.raises(RuntimeError, match=r"4\.0\.1"):
        thespian_layer.install()
