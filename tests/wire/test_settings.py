"""Settings of a running system: over HTTP and the command line, through kills, restarts and damaged files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from models.messages.settings import GetCredentials, SetCredentials
from tests.wire.server import RunningServer

pytestmark = pytest.mark.system


def command(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "scripts.ipcamera", *words, "--data-dir", str(data_dir)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60)


def test_every_documented_key_is_there_and_errors_are_the_documents(server: RunningServer) -> None:
    status, settings = server.get("/settings")
    assert status == 200
    assert list(settings)[44] == "license"
    before = settings["jpegQuality"]
    assert server.post("/settings", {"jpegQuality": 11, "unknownKey": 1, "frameRate": 61}) == (
        400,
        {"success": False, "errors": ["unknownKey: Unknown setting", "frameRate: Value must be between 1 and 60"]},
    )
    assert server.get("/settings")[1]["jpegQuality"] == before
    assert server.post("/settings", {"resolution": "4x4"})[1]["errors"] == ["resolution: Unsupported resolution"]
    assert server.post("/settings", {"rtspPort": server.https_port})[1]["errors"] == [
        "rtspPort: Port already in use by this server"
    ]


def test_a_change_survives_a_kill_at_once_after_its_acknowledgement(server: RunningServer) -> None:
    for quality in (70, 71, 72):
        restarts = server.rows()["settings"].restarts
        assert server.post("/settings", {"jpegQuality": quality}) == (200, {"success": True})
        server.kill("settings")
        assert server.get("/settings")[1]["jpegQuality"] == quality
        server.wait_for(lambda seen=restarts: server.back_again("settings", seen))  # type: ignore[misc]


def test_pro_switches_stay_on_while_the_settings_actor_restarts(server: RunningServer) -> None:
    assert server.post("/settings", {"motionEnabled": True}) == (200, {"success": True})
    restarts = server.rows()["settings"].restarts
    server.kill("settings")
    server.wait_for(lambda: server.back_again("settings", restarts))
    assert server.get("/settings")[1]["license"]["isPro"] is True
    assert server.post("/settings", {"motionEnabled": True}) == (200, {"success": True})
    server.post("/settings", {"motionEnabled": False})


def test_credentials_are_private(server: RunningServer) -> None:
    server.ask("settings", SetCredentials("rtsp", "viewer", "hush-hush"))
    server.kill("settings")
    server.wait_for(lambda: server.get("/settings")[1].get("rtspHasPassword"))
    assert server.ask("settings", GetCredentials("rtsp")).password == "hush-hush"
    assert (server.data_dir / "settings.json").stat().st_mode & 0o777 == 0o600
    assert "hush-hush" not in json.dumps(server.get("/settings")[1])
    assert "hush-hush" not in server.log.read_text()
    server.ask("settings", SetCredentials("rtsp", "", ""))


def test_the_command_line_and_http_see_the_same(server: RunningServer) -> None:
    assert command(server.data_dir, "settings", "set", "frameRate=17").stdout == "frameRate = 17\n"
    assert server.get("/settings")[1]["frameRate"] == 17
    assert server.post("/settings", {"frameRate": 30})[0] == 200
    assert command(server.data_dir, "settings", "get", "frameRate").stdout == "30\n"
    wrong = command(server.data_dir, "settings", "set", "frameRate=0")
    assert (wrong.returncode, wrong.stderr) == (1, "ipcamera: frameRate: Value must be between 1 and 60\n")


def test_status_health_and_the_table_agree(server: RunningServer) -> None:
    table = json.loads(command(server.data_dir, "status", "--json").stdout)
    assert table["pid"] == server.run["pid"]
    assert table["https_port"] == server.https_port
    names = {row["name"] for row in server.get("/api/actors")[1]["actors"]}
    assert set(table["actors"]) == names == set(server.get("/health", token="")[1]["actors"])
    assert set(server.run["actors"]) == {name for name, row in server.rows().items() if row.pid}
    body = server.get("/status")[1]
    assert (body["cameraRunning"], body["streaming"]) == (True, True)
    assert server.request("POST", "/torch", {})[0] == 503


def test_a_second_run_on_the_same_data_directory_is_refused(server: RunningServer) -> None:
    second = command(server.data_dir, "run", "--https-port", "0", "--http-port", "0")
    assert second.returncode == 1
    assert "already using" in second.stderr


def test_the_doctor_knows_the_running_system(server: RunningServer) -> None:
    findings = json.loads(command(server.data_dir, "doctor", "--json").stdout)
    by_name = {finding["what"]: finding for finding in findings}
    assert by_name["port https"]["text"] == f"{server.https_port}, used by this server"
    assert by_name["picture"]["mark"] == "ok"


def test_damaged_files_do_not_stop_a_start(run: Callable[..., RunningServer]) -> None:
    server = run()
    server.post("/settings", {"frameRate": 20})
    server.post("/settings", {"frameRate": 21})
    assert server.stop() == 0
    (server.data_dir / "settings.json").write_bytes(b"\0" * 500)
    server.start()
    assert server.get("/settings")[1]["frameRate"] == 20
    assert "set aside" in server.log.read_text()
    assert "set aside" in server.wait_for(lambda: server.get("/status")[1]["degraded"].get("settings", ""))
    assert server.post("/settings", {"frameRate": 22})[0] == 200
    server.wait_for(lambda: "settings" not in server.get("/status")[1]["degraded"])
    assert server.stop() == 0
    assert not server.run_dir.exists()
    assert not server.shm_dir.exists()


def test_a_disk_without_room_is_said_and_changes_nothing(run: Callable[..., RunningServer]) -> None:
    """The settings process alone is forbidden to write files of more than a few bytes."""
    import resource

    server = run()
    pid = server.rows()["settings"].pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))
    status, body = server.post("/settings", {"frameRate": 20})
    assert status == 503
    assert body["error"].startswith("The settings could not be saved")
    assert server.get("/settings")[1]["frameRate"] == 30
    assert server.rows()["settings"].pid == pid  # it goes on
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert server.post("/settings", {"frameRate": 20})[0] == 200
    assert os.path.exists(server.data_dir / "settings.json")
