"""A program that was stopped starts again, however full its disk is."""

import contextlib
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import ServerError
from models.events import Detection
from models.messages.event_log import RecordEvent
from models.messages.facade import GetPorts, PortsView
from tests.wire.server import RunningServer

pytestmark = pytest.mark.system


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, name: str) -> Path:
    with contextlib.suppress(OSError), (disk / name).open("wb", 0) as file:
        while True:
            file.write(bytes(4096))
    assert os.statvfs(disk).f_bavail == 0
    return disk / name


def motion(server: RunningServer) -> int:
    found = Detection(uuid.uuid4().hex, "MOTION", int(time.time() * 1000), {"changedPercent": 1.0})
    return server.ask("event_log", RecordEvent(found)).event_id


def ports(server: RunningServer) -> PortsView | None:
    assert server.process.poll() is None, server.log.read_text()[-3000:]
    with contextlib.suppress(ServerError):
        return server.ask("facade", GetPorts())
    return None


def test_it_starts_shows_its_picture_and_goes_on_when_there_is_room(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = RunningServer(disk / "data")
    server.log = tmp_path / "log"
    try:
        first = motion(server)
        assert server.stop() == 0
        fill(disk, "full")
        server.start()  # in the place that the history keeps for this
        second = motion(server)
        assert server.stop() == 0
        rest = fill(disk, "really full")
        monkeypatch.setattr(server, "_read_run_json", lambda: True)  # there is no room for that either
        server.start()
        server.https_port = server.wait_for(lambda: ports(server), 60).https
        server.wait_for(lambda: server.request("GET", "/snapshot")[0] == 200)
        server.wait_for(lambda: server.rows()["event_log"].state == "degraded")  # said with its next heartbeat
        detail = server.rows()["event_log"].detail
        assert detail.endswith("events wait until there is space")
        rest.unlink()
        assert first < second < motion(server)
        assert server.get("/events/range")[1]["totalEvents"] == 3
    finally:
        server.stop()
