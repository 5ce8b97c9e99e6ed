"""``ipcamera`` status, restart, events, doctor, version and run, as far as no camera server is needed for it."""

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config.boot_load import load_boot
from models.errors import Missing
from models.events import Event
from models.messages import Ok
from models.messages.camera import CameraView, GetCamera
from models.messages.encoder import GetVideo, VideoView
from models.messages.event_log import EventPage, QueryEvents
from models.messages.facade import GetPorts, GetViewers, PortsView, ViewersView
from models.messages.license import GetLicense, LicenseView
from models.messages.rtsp import GetRtsp, RtspView
from models.messages.supervisor import ActorRow, ActorTable, GetActors, RestartActor
from scripts.ipcamera.checks import devices
from scripts.ipcamera.checks.devices import sound_cards
from scripts.ipcamera.main import app
from scripts.ipcamera.run import port_problem
from scripts.ipcamera.status import duration
from tests.scripts.running import running

CAMERA = CameraView("running", True, "USB camera (/dev/video0)", "v4l2", 1280, 720, 30.0)
FREE = LicenseView(False, "INACTIVE", "NONE", True, "CONNECTED")
ROWS = (
    ActorRow("object_detector", "degraded", 12, 4.0, 0, "", 0.0, 1 << 20, 0, "model missing"),
    ActorRow("camera", "up", 11, 3700.0, 2, "killed", 12.5, 50 << 20, 1, max_restarts=5, memory_mb=400),
)
TABLE = ActorTable(ROWS[1:])
SYSTEM = {
    GetActors: ActorTable(ROWS),
    GetCamera: CAMERA,
    GetViewers: ViewersView(2, 1),
    GetLicense: FREE,
    GetPorts: PortsView(8443, 8080),
}


def call(data_dir: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data-dir", str(data_dir)])


@pytest.mark.parametrize("words", [["status"], ["restart", "camera"], ["events"]])
def test_nothing_runs(words: list[str], tmp_path: Path) -> None:
    result = call(tmp_path, *words)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"ipcamera: no camera server is using {tmp_path}; start one with `")
    assert result.stderr.endswith(f"ipcamera run --data-dir {tmp_path}`\n")


def test_status_says_who_takes_which_stream(tmp_path: Path) -> None:
    video = VideoView(True, "libx264", "avc1.42C01F", 1280, 720, 30.0, 60, 2600.0, 2700.0, 3, 9, 0, readers=("facade",))
    with running(tmp_path, SYSTEM | {GetVideo: video, GetViewers: ViewersView(2, 1, sub_clients=1)}):
        lines = call(tmp_path, "status").output.splitlines()
    assert lines[2] == "Stream   main: 1280×720, libx264, 30 fps, 2600 kbit/s, for facade"
    assert lines[3].startswith("Stream   sub: ")
    assert lines[4] == "Viewers  2, 1 on the small stream"


def test_status_is_a_table(tmp_path: Path) -> None:
    with running(tmp_path, SYSTEM):
        result = call(tmp_path, "status")
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert "USB camera (/dev/video0), 1280×720" in lines[0]
    assert lines[1] == "Ports    https 8443, http 8080"
    assert lines[5].split() == ["ACTOR", "STATE", "PID", "UP", "RESTARTS", "CPU", "MEMORY", "QUEUE", "NOTE"]
    assert lines[6].split() == [
        "camera",
        "up",
        "11",
        "1h",
        "1m",
        "2",
        "12.5",
        "%",
        "50.0",
        "/",
        "400",
        "MB",
        "1",
        "killed",
    ]
    assert lines[7].endswith("model missing")  # what needs a look stands last


def test_status_for_programs(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"pid": 9, "version": "1.0"}')
    with running(tmp_path, SYSTEM):
        values = json.loads(call(tmp_path, "status", "--json").output)
    assert (values["pid"], values["https_port"], values["http_port"], values["version"]) == (9, 8443, 8080, "1.0")
    assert values["actors"]["camera"] == {
        "pid": 11,
        "state": "up",
        "uptime_s": 3700.0,
        "restarts": 2,
        "last_reason": "killed",
        "cpu_percent": 12.5,
        "pss_bytes": 50 << 20,
        "memory_mb": 400,
        "max_restarts": 5,
        "queue": 1,
        "detail": "",
    }
    result = call(tmp_path, "status", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (3, {"running": False})


def test_restart(tmp_path: Path) -> None:
    camera = TABLE.rows[0]
    looks = iter(
        [
            TABLE,
            ActorTable((replace(camera, state="restarting"),)),
            ActorTable((replace(camera, pid=0, state="restarting"),)),
            ActorTable((replace(camera, pid=99, state="starting"),)),
            ActorTable((replace(camera, pid=99, state="up"),)),
        ]
    )
    with running(tmp_path, {RestartActor: Ok(), GetActors: lambda _: next(looks)}) as asked:
        assert call(tmp_path, "restart", "camera").output == "camera was restarted and is running.\n"
        assert asked == [GetActors(), RestartActor("camera"), *[GetActors()] * 4]
    with running(tmp_path, {GetActors: TABLE, RestartActor: Missing("no actor 'x' lives here")}):
        result = call(tmp_path, "restart", "x")
    assert (result.exit_code, result.stderr) == (1, "ipcamera: no actor 'x' lives here\n")


def test_a_restart_that_does_not_help_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.ipcamera.status.BACK_WITHIN_S", 0.3)
    camera = TABLE.rows[0]
    degraded = ActorTable((replace(camera, pid=99, state="degraded", detail="the device is busy"),))
    looks = iter([TABLE, degraded])
    with running(tmp_path, {RestartActor: Ok(), GetActors: lambda _: next(looks)}):
        result = call(tmp_path, "restart", "camera")
    assert (result.exit_code, result.stderr) == (1, "ipcamera: camera was restarted, but the device is busy\n")
    away = ActorTable((replace(camera, pid=0, state="restarting", last_reason="ended with code 1"),))
    with running(tmp_path, {RestartActor: Ok(), GetActors: away}):
        result = call(tmp_path, "restart", "camera")
    assert result.exit_code == 1
    assert "is not back" in result.stderr
    assert "restarting: ended with code 1" in result.stderr


def test_events(tmp_path: Path) -> None:
    events = (
        Event(1, 1001, "MOTION", 1_700_000_000_000, {"changedPercent": 12.5}),
        Event(2, 1002, "OBJECT_PERSON", 1_700_000_001_000, {"objectClass": "person"}, 85),
        Event(3, 1003, "SYSTEM_RESTART", 1_700_000_002_000, {"actor": "camera", "text": "camera restarted"}),
    )
    with running(tmp_path, {QueryEvents: EventPage(events, ())}):
        lines = call(tmp_path, "events").output.splitlines()
        rows = [json.loads(line) for line in call(tmp_path, "events", "--json").output.splitlines()]
    assert len(lines) == 3
    assert lines[1].endswith("OBJECT_PERSON       objectClass person, confidence 85 %")
    assert lines[2].endswith("SYSTEM_RESTART      camera: camera restarted")
    assert rows[1] == {
        "eventId": 1002,
        "timestamp": 1_700_000_001_000,
        "type": "OBJECT_PERSON",
        "objectClass": "person",
        "confidence": 85,
    }


def test_version() -> None:
    result = CliRunner().invoke(app, ["version"])
    assert result.output.startswith("ipcamera ")
    assert set(json.loads(CliRunner().invoke(app, ["version", "--json"]).output)) == {"version", "python", "machine"}


# ---------------------------------------------------------------- doctor
def doctor(data_dir: Path) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(call(data_dir, "doctor", "--json").output):
        found.setdefault(finding["what"], []).append(finding)
    return found


def test_doctor_without_a_system(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    found = doctor(tmp_path)
    assert {"server", "data", "disk", "/dev/shm", "clock", "microphone", "speaker", "H.264", "model"} <= found.keys()
    assert found["server"][0]["mark"] == "note"
    assert all(finding["remedy"] for row in found.values() for finding in row if finding["mark"] == "bad")


def test_doctor_with_a_system(tmp_path: Path) -> None:
    with running(tmp_path, SYSTEM):
        found = doctor(tmp_path)
    assert found["object_detector"][0]["text"] == "degraded: model missing"
    assert found["port https"][0]["text"] == "8443, used by this server"
    assert found["picture"][0]["mark"] == "ok"


def test_doctor_points_to_no_cameras_where_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "device_paths", list)
    away = CameraView("waiting", False, "rtsp://10.0.0.9/x", "rtsp", 0, 0, 0.0, reason="it refuses connections")
    with running(tmp_path, SYSTEM | {GetCamera: away}):
        picture = doctor(tmp_path)["picture"][0]
    assert (picture["mark"], picture["remedy"]) == ("bad", "connect that camera, or correct --source")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("", ("rtsp", "note", "switched on, but not running: this device is not Pro, or RTSP was stopped")),
        ("Port 8554 is in use", ("port rtsp", "bad", "Port 8554 is in use")),
    ],
)
def test_doctor_and_rtsp_that_does_not_run(tmp_path: Path, error: str, expected: tuple[str, str, str]) -> None:
    with running(tmp_path, SYSTEM | {GetRtsp: RtspView(True, False, 8554, "/stream", 0, error)}):
        found = doctor(tmp_path)
    told = [(name, row["mark"], row["text"]) for name, rows in found.items() if "rtsp" in name for row in rows]
    assert told == [expected]  # and nothing about who can watch


def test_doctor_sees_what_lies_in_the_data_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "settings.json").write_text("{")
    (tmp_path / "settings.json.aside-20260101-000000-000000").write_text("x")
    (tmp_path / "events.db.broken-20260101-000000-1").write_text("x")
    (tmp_path / "events.db.broken-20260101-000000-1-wal").write_text("x")
    (tmp_path / "mqtt").mkdir()
    (tmp_path / "mqtt/outbox.db.broken").write_text("x")
    texts = [finding["text"] for finding in doctor(tmp_path)["data"]]
    assert any("accessed by other users" in text for text in texts)
    assert [text.split()[0] for text in texts if "was set aside: it is damaged, or of a newer version" in text] == [
        "events.db.broken-20260101-000000-1",
        "mqtt/outbox.db.broken",
        "settings.json.aside-20260101-000000-000000",
    ]
    assert any("cannot be read" in text for text in texts)
    assert (tmp_path / "settings.json").read_text() == "{"  # looking changes nothing


def test_doctor_and_a_bad_configuration(tmp_path: Path) -> None:
    (tmp_path / "ipcamera.toml").write_text("x = ")
    result = call(tmp_path, "doctor")
    assert result.exit_code == 1
    assert "not valid TOML" in result.output


def test_doctor_and_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        (tmp_path / "ipcamera.toml").write_text(f"https_port = {port}\nbind = '127.0.0.1'\n")
        [finding] = doctor(tmp_path)["port https"]
    assert finding["mark"] == "bad"
    assert f"port {port} is in use" in finding["text"]


PCM = """00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
01-00: USB Audio : USB Audio : capture 1
"""


def test_sound_cards() -> None:
    assert sound_cards(PCM, "capture") == ["ALC257 Analog", "USB Audio"]
    assert sound_cards(PCM, "playback") == ["ALC257 Analog", "HDMI 0"]
    assert sound_cards("", "capture") == []
    assert sound_cards("nonsense\n:::\n", "capture") == []


# ---------------------------------------------------------------- run, before anything is started
def run(data_dir: Path, *words: str) -> Result:
    return call(data_dir, "run", *words)


def test_run_beside_a_running_one(tmp_path: Path) -> None:
    with running(tmp_path, {}):
        result = run(tmp_path, "--https-port", "0", "--http-port", "0")
    assert result.exit_code == 1
    assert "already using" in result.stderr


def test_run_on_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert port_problem("127.0.0.1", port) == f"port {port} is in use by another program"
        result = run(tmp_path, "--https-port", str(port), "--http-port", "0", "--bind", "127.0.0.1")
    assert result.exit_code == 1
    assert result.stderr == (
        f"ipcamera: port {port} is in use by another program; choose another port with --https-port\n"
    )
    assert port_problem("127.0.0.1", port) == ""


def test_addresses_that_are_not_ours() -> None:
    assert port_problem("192.0.2.1", 8443).startswith("cannot listen on 192.0.2.1")


def test_the_documented_flags_are_there(tmp_path: Path) -> None:
    from config.boot_options import OPTIONS

    text = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200"}).output
    assert all(option.flag in text for option in OPTIONS)
    assert load_boot({"data_dir": tmp_path}, {}).data_dir == tmp_path


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59.9, "59s"), (61, "1m 1s"), (3600, "1h 0m"), (90_000, "1d 1h")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
