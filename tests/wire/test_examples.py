"""The commands of the documents, typed in as they are printed, against the whole program.

tests/house/test_examples.py looks at the examples that nobody types in.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actors.mqtt.broker import AVAILABLE, Broker
from tests.house.documents import ROOT, SHELLS, blocks, commands
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

NOT_RUN = (  # how the command begins, why
    ("scripts/run", "it installs and runs until Ctrl-C: tests/browser/test_real_setup.py starts the program"),
    ("scripts/test", "it runs this test"),
    (
        "scripts/service",
        "systemd must be the first process: tests/scripts/test_service.py, tests/security/test_service.py",
    ),
    ("sudo scripts/service", "the same"),
    ("sudo systemctl", "the same"),
    ("git pull", "from where the reader has the program"),
    ("sudo userdel", "there is no such user, for the service was not installed"),
    ("openapi-", "tests/clients generates and uses the clients"),
    ("ipcamera notifications test", "it asks Telegram: tests/wire/test_notifications.py has receivers"),
)
ENDLESS = ("mosquitto_sub -h broker -v", "mosquitto_sub -h broker -i")  # until Ctrl-C
STOPPED = ("ipcamera restore",)  # while nothing runs
ANSWERS = "correct horse battery staple\n" * 4  # to whatever a command asks for
PATIENCE_S, ENDLESS_S = 60.0, 4.0
TIMED_OUT = 124  # timeout(1)
TYPED_IN = sorted({block.document for block in blocks(*SHELLS)})


def not_run(command: str) -> str:
    return next((why for start, why in NOT_RUN if command.startswith(start)), "")


def test_what_is_not_run_is_there() -> None:
    printed = [command for block in blocks(*SHELLS) for command in commands(block)]
    assert [start for start, _ in NOT_RUN if not any(command.startswith(start) for command in printed)] == []


class Reader:
    """Somebody at the device, in a directory like the program's, who puts their own names in."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.server = RunningServer(place / "data", audio_source="tone:")
        self.broker = Broker(place / "broker").start() if AVAILABLE else None
        program = place / ".venv" / "bin"
        program.mkdir(parents=True)
        for name, text in (
            ("ipcamera", f'exec {sys.executable} -m scripts.ipcamera "$@"'),
            ("sudo", 'exec "$@"'),
        ):
            (program / name).write_text(f"#!/bin/sh\n{text}\n")
            (program / name).chmod(0o755)
        (place / ".local" / "share" / "ipcamera").mkdir(parents=True)
        (place / ".local" / "bin").mkdir()
        (place / ".local" / "bin" / "ipcamera").symlink_to(program / "ipcamera")
        self.environment = {
            **os.environ,
            "PATH": f"{program}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(place),
            "IPCAMERA_DATA_DIR": str(self.server.data_dir),
        }

    def put_in(self, text: str) -> str:
        ours = {
            "/var/lib/ipcamera": str(self.server.data_dir),
            "your_password": self.server.password,
            '"password":"…"': f'"password":"{self.server.password}"',
            "YOUR_TOKEN": self.server.token,
        }
        if self.broker:
            ours["-h broker"] = f"-h 127.0.0.1 -p {self.broker.port}"
            ours["mqttBrokerUrl=homeassistant.local"] = f"mqttBrokerUrl=127.0.0.1 mqttPort={self.broker.port}"
        for host in ("192.168.1.100", "camera", "DEVICE"):
            ours[f"https://{host}:8443"] = self.server.url
            ours[f"http://{host}:8080"] = f"http://127.0.0.1:{self.server.http_port}"
        for printed, own in ours.items():
            text = text.replace(printed, own)
        return text

    def type_in(self, text: str, limit_s: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
        script = f"set -eu -o pipefail\n{self.put_in(text)}\n"
        return subprocess.run(
            ["timeout", str(limit_s), "bash", "-c", script],
            input=ANSWERS, cwd=self.place, env=self.environment, capture_output=True, text=True, start_new_session=True,
        )  # fmt: skip


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.server.stop()
    if reader.broker:
        reader.broker.stop()


@pytest.mark.parametrize("document", TYPED_IN)
def test_it_can_be_typed_in(document: str, reader: Reader) -> None:
    """From the top to the bottom; what a command sets in the shell holds to the end of its block."""
    needed = {"curl", "jq", *({"mosquitto"} if document == "home-assistant.md" else ())}
    if missing := [tool for tool in needed if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    for block in blocks(*SHELLS):
        if block.document != document:
            continue
        before = ""
        for command in commands(block):
            if why := not_run(command):
                print(f"not run: {command.splitlines()[0]}  ({why})")
                continue
            if command.startswith(STOPPED) and reader.server.process.poll() is None:
                reader.server.stop()
            endless = command.startswith(ENDLESS)
            done = reader.type_in(f"{before}\n{command}", ENDLESS_S if endless else PATIENCE_S)
            print(f"$ {command}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
            assert done.returncode == (TIMED_OUT if endless else 0), command
            assert "Traceback" not in done.stderr
            assert '"success": false' not in done.stdout
            before = kept(before, command)


def kept(before: str, command: str) -> str:
    """Commands that set a variable are typed in again before the next."""
    name, equals, _ = command.partition("=")
    return f"{before}\n{command}" if equals and name.isidentifier() else before
