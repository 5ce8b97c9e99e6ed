"""``ipcamera status`` shows who is subscribed by ONVIF."""

import json
from pathlib import Path

import pytest

from models.messages.onvif import GetOnvif, OnvifSubscriber, OnvifView
from models.messages.supervisor import ActorTable, GetActors
from tests.scripts.running import running
from tests.scripts.test_commands import call

SUBSCRIBER = OnvifSubscriber("192.0.2.9", "Zeep/4.3.3", "webhook", 75.0, 500.0, 42, 3)
SERVING = OnvifView(True, 8000, "", (SUBSCRIBER,))


@pytest.mark.parametrize(
    ("view", "lines"),
    [
        pytest.param(
            SERVING,
            [
                "ONVIF    port 8000, 1 subscribed",
                "         192.0.2.9 (Zeep/4.3.3): webhook for 1m 15s, 42 delivered, 3 lost",
            ],
            id="serving",
        ),
        pytest.param(
            OnvifView(False, 8000, "Port 8000 is in use"),
            ["ONVIF    not serving", "         Port 8000 is in use"],
            id="port taken",
        ),
    ],
)
def test_lines(tmp_path: Path, view: OnvifView, lines: list[str]) -> None:
    with running(tmp_path, {GetActors: ActorTable(()), GetOnvif: view}):
        shown = call(tmp_path, "status").output.splitlines()
    at = next(number for number, line in enumerate(shown) if line.startswith("ONVIF"))
    assert shown[at : at + len(lines)] == lines


def test_nothing_is_said_of_it_while_it_is_off(tmp_path: Path) -> None:
    with running(tmp_path, {GetActors: ActorTable(())}):
        assert "ONVIF" not in call(tmp_path, "status").output


def test_values(tmp_path: Path) -> None:
    with running(tmp_path, {GetActors: ActorTable(()), GetOnvif: SERVING}):
        values = json.loads(call(tmp_path, "status", "--json").output)
    assert values["onvif"]["subscribers"][0]["client"] == "192.0.2.9"
