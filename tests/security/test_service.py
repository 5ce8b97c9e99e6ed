"""The whole program as a service runs it: no password where others can read it, and systemd told the truth."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.wire.conftest import run  # noqa: F401 - a fixture
from tests.wire.server import RunningServer

Run = Callable[..., RunningServer]
ROOT = Path(__file__).parents[2]
SECRET = "hush-hush-7"
STUB = """#!/bin/sh
printf '%s\\n' "$0" "$@" "source:${IPCAMERA_SOURCE-none}" "sound:${IPCAMERA_AUDIO_SOURCE-none}"
tr '\\0' ' ' < /proc/$$/cmdline
"""


def command_lines() -> Iterator[str]:
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            with contextlib.suppress(OSError):
                yield (process / "cmdline").read_bytes().decode(errors="replace")


@pytest.mark.system
def test_a_source_with_a_password_and_a_watching_systemd(run: Run, tmp_path: Path) -> None:  # noqa: F811
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        server = run(source=f"rtsp://viewer:{SECRET}@127.0.0.1:9/x", environment=environment)
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"WATCHDOG=1"
        assert [line for line in command_lines() if SECRET in line] == []
        assert server.stop() == 0
        told = [manager.recv(100)]
        while told[-1] == b"WATCHDOG=1":
            told.append(manager.recv(100))
        assert told[-1] == b"STOPPING=1"
    assert SECRET not in server.log.read_text()


@pytest.mark.parametrize(
    "given",
    [
        ("--source", f"rtsp://u:{SECRET}@h/x", "--http-port", "0"),
        (f"--source=http://h/x?key={SECRET}", "--http-port", "0"),
    ],
)
def test_scripts_run_hides_it_too(tmp_path: Path, given: tuple[str, ...]) -> None:
    """Setting up takes minutes, and the arguments would stand there all the while."""
    for name in ("scripts", ".venv/bin"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "run", tmp_path / "scripts" / "run")
    (tmp_path / "scripts" / "setup.sh").write_text(
        'setup() { tr "\\0" " " < /proc/$$/cmdline; cd "$(dirname "$0")/.."; }\n'
    )
    (tmp_path / ".venv/bin/ipcamera").write_text(STUB)
    (tmp_path / ".venv/bin/ipcamera").chmod(0o755)
    command = [tmp_path / "scripts" / "run", *given, "--audio-source", "tone:", "--bind", "a b"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    source = given[1] if given[0] == "--source" else given[0].partition("=")[2]
    assert shown.count(SECRET) == shown.count(f"source:{source}") == 2
    assert shown.splitlines()[-9:-3] == ["--http-port", "0", "--audio-source", "tone:", "--bind", "a b"]
