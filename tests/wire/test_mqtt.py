"""The whole program and a real broker."""

import asyncio
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.events import Detection
from models.messages.event_log import QueryEvents, RecordEvent
from tests.actors.mqtt.broker import AVAILABLE, Broker, Listener, scenes, shown
from tests.wire.server import RunningServer

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not AVAILABLE, reason="mosquitto and mosquitto-clients are not installed"),
]
Run = Callable[..., RunningServer]
ONLINE = "ipcamera/status/online"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    started = Broker(tmp_path / "broker").start()
    yield started
    started.stop()


def connected(run: Run, broker: Broker, **settings: object) -> RunningServer:
    address = {"mqttEnabled": True, "mqttBrokerUrl": "127.0.0.1", "mqttPort": broker.port}
    server = run(settings={**address, **settings})
    server.wait_for(lambda: broker.retained(ONLINE) == {ONLINE: "online"}, 30)
    return server


def record(server: RunningServer, count: int) -> None:
    for number in range(count):
        found = Detection(uuid.uuid4().hex, "MOTION", int(time.time() * 1000), {"changedPercent": float(number)})
        server.ask("event_log", RecordEvent(found), 60)


def ids(listener: Listener) -> list[int]:
    return [json.loads(payload)["eventId"] for payload in listener.payloads("ipcamera/events/motion")]


def test_status_settings_and_events_of_the_running_program(run: Run, broker: Broker) -> None:
    server = connected(run, broker, mqttCommandsEnabled=True)
    listener = Listener(broker, "ipcamera/#")
    try:
        status, body = server.get("/api/mqtt/status")
        assert (status, body["connected"], body["lastError"]) == (200, True, None)
        record(server, 3)
        server.wait_for(lambda: len(ids(listener)) == 3)
        known = {event.event_id for event in server.ask("event_log", QueryEvents(since=1)).events}
        assert set(ids(listener)) <= known
        server.wait_for(lambda: "ipcamera/image/event" in listener.topics())
        reports = len(listener.payloads("ipcamera/telemetry/system"))
        assert server.post("/settings", {"mqttTelemetryIntervalSec": 30})[0] == 200  # reported anew at once
        server.wait_for(lambda: len(listener.payloads("ipcamera/telemetry/system")) > reports)
        broker.publish("ipcamera/control/setting/motionSensitivity/set", "8")
        server.wait_for(lambda: server.get("/settings")[1]["motionSensitivity"] == 8)
        server.wait_for(lambda: listener.payloads("ipcamera/control/result"))
        assert json.loads(listener.payloads("ipcamera/control/result")[0])["success"]
        everything_at_once(server, broker)
    finally:
        listener.stop()
    server.wait_for(lambda: f"https://127.0.0.1:{server.https_port}/" in str(broker.retained("homeassistant/#")))
    assert server.stop() == 0
    assert broker.retained(ONLINE) == {ONLINE: "offline"}


# Another camera, and what may not be switched on from afar before it has a login.
EXCEPT = frozenset({"cameraId", "resolution", "rtspEnabled"})


def everything_at_once(server: RunningServer, broker: Broker) -> None:
    """A scene that sets each entity but those that would switch the camera off or over."""
    now = server.get("/settings")[1]
    announced = json.loads(next(iter(broker.retained("homeassistant/#").values())))["components"]
    topics = {about["command_topic"]: about for about in announced.values() if "command_topic" in about}
    wanted = {topic.split("/")[3]: about for topic, about in topics.items() if "/setting/" in topic}
    values = {key: changed(about, now[key]) for key, about in wanted.items() if key not in EXCEPT}
    lines = [f"ipcamera/control/setting/{key}/set {value}" for key, value in values.items()]
    asyncio.run(scenes(broker, dict(line.split() for line in lines)))
    server.wait_for(lambda: all(same(server.get("/settings")[1][key], value) for key, value in values.items()), 30)
    server.wait_for(lambda: all(same(shown(broker)[key], value) for key, value in values.items()), 30)


def changed(about: dict[str, Any], present: object) -> str:
    match about["platform"]:
        case "switch":
            return "OFF" if present else "ON"
        case "number":
            return str(about["min"] if present != about["min"] else about["max"])
    return next(option for option in about["options"] if option != str(present))


def same(value: object, said: str) -> bool:
    return {True: "ON", False: "OFF"}.get(value, str(value)) == said if isinstance(value, bool) else str(value) == said


def test_killed_as_a_whole_the_will_says_offline(run: Run, broker: Broker) -> None:
    server = connected(run, broker)
    os.kill(server.process.pid, signal.SIGKILL)
    server.wait_for(lambda: broker.retained(ONLINE) == {ONLINE: "offline"}, 30)


def test_mqtt_killed_in_a_burst_loses_and_doubles_nothing(run: Run, broker: Broker) -> None:
    server = connected(run, broker, cameraStandbyMode=True)
    listener = Listener(broker, "ipcamera/events/motion")
    try:
        for _ in range(4):
            record(server, 15)
            restarts = server.rows()["mqtt"].restarts
            server.kill("mqtt")
            record(server, 15)
            server.wait_for(lambda restarts=restarts: server.back_again("mqtt", restarts), 30)  # type: ignore[misc]
        server.wait_for(lambda: len(set(ids(listener))) >= 120, 60)
        time.sleep(0.5)
        assert ids(listener) == sorted(set(ids(listener)))
        assert len(ids(listener)) == 120
    finally:
        listener.stop()
