"""Who gets in, against the whole program: curl, the matrix, lock-outs, restarts, logs."""

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from api.routes import load_all
from models.messages.auth import ChangePassword, SetProtection
from models.messages.license import IssueLicense, RevokeLicense
from models.messages.rtsp import GetRtsp
from models.messages.settings import GetSettings
from tests.api.matrix import PASSED, calls, concrete, expected, shown
from tests.wire.server import INSECURE, RunningServer

pytestmark = pytest.mark.system

RTSP_REFUSED = {  # word for word from the API document
    "error": "Pro license required",
    "feature": "rtsp_streaming",
    "hint": "Access this feature through the web dashboard or upgrade to Pro",
}

# Whatever starts, stops, clears or changes something for the other calls of the matrix.
LEFT_OUT = frozenset({"/auth/logout", "/auth/password", "/api/rtsp/start", "/api/rtsp/restart", "/ws"})


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A fresh one, whose owner has stored no licence."""
    running = RunningServer(tmp_path_factory.mktemp("device") / "data", pro=None)
    yield running
    running.stop()


def session(device: RunningServer) -> dict[str, str]:
    """A new session: {"token", "csrfToken"}."""
    status, body = device.post("/auth", {"password": device.password}, token="")
    assert status == 200, body
    return {name: str(body[name]) for name in ("token", "csrfToken")}


def command(device: RunningServer, *words: str, stdin: str = "") -> str:
    arguments = [sys.executable, "-m", "scripts.ipcamera", *words, "--data-dir", str(device.data_dir)]
    return subprocess.run(arguments, input=stdin, capture_output=True, text=True, timeout=30, check=True).stdout


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "open"])
@pytest.mark.parametrize("pro", [False, True], ids=["free", "pro"])
async def test_matrix(device: RunningServer, pro: bool, protected: bool) -> None:
    device.ask("license", IssueLicense() if pro else RevokeLicense())
    device.ask("auth", SetProtection(True), 10)
    known = session(device)
    device.ask("auth", SetProtection(protected), 10)
    device.wait_for(lambda: device.get("/settings", token=known["token"])[0] == (200 if pro else 403))
    connector = aiohttp.TCPConnector(ssl=INSECURE)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as client:
        for call in calls(load_all(), pro, protected):
            if call.route.path not in LEFT_OUT:
                headers, query = shown(call.carrier, known["token"], known["csrfToken"], device.password)
                url = f"{device.url}{concrete(call.route.path)}?{query}"
                async with client.request(call.route.method, url, headers=headers) as response:
                    text = await response.text() if response.content_type == "application/json" else ""
                    check(call, response.status, text)
    device.ask("auth", SetProtection(True), 10)


def check(call: Any, status: int, text: str) -> None:
    wanted = expected(call)
    if wanted != PASSED:
        assert (status, json.loads(text)) == wanted, str(call)
    else:
        assert status != 401, (str(call), text)
        assert "Pro license" not in text, (str(call), text)
        assert status < 500 or status == 503, (str(call), text)


def test_quick_start_word_for_word(device: RunningServer) -> None:
    device.ask("license", IssueLicense())
    known = session(device)["token"]
    for line, status in (
        (
            'curl -k -X POST https://DEVICE/auth -H "Content-Type: application/json" -d \'{"password": "PASSWORD"}\'',
            200,
        ),
        ("curl -k https://DEVICE/status", 401),
        ('curl -k -H "Authorization: Bearer TOKEN" https://DEVICE/status', 200),
        ('curl -k "https://DEVICE/snapshot?token=TOKEN" -o FILE', 200),
        ('curl -k -H "Authorization: Bearer TOKEN" https://DEVICE/settings', 200),
        (
            'curl -k -X POST https://DEVICE/settings -H "Authorization: Bearer TOKEN" '
            '-H "Content-Type: application/json" -d \'{"resolution": "1280x720", "frameRate": 20}\'',
            200,
        ),
        ('curl -k -X POST -H "Authorization: Bearer TOKEN" "https://DEVICE/torch"', 503),
        ('curl -k -H "Authorization: Bearer TOKEN" "https://DEVICE/events?since=0&type=MOTION"', 200),
        ('curl -k -H "Authorization: Bearer TOKEN" "https://DEVICE/events/range"', 200),
        ('curl -k -X POST -H "Authorization: Bearer TOKEN" "https://DEVICE/events/clear?confirm=true"', 200),
        ('curl -k -H "Authorization: Bearer TOKEN" "https://DEVICE/api/storage/stats"', 200),
        ('curl -k -H "Authorization: Bearer TOKEN" "https://DEVICE/api/events/export" -o FILE', 200),
        ('curl -k -H "Authorization: Bearer TOKEN" https://DEVICE/cert -o FILE', 200),
        ('curl -k -X POST -H "Authorization: Bearer TOKEN" https://DEVICE/cert/regenerate', 200),
        ("curl --cacert FILE https://DEVICE/auth/status", 200),  # who has installed it trusts the new one too
        ("curl -D - http://DEVICE/ -o /dev/null", 302),
        ("curl http://DEVICE/status", 403),
    ):
        typed = line
        for word, value in (
            ("DEVICE", f"127.0.0.1:{device.https_port}"),
            ("PASSWORD", device.password),
            ("TOKEN", known),
            ("FILE", str(device.data_dir.parent / "file")),
        ):
            typed = typed.replace(word, value)
        answer = typed_in(typed)
        if answer.endswith("429"):  # one certificate in ten seconds, and an earlier test has just made one
            time.sleep(10)
            answer = typed_in(typed)
        assert answer.endswith(str(status)), (line, answer)


def typed_in(line: str) -> str:
    """What the shell prints, with the status at the end."""
    command = f"{line} -s -w '\\n%{{http_code}}'"
    return subprocess.run(command, shell=True, capture_output=True, text=True, timeout=20, check=True).stdout


def test_the_sixth_try_is_refused_and_the_lock_ends(device: RunningServer) -> None:
    for _ in range(5):
        assert device.post("/auth", {"password": "wrong"}, token="") == (
            401,
            {"success": False, "error": "Invalid password"},
        )
    right = {"password": device.password}
    status, body = device.post("/auth", right, token="")
    assert (status, body["error"], body["lockout"]) == (429, "Too many attempts", True)
    assert 25 <= body["lockoutRemaining"] <= 30
    device.kill("auth")  # the lock outlives the actor
    time.sleep(2)
    assert device.post("/auth", right, token="")[1]["lockoutRemaining"] < body["lockoutRemaining"]
    curl = ["curl", "-sk", "--interface", "127.0.0.2", f"{device.url}/auth", "-H", "Content-Type: application/json"]
    elsewhere = subprocess.run([*curl, "-d", json.dumps(right)], capture_output=True, text=True, check=True)
    assert json.loads(elsewhere.stdout)["success"] is True
    device.wait_for(lambda: device.post("/auth", right, token="")[0] == 200, 40)


def test_losing_the_licence_stops_what_it_paid_for_and_keeps_the_setting(device: RunningServer) -> None:
    device.ask("license", IssueLicense())
    token = session(device)["token"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert device.post("/settings", {"rtspPort": port, "rtspEnabled": True}, token=token) == (200, {"success": True})
    device.wait_for(lambda: device.ask("rtsp", GetRtsp()).running, 30)
    device.ask("license", RevokeLicense())
    device.wait_for(lambda: not device.ask("rtsp", GetRtsp()).running, 30)
    assert device.get("/settings", token=token)[1]["feature"] == "api_access"
    assert device.get("/api/rtsp/status", token=token) == (403, RTSP_REFUSED)
    assert device.ask("settings", GetSettings()).stored["rtspEnabled"] is True
    device.ask("license", IssueLicense())
    device.wait_for(lambda: device.ask("rtsp", GetRtsp()).running, 30)
    assert device.post("/settings", {"rtspEnabled": False}, token=token)[0] == 200


def test_sessions_survive_a_restart_of_the_program(device: RunningServer) -> None:
    device.ask("license", IssueLicense())
    token = session(device)["token"]
    device.stop()
    device.start()
    assert device.get("/settings", token=token)[0] == 200


async def test_a_new_password_ends_every_session_and_socket(device: RunningServer) -> None:
    device.ask("license", IssueLicense())
    token = session(device)["token"]
    connector = aiohttp.TCPConnector(ssl=INSECURE)
    async with (
        aiohttp.ClientSession(connector=connector) as client,
        client.ws_connect(f"{device.ws_url}?token={token}") as live,
    ):
        assert (await live.receive_json())["type"] == "connected"
        device.password = "another password"
        await asyncio.to_thread(device.ask, "auth", ChangePassword(device.password), 10)
        while (message := await live.receive(10)).type is aiohttp.WSMsgType.TEXT:
            pass
        # not live.close_code: it turns to 1006 where our reply comes after the server has gone
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4401)
    assert device.get("/settings", token=token) == (401, {"error": "Invalid token"})


def test_a_new_certificate_for_new_connections_only(device: RunningServer) -> None:
    device.ask("license", IssueLicense())
    viewer = subprocess.Popen(
        ["curl", "-skN", f"{device.url}/stream?token={session(device)['token']}"], stdout=subprocess.PIPE
    )
    assert viewer.stdout is not None
    viewer.stdout.read(50_000)
    before = ssl.get_server_certificate(("127.0.0.1", device.https_port))
    command(device, "cert", "regenerate")
    assert ssl.get_server_certificate(("127.0.0.1", device.https_port)) != before
    viewer.stdout.read(200_000)  # more than was under way
    assert viewer.poll() is None
    viewer.kill()
    viewer.wait()


@pytest.mark.parametrize(
    ("version", "spoken"), [("tls1", False), ("tls1_1", False), ("tls1_2", True), ("tls1_3", True)]
)
def test_tls_versions(device: RunningServer, version: str, spoken: bool) -> None:
    arguments = ["openssl", "s_client", f"-{version}", "-cipher", "ALL@SECLEVEL=0"]
    done = subprocess.run(
        [*arguments, "-connect", f"127.0.0.1:{device.https_port}"], input="", capture_output=True, text=True, timeout=20
    )
    assert ("Cipher is (NONE)" not in done.stdout) is spoken


@pytest.mark.chaos
async def test_killing_auth_and_license_lets_nobody_in_and_nobody_out(device: RunningServer) -> None:
    device.ask("license", IssueLicense())
    callers = {session(device)["token"]: 200, "nonsense": 401}
    connector = aiohttp.TCPConnector(ssl=INSECURE)
    seen: dict[str, set[int]] = {token: set() for token in callers}
    async with aiohttp.ClientSession(connector=connector) as client:
        for actor in ("auth", "license", "auth", "license"):
            device.kill(actor)
            for _ in range(25):
                for token in callers:
                    headers = {"Authorization": f"Bearer {token}"}
                    async with client.get(f"{device.url}/settings", headers=headers) as response:
                        seen[token].add(response.status)
    assert seen == {token: {status} for token, status in callers.items()}


def test_no_secret_is_in_the_log(device: RunningServer) -> None:
    known = session(device)
    for request in (
        f"GET /snapshot?token={known['token']} HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {known['token']}\r\nbad header\r\n\r\n",
        f"GET /nowhere?token={known['token']} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ):
        subprocess.run(
            ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{device.https_port}"],
            input=request,
            capture_output=True,
            text=True,
            timeout=20,
        )
    log = device.log.read_text()
    for secret in (device.password, known["token"], known["csrfToken"], known["token"][:16]):
        assert secret not in log
