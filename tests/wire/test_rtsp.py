"""The whole program's RTSP with somebody else's clients: start it over HTTP, watch it, change it."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest

from models.messages.settings import SETTINGS, ChangeSettings
from tests.actors.rtsp.gstreamer import arrived, complaint, player
from tests.ports import free_port
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
TRANSPORTS = pytest.mark.parametrize("transport", ["tcp", "udp"])
ROOMY = {"audioEnabled": True, "rtspMaxClientsPerIp": 10, "rtspOpen": True}


@pytest.fixture(scope="module")
def rtsp(server: RunningServer) -> Iterator[str]:
    """The URL of a started server that lets many in from one address, with sound."""
    port = free_port()
    assert server.ask(SETTINGS, ChangeSettings(dict(ROOMY), "cli")).errors == ()
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
    assert server.post("/api/rtsp/settings", login) == (200, {"success": True, "restartRequired": False})
    assert "401" in run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp).stderr, "who may look counts at once"
    with_login = rtsp.replace("rtsp://", "rtsp://viewer:sesame@")
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", with_login).returncode == 0
    later = {"rtspPath": "/later"}
    assert server.post("/api/rtsp/settings", later) == (200, {"success": True, "restartRequired": True})
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", with_login).returncode == 0
    assert server.post("/api/rtsp/apply-settings", {"rtspPath": "/stream"}) == (200, {"success": True})
    settings = server.get("/settings")[1]
    assert (settings["rtspUsername"], settings["rtspHasPassword"], settings["rtspOpen"]) == ("viewer", True, False)
    assert "sesame" not in json.dumps(settings)
    assert "sesame" not in server.log.read_text()


def test_without_a_login_one_is_made(server: RunningServer, rtsp: str) -> None:
    nobody = {"rtspUsername": "", "rtspPassword": "", "rtspOpen": False}
    assert server.post("/api/rtsp/apply-settings", nobody) == (200, {"success": True})
    assert "401" in run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp).stderr
    status = server.get("/api/rtsp/status")[1]
    assert (status["login"], status["newLogin"]) == ("viewer", True)
    made = server.post("/api/rtsp/new-login")[1]["login"]
    assert server.post("/api/rtsp/new-login")[1] == {"login": None}
    assert server.get("/api/rtsp/status")[1]["newLogin"] is False
    assert made["password"] not in server.log.read_text()
    with_login = rtsp.replace("rtsp://", f"rtsp://{made['username']}:{made['password']}@")
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", with_login).returncode == 0
    history = server.get("/events?since=1&type=SYSTEM_RTSP&system=1")[1]["events"]
    assert "anyone with the password of viewer; a login was created: viewer" in history[-1]["text"]
    changed = server.get("/events?since=1&type=SYSTEM_CREDENTIALS&system=1")[1]["events"]
    assert "The RTSP login was changed" in [event["text"] for event in changed]


def test_guesses_are_in_the_history(server: RunningServer, rtsp: str) -> None:
    assert server.post("/api/rtsp/apply-settings", {"rtspUsername": "a", "rtspPassword": "b"})[0] == 200
    guess = rtsp.replace("rtsp://", "rtsp://a:wrong@")
    assert "401" in run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", guess).stderr
    events = server.wait_for(lambda: server.get("/events?since=1&type=SYSTEM_LOGIN_FAILED&system=1")[1]["events"])
    assert events[-1]["text"] == "A wrong password for RTSP came from 127.0.0.1"


def test_to_do_without_asks_for_the_password(server: RunningServer, rtsp: str) -> None:
    """By no way a session alone can open the stream to everybody: not by a form, a socket, or the broker."""
    assert server.post("/api/rtsp/apply-settings", {"rtspUsername": "a", "rtspPassword": "b"})[0] == 200
    assert server.post("/settings", {"rtspOpen": True}) == (
        400, {"success": False, "errors": ["rtspOpen: Use /api/rtsp/apply-settings"]},
    )  # fmt: skip
    nobody = {"rtspUsername": "", "rtspPassword": "", "rtspOpen": True}
    for route in ("settings", "apply-settings"):
        status, body = server.post(f"/api/rtsp/{route}", nobody)
        assert (status, body["errors"]) == (400, ["rtspOpen: Repeat the dashboard's password in currentPassword"])
        assert server.post(f"/api/rtsp/{route}", {**nobody, "currentPassword": "wrong"})[0] == 403
    assert server.get("/settings")[1]["rtspOpen"] is False
    confirmed = {**nobody, "currentPassword": server.password}
    assert server.post("/api/rtsp/apply-settings", confirmed) == (200, {"success": True})
    assert run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", rtsp).returncode == 0
    assert server.post("/api/rtsp/settings", {"rtspUsername": "a", "rtspPassword": "b"})[0] == 200
    assert server.get("/settings")[1]["rtspOpen"] is False, "who gives a login does not want to do without one later"


def test_over_tls(server: RunningServer, rtsp: str) -> None:
    port = free_port()
    assert server.post("/api/rtsp/apply-settings", {"rtspUsername": "a", "rtspPassword": "b"})[0] == 200
    assert server.post("/settings", {"rtspTlsPort": port, "rtspTlsEnabled": True})[0] == 200
    server.wait_for(lambda: server.get("/api/rtsp/status")[1]["tlsPort"] == port)
    url = f"rtsps://a:b@127.0.0.1:{port}/stream"
    explode = ("-v", "error", "-err_detect", "explode", "-xerror", "-rtsp_transport", "tcp")
    decoded = run("ffmpeg", *explode, "-i", url, "-t", "3", "-f", "null", "-")
    assert (decoded.returncode, decoded.stderr) == (0, "")
    if shutil.which("gst-launch-1.0") is None:
        pytest.skip("GStreamer is not installed")
    source = ("rtspsrc", f"location={url}", "tls-validation-flags=0")
    played = run(*player(source, tuple(["rtph264depay", "!", "h264parse", "!", "avdec_h264"]), 60))
    assert arrived(played.stdout) == 60, played.stderr
    assert "Connection refused" not in run("ffprobe", "-v", "error", rtsp).stderr, "the plain port is there too"
    assert server.post("/settings", {"rtspTlsEnabled": False})[0] == 200
    server.wait_for(lambda: server.get("/api/rtsp/status")[1]["tlsPort"] is None)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
