"""``ipcamera status`` shows the broker, and why there is no connection to it."""

from pathlib import Path

import pytest

from models.messages.facade import GetViewers, ViewersView
from models.messages.mqtt import GetMqtt, MqttView
from models.messages.supervisor import ActorTable, GetActors
from tests.scripts.running import running
from tests.scripts.test_commands import call

BROKER = ("broker.example", 1883, "ipcamera")


@pytest.mark.parametrize(
    ("view", "lines"),
    [
        pytest.param(
            MqttView(True, False, *BROKER, "Connection refused"),
            ["MQTT     broker.example port 1883, not connected: Connection refused"],
            id="refused",
        ),
        pytest.param(
            MqttView(True, True, *BROKER, "The broker keeps no retained messages"),
            ["MQTT     broker.example port 1883, connected", "         The broker keeps no retained messages"],
            id="limited",
        ),
        pytest.param(MqttView(False, False, *BROKER), [], id="off"),
    ],
)
def test_lines(tmp_path: Path, view: MqttView, lines: list[str]) -> None:
    with running(tmp_path, {GetActors: ActorTable(()), GetMqtt: view}):
        shown = call(tmp_path, "status").output
    assert [line for line in shown.splitlines() if line.startswith("MQTT") or "retained" in line] == lines


def test_viewers_of_the_small_stream(tmp_path: Path) -> None:
    with running(tmp_path, {GetActors: ActorTable(()), GetViewers: ViewersView(3, 1, 1)}):
        assert "Viewers  3, 1 on the small stream" in call(tmp_path, "status").output
