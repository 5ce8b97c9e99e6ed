"""Whom a new run may reap: the actors of a former one on the same boot, and nobody else."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.runtime import program_run
from config.boot import Boot
from config.places import FIRST_PASSWORD, OWNER_CODE


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a Unix session of its own."""
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def state(folder: Path, process: "subprocess.Popen[bytes]", **more: str) -> Path:
    path = folder / program_run.STATE
    path.write_text(json.dumps({"session": process.pid, "since": 1, **more}))
    return path


def test_a_former_run_on_this_boot_is_reaped(tmp_path: Path, stranger: "subprocess.Popen[bytes]") -> None:
    program_run._reap_former(state(tmp_path, stranger, world=program_run._world()))
    assert program_run.processes_of(stranger.pid) == []


@pytest.mark.parametrize("more", [{}, {"world": "another boot 1"}])
def test_a_run_of_another_boot_or_container_is_not(
    tmp_path: Path, stranger: "subprocess.Popen[bytes]", more: dict[str, str]
) -> None:
    program_run._reap_former(state(tmp_path, stranger, **more))
    assert program_run.processes_of(stranger.pid) == [stranger.pid]


def test_the_owners_code_of_a_run_that_was_killed_is_good_no_more(boot: Boot) -> None:
    boot.run_dir.mkdir(parents=True, exist_ok=True)
    code, password = boot.run_dir / OWNER_CODE, boot.run_dir / FIRST_PASSWORD
    for path in (code, password):
        path.write_text("left behind\n")
    held = program_run.enter(boot)
    try:
        assert (code.exists(), password.exists()) == (False, True)
    finally:
        held.leave()
