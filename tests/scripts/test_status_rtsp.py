"""``ipcamera status`` shows who watches by RTSP."""

import json
from pathlib import Path

import pytest

from config.settings import defaults
from models.messages.rtsp import GetRtsp, RtspChange, RtspLogin, RtspSession, RtspView, StoreRtsp, TakeNewLogin
from models.messages.settings import ChangeResult, ChangeSettings, SettingsView
from models.messages.supervisor import ActorTable, GetActors
from tests.scripts.running import running
from tests.scripts.test_commands import call

SESSION = RtspSession("192.0.2.7", "Lavf60", "udp", "playing", 2512.4, 0.4, 75.0)
SERVING = RtspView(True, True, 8554, "/stream", 1, "", (SESSION,))
BUSY = RtspView(True, False, 8554, "/stream", 0, "Port 8554 is in use")
OFF = RtspView(False, False, 8554, "/stream", 0)


@pytest.mark.parametrize(
    ("view", "lines"),
    [
        pytest.param(
            SERVING,
            [
                "RTSP     port 8554, path /stream, 1 playing",
                "         192.0.2.7 (Lavf60): main, udp, playing for 1m 15s, 2512 kbit/s, 0.4 % lost",
            ],
            id="serving",
        ),
        pytest.param(BUSY, ["RTSP     Port 8554 is in use"], id="port taken"),
        pytest.param(OFF, ["RTSP     off"], id="off"),
    ],
)
def test_lines(tmp_path: Path, view: RtspView, lines: list[str]) -> None:
    with running(tmp_path, {GetActors: ActorTable(()), GetRtsp: view}):
        shown = call(tmp_path, "status").output.splitlines()
    at = next(number for number, line in enumerate(shown) if line.startswith("RTSP"))
    assert shown[at : at + len(lines)] == lines


def test_values(tmp_path: Path) -> None:
    with running(tmp_path, {GetActors: ActorTable(()), GetRtsp: SERVING}):
        values = json.loads(call(tmp_path, "status", "--json").output)
    assert values["rtsp"]["sessions"][0]["client"] == "192.0.2.7"


def test_who_switches_it_on_is_told_the_login_that_was_made(tmp_path: Path) -> None:
    values = {**defaults(), "rtspEnabled": True}
    answers = {
        ChangeSettings: ChangeResult((), (), ("rtspEnabled",), SettingsView(values, values)),
        StoreRtsp: RtspChange(),
        GetRtsp: RtspView(True, True, 8554, "/stream", 0, tls_port=8322, login="viewer", new_login=True),
        TakeNewLogin: RtspLogin("viewer", "made-up-1"),
    }
    with running(tmp_path, answers):
        shown = call(tmp_path, "settings", "set", "rtspEnabled=true").output.splitlines()
    assert shown[1:3] == [
        "RTSP: port 8554, over TLS port 8322, path /stream. Who can watch: anyone with the password of viewer",
        "RTSP: user name viewer, password made-up-1   (shown only once)",
    ]


def test_an_open_stream_is_said(tmp_path: Path) -> None:
    with running(tmp_path, {GetActors: ActorTable(()), GetRtsp: SERVING}):
        assert "         who can watch: anyone on the network, without a login" in call(tmp_path, "status").output
        assert "anyone on the network can watch and listen, without a login" in call(tmp_path, "doctor").output
