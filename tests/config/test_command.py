"""Commands that work as they are printed."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from config.command import command

PROGRAM = Path(sys.prefix) / "bin" / "ipcamera"


def test_by_its_path_where_the_shell_does_not_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert command("status") == f"{PROGRAM} status"


def test_by_its_name_where_the_shell_finds_this_very_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "ipcamera").symlink_to(PROGRAM)
    assert command("status") == "ipcamera status"
    (tmp_path / "ipcamera").unlink()
    (tmp_path / "ipcamera").write_text("#!/bin/sh\n")
    (tmp_path / "ipcamera").chmod(0o755)
    assert command("status") == f"{PROGRAM} status"


def test_it_names_an_instance_that_is_not_the_usual_one(tmp_path: Path) -> None:
    data_dir = tmp_path / "the data"
    printed = command("license status --json", data_dir)
    assert printed.endswith(f" --data-dir '{data_dir}'")
    result = subprocess.run(shlex.split(printed), capture_output=True, env={**os.environ, "HOME": str(tmp_path)})
    assert (result.returncode, b'"isPro"' in result.stdout) == (0, True), result.stderr
