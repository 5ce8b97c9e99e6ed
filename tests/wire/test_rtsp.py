"""The whole program's RTSP with somebody else's clients: start it over HTTP, watch it, change it."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest

from models.messages.settings import ChangeSettings
from tests.actors.rtsp.gstreamer import arrived, complaint, player
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
TRANSPORTS = pytest.mark.parametrize("transport", ["tcp", "udp"])
ROOMY = {"audioEnabled": True, "rtspMaxClientsPerIp": 10}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def rtsp(server: RunningServer) -> Iterator[str]:
    """The URL of a started server that lets many in from one address, with sound."""
    port = free_port()
    assert server.ask("settings", ChangeSettings(dict(ROOMY), "cli")).errors == ()
    assert server.post("/api/rtsp/apply-settings", {"rtspPort": port}) == (200, {"success": True})
    assert server.post("/api/rtsp/start") == (200, {"success": True})
    yield f"rtsp://127.0.0.1:{port}/stream"
    server.post("/api/rtsp/stop")


def run(*command: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)


def test_status_says_what_runs(server: RunningServer, rtsp: str) -> None:
    status, body = server.get("/api/rtsp/status")
    assert status == 200
    assert (body["enabled"], body["running"], body["path"], body["clients"]) == (True, True, "/stream", 0)
    assert body["port"] == int(rtsp.split(":")[2].split("/")[0])


@TRANSPORTS
def test_ffprobe_sees_picture_and_sound(rtsp: str, transport: str) -> None:
    probe = run("ffprobe", "-v", "error", "-show_streams", "-of", "json", "-rtsp_transport", transport, rtsp)
    assert (probe.returncode, probe.stderr) == (0, "")
    video, sound = json.loads(probe.stdout)["streams"]
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", 1280, 720)
    assert (sound["codec_name"], sound["sample_rate"]) == ("aac", "16000")


@TRANSPORTS
def test_ffmpeg_decodes_without_an_error(rtsp: str, transport: str) -> None:
    explode = ("-v", "error", "-err_detect", "explode", "-xerror", "-rtsp_transport", transport)
    decoded = run("ffmpeg", *explode, "-i", rtsp, "-t", "5", "-f", "null", "-")
    assert (decoded.returncode, decoded.stderr) == (0, "")


@pytest.mark.parametrize("protocols", ["tcp", "udp"])
def test_gstreamer_plays(rtsp: str, protocols: str) -> None:
    if shutil.which("gst-launch-1.0") is None:
        pytest.skip("GStreamer is not installed")
    source, decode = ("rtspsrc", f"location={rtsp}", f"protocols={protocols}"), "rtph264depay ! h264parse ! avdec_h264"
    played = run(*player(source, tuple(decode.split()), 60))
    assert (arrived(played.stdout), complaint(played.stderr)) == (60, "")


def test_a_viewer_is_counted(server: RunningServer, rtsp: str) -> None:
    command = ("ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", rtsp, "-c", "copy", "-f", "null", "-")
    viewer = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        body = server.wait_for(lambda: (b := server.get("/api/rtsp/status")[1])["clients"] == 1 and b, 30)
        [session] = body["sessions"]
        assert (session["client"], session["transport"], session["state"]) == ("127.0.0.1", "tcp", "playing")
        assert session["userAgent"].startswith("Lavf")
    finally:
        viewer.terminate()
        viewer.wait(10)
    server.wait_for(lambda: server.get("/api/rtsp/status")[1]["clients"] == 0)


def test_a_busy_port_rolls_back(server: RunningServer, rtsp: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        busy = other.getsockname()[1]
        status, body = server.post("/api/rtsp/apply-settings", {"rtspPort": busy})
        assert (status, body) == (500, {"success": False, "error": f"Port {busy} is in use"})
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp).returncode == 0
    assert server.get("/settings")[1]["rtspPort"] != busy


def test_login_and_settings(server: RunningServer, rtsp: str) -> None:
    login = {"rtspUsername": "viewer", "rtspPassword": "sesame"}
    assert server.post("/api/rtsp/settings", login) == (200, {"success": True, "restartRequired": True})
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp).returncode == 0
    assert server.post("/api/rtsp/restart") == (200, {"success": True})
    assert "401" in run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp).stderr
    with_login = rtsp.replace("rtsp://", "rtsp://viewer:sesame@")
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", with_login).returncode == 0
    settings = server.get("/settings")[1]
    assert (settings["rtspUsername"], settings["rtspHasPassword"]) == ("viewer", True)
    assert "sesame" not in json.dumps(settings)
    assert "sesame" not in server.log.read_text()
    nobody = {"rtspUsername": "", "rtspPassword": ""}
    assert server.post("/api/rtsp/apply-settings", nobody) == (200, {"success": True})
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp).returncode == 0
