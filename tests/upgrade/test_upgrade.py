"""This program started on the data directories of former releases: nothing is lost.

``releases/`` holds what each release left on the disk (``make.py`` made it by using that release).
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models.events import Detection
from models.messages.event_log import QueryEvents, RecordEvent
from models.messages.license import GetLicense
from models.messages.settings import GetCredentials
from tests.actors.mqtt.broker import AVAILABLE, Broker, Listener
from tests.wire.server import RunningServer

pytestmark = pytest.mark.system
RELEASES = sorted((Path(__file__).parent / "releases").glob("*.tar.gz"))


@dataclass
class Former:
    """A data directory of a former release, as if it had been left just now; ``late`` ms were added to its times."""

    data: Path
    expected: dict[str, Any]
    late: int


def unpack(release: Path, folder: Path) -> Former:
    with tarfile.open(release) as archive:
        archive.extractall(folder, filter="data")
    expected = json.loads((folder / "expected.json").read_text())
    late = int(time.time() * 1000) - expected["made"]
    data = folder / "data"
    _move_events(data / "events.db", late)
    _move_sessions(data, late)
    return Former(data, expected, late)


def _move_events(path: Path, late: int) -> None:
    """Or they were older than what is kept."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE event SET timestamp = timestamp + ?", (late,))
    connection.close()


def _move_sessions(data: Path, late: int) -> None:
    for path in data.glob("auth*.json"):
        content = json.loads(path.read_text())
        for session in content["values"]["sessions"]:
            session[2] += late / 1000  # when it was last used
        path.write_text(json.dumps(content))


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.name.removesuffix(".tar.gz"))
def former(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Former:
    return unpack(request.param, tmp_path_factory.mktemp("former"))


@pytest.fixture(scope="module")
def upgraded(former: Former, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data = tmp_path_factory.mktemp("upgraded") / "data"
    shutil.copytree(former.data, data)
    server = RunningServer(data, pro=None)
    server.password, server._token = former.expected["password"], former.expected["token"]
    yield server
    server.stop()


def test_it_was_made_by_another_program(former: Former) -> None:
    with sqlite3.connect(former.data / "events.db") as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone()[0] >= len(former.expected["events"])
    assert len(former.expected["events"]) == 50


def test_whoever_was_logged_in_still_is(upgraded: RunningServer) -> None:
    status, body = upgraded.get("/status")
    assert status == 200, body


def test_the_password_is_the_same(former: Former, upgraded: RunningServer) -> None:
    assert upgraded.post("/auth", {"password": former.expected["password"]}, token="")[0] == 200


def test_the_licence_holds(upgraded: RunningServer) -> None:
    assert upgraded.ask("license", GetLicense()).is_pro


def test_the_settings_are_the_same(former: Former, upgraded: RunningServer) -> None:
    stored = upgraded.get("/settings")[1]
    assert {key: stored[key] for key in former.expected["settings"]} == former.expected["settings"]


def test_the_secrets_are_the_same(former: Former, upgraded: RunningServer) -> None:
    rtsp, mqtt = (upgraded.ask("settings", GetCredentials(owner)) for owner in ("rtsp", "mqtt"))
    assert (rtsp.username, rtsp.password) == ("gardener", former.expected["rtspPassword"])
    assert (mqtt.username, mqtt.password) == ("camera", former.expected["mqttPassword"])


def test_the_certificate_is_the_same(former: Former, upgraded: RunningServer) -> None:
    assert upgraded.get("/cert/info")[1]["fingerprintSha256"] == former.expected["fingerprint"]


def test_every_event_is_there_with_its_picture(former: Former, upgraded: RunningServer) -> None:
    found = {event.event_id: event for event in upgraded.ask("event_log", QueryEvents(since=1)).events}
    for event_id, kind, timestamp, picture in former.expected["events"]:
        event = found[event_id]
        assert (event.type, event.timestamp, event.thumbnail) == (kind, timestamp + former.late, picture)
        assert kind.startswith("OBJECT_") == ("endTimestamp" in event.metadata)
        if picture:
            status, jpeg, _ = upgraded.request("GET", f"/events/{event_id}/thumbnail")
            assert (status, jpeg[:2]) == (200, b"\xff\xd8")


def test_a_new_event_goes_on_after_them(former: Former, upgraded: RunningServer) -> None:
    found = Detection(uuid.uuid4().hex, "MOTION", int(time.time() * 1000), {"changedPercent": 1.0})
    assert upgraded.ask("event_log", RecordEvent(found)).event_id > max(event[0] for event in former.expected["events"])


def test_nothing_was_set_aside(upgraded: RunningServer) -> None:
    names = [path.name for path in upgraded.data_dir.rglob("*")]
    assert not [name for name in names if ".broken" in name or ".aside-" in name]


@pytest.mark.skipif(not AVAILABLE, reason="mosquitto and mosquitto-clients are not installed")
def test_what_waited_for_the_broker_is_told(former: Former, upgraded: RunningServer, tmp_path: Path) -> None:
    waiting = _waiting(former.data)
    assert len(waiting) >= 49
    broker = Broker(tmp_path / "broker").start()
    listener = Listener(broker, "garden/events/#")
    try:
        assert upgraded.post("/settings", {"mqttPort": broker.port})[0] == 200
        upgraded.wait_for(lambda: len(told(listener)) >= len(waiting), 60)
        assert [entry for entry in told(listener) if entry in waiting] == waiting
    finally:
        listener.stop()
        broker.stop()


def told(listener: Listener) -> list[tuple[str, str]]:
    """(topic, payload), without what starts automations: it expires by itself."""
    heard = [(topic.removeprefix("garden/"), payload) for topic, payload, _ in listener.heard]
    return [entry for entry in heard if entry[0] != "events/ha"]


def _waiting(data: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(f"file:{data / 'mqtt' / 'outbox.db'}?mode=ro", uri=True)
    rows = connection.execute("SELECT topic, payload FROM waiting WHERE expires = 0 ORDER BY sequence").fetchall()
    connection.close()
    return [(topic, payload.decode()) for topic, payload in rows]


# ---------------------------------------------------------------- backup, move
def ipcamera(*arguments: str, stdin: str = "") -> str:
    """What the command prints; it has to succeed."""
    run = subprocess.run(
        [sys.executable, "-m", "scripts.ipcamera", *arguments], input=stdin, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_a_backup_of_the_former_release_is_restored_elsewhere(former: Former, tmp_path: Path) -> None:
    saved, data = tmp_path / "saved", tmp_path / "data"
    seal = ("--passphrase-stdin",)
    ipcamera("backup", str(saved), "--data-dir", str(former.data), *seal, stdin="correct horse\n")
    ipcamera("restore", str(saved), "--data-dir", str(data), *seal, stdin="correct horse\n")
    server = RunningServer(data, pro=None)
    server.password = former.expected["password"]
    try:
        assert server.ask("license", GetLicense()).is_pro
        stored = server.get("/settings")[1]
        assert {key: stored[key] for key in former.expected["settings"]} == former.expected["settings"]
        assert server.get("/status", token=former.expected["token"])[0] == 401  # what was ended since stays ended
        found = {event.event_id: event for event in server.ask("event_log", QueryEvents(since=1)).events}
        assert [event[0] for event in former.expected["events"] if event[0] not in found] == []
        assert all(found[event[0]].thumbnail == event[3] for event in former.expected["events"])
    finally:
        server.stop()


def test_a_backup_of_the_running_server_brings_it_back(upgraded: RunningServer, tmp_path: Path) -> None:
    saved, data = tmp_path / "saved", tmp_path / "data"
    ipcamera("backup", str(saved), "--data-dir", str(upgraded.data_dir))
    before = ipcamera("events", "--json", "--data-dir", str(upgraded.data_dir))
    ipcamera("restore", str(saved), "--data-dir", str(data))
    running = subprocess.run(
        [sys.executable, "-m", "scripts.ipcamera", "restore", str(saved), "--data-dir", str(upgraded.data_dir)],
        capture_output=True,
        text=True,
    )
    assert running.returncode == 1
    assert "stop it first" in running.stderr
    assert ipcamera("events", "--json", "--data-dir", str(upgraded.data_dir)) == before
    with sqlite3.connect(data / "events.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
