"""Makes the data directory of a release, for the upgrade tests of all later ones.

Run it once, in a checkout of the release: ``PYTHONPATH=. python tests/upgrade/make.py OUTPUT.tar.gz``. It starts that
release with a real broker, uses it as its owner would, stops it, and packs what it left, with ``expected.json`` beside:
what must still be there afterwards. The secrets in it protect nothing.
"""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from models.events import Detection, Scene
from models.messages.event_log import EndEvent, QueryEvents, RecordEvent
from models.messages.settings import SetCredentials
from tests.actors.mqtt.broker import Broker
from tests.wire.server import RunningServer

EVENTS = 50
KINDS = ("MOTION", "ANY_SOUND", "DOG_BARK", "BABY_CRY", "OBJECT_PERSON", "OBJECT_DOG")
SETTINGS = {
    "motionSensitivity": 7,
    "eventRetentionDays": 90,
    "mqttEnabled": True,
    "mqttBrokerUrl": "127.0.0.1",
    "mqttTopicPrefix": "garden",
    "rtspPath": "/garden",
}
LEFT_OUT = ("events.reserve", "run.json", "spoken")


def main(output: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "broker").start()
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        # The certificate must not depend on the names of the device that the tests run on.
        (data / "ipcamera.toml").write_text("[certificate]\nauto_regenerate = false\n")
        server = RunningServer(data, pro=None)
        try:
            expected = use(server, broker)
        finally:
            broker.stop()
            assert server.stop() == 0
        pack(data, expected, output)


def use(server: RunningServer, broker: Broker) -> dict[str, Any]:
    make_pro(server)
    status, answer = server.post("/settings", {**SETTINGS, "mqttPort": broker.port})
    assert status == 200, answer
    server.ask("settings", SetCredentials("rtsp", "gardener", "rtsp-secret"))
    server.ask("settings", SetCredentials("mqtt", "camera", "mqtt-secret"))
    server.wait_for(lambda: server.get("/api/mqtt/status")[1]["connected"], 30)
    record(server, 1)  # the first is told, the others wait for a broker that has gone
    time.sleep(3)
    broker.stop()
    record(server, EVENTS - 1)
    events = server.wait_for(lambda: pictured(server), 120)
    stored = {key: value for key, value in server.get("/settings")[1].items()}
    certificate = server.get("/cert/info")[1]
    return {
        "version": server.run["version"],
        "made": int(time.time() * 1000),
        "password": server.password,
        "token": server.token,
        "settings": {key: stored[key] for key in (*SETTINGS, "rtspUsername", "rtspHasPassword", "mqttHasPassword")},
        "rtspPassword": "rtsp-secret",
        "mqttPassword": "mqtt-secret",
        "fingerprint": certificate["fingerprintSha256"],
        "events": events,
    }


def make_pro(server: RunningServer) -> None:
    """A licence for any device, because the tests run on another one."""
    place = ["--data-dir", str(server.data_dir)]
    command(server, "license", "issue", *place)
    key = command(server, "license", "sign", str(server.data_dir / "issuer.key"), "--licensee", "owner").strip()
    command(server, "license", "activate", key, *place)
    server.wait_for(lambda: server.get("/api/mqtt/status")[0] == 200)


def command(server: RunningServer, *arguments: str) -> str:
    run = [sys.executable, "-m", "scripts.ipcamera", *arguments]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout


def record(server: RunningServer, count: int) -> None:
    for number in range(count):
        kind, uid, now = KINDS[number % len(KINDS)], uuid.uuid4().hex, int(time.time() * 1000)
        visit = kind.startswith("OBJECT_")
        details: dict[str, Any] = {"changedPercent": 1.5} if kind == "MOTION" else {"confidence": 80}
        found = Detection(uid, kind, now, details, 80, scene=Scene("0", "1280x720", 30, 77))
        server.ask("event_log", RecordEvent(found), 60)
        if visit:
            server.ask("event_log", EndEvent(uid, now + 1000, {}, 90), 60)


def pictured(server: RunningServer) -> list[list[Any]]:
    """[id, type, timestamp, thumbnail] of each event, once most have their picture."""
    events = server.ask("event_log", QueryEvents(since=1, limit=1000)).events
    pictures = sum(event.thumbnail for event in events)
    if len(events) < EVENTS or pictures < EVENTS // 2:
        return []
    return [[event.event_id, event.type, event.timestamp, event.thumbnail] for event in events]


def pack(data: Path, expected: dict[str, Any], output: Path) -> None:
    with tarfile.open(output, "w:gz") as archive:
        archive.add(data, "data", filter=lambda entry: None if Path(entry.name).name in LEFT_OUT else entry)
        text = json.dumps(expected, indent=1).encode()
        entry = tarfile.TarInfo("expected.json")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
