"""The proxy configurations of the documentation, as they are printed there, in front of the whole program."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest

from config.boot import Boot
from config.tls import certificate
from models.messages.settings import ChangeSettings
from tests.ports import free_port
from tests.wire.server import INSECURE, RunningServer

pytestmark = pytest.mark.system

PAGE = Path(__file__).parents[2] / "docs" / "reverse-proxy.md"


def printed(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found.group(1)


def for_us(text: str, camera: RunningServer, plain: bool) -> str:
    """The printed text with our camera's address in it, by way A or B."""
    if plain:
        text = re.sub(r"https://192\.168\.1\.100:8443", f"http://127.0.0.1:{camera.http_port}", text)
        return re.sub(r"transport http \{.*?\}\n", "", text, flags=re.DOTALL)
    return text.replace("192.168.1.100:8443", f"127.0.0.1:{camera.https_port}")


def nginx(directory: Path, camera: RunningServer, plain: bool, port: int) -> list[str]:
    files = certificate.ensure(Boot(directory, directory, directory))
    server = for_us(printed("nginx"), camera, plain)
    server = server.replace("listen 443", f"listen 127.0.0.1:{port}").replace("cam.example;", "localhost;")
    server = re.sub(r"/etc/ssl/cam\.example\.\w+", str(files.certificate), server)
    paths = "".join(f"{name}_temp_path {directory};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = (
        f"daemon off; pid {directory}/pid; error_log stderr; events {{}} http {{ access_log off; {paths}\n{server}\n}}"
    )
    (directory / "nginx.conf").write_text(text)
    return ["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf")]


def caddy(directory: Path, camera: RunningServer, plain: bool, port: int) -> list[str]:
    files = certificate.ensure(Boot(directory, directory, directory))
    site = for_us(printed("caddy"), camera, plain)
    site = site.replace("cam.example {", f"https://localhost:{port} {{\n    tls {files.certificate} {files.key}", 1)
    (directory / "Caddyfile").write_text(f"{{\n admin off\n auto_https off\n}}\n{site}")
    return ["caddy", "run", "--config", str(directory / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(scope="module")
def camera(server: RunningServer) -> RunningServer:
    assert server.ask("settings", ChangeSettings({"reverseProxyEnabled": True}, "cli")).errors == ()
    return server


@pytest.fixture(params=["A", "B"])
def plain(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "B")


def end(process: subprocess.Popen[bytes]) -> None:
    """Politely, or nginx's workers stay; but not for ever, for Caddy waits for streams that never end."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(params=[nginx, caddy], ids=lambda make: make.__name__)
def site(request: pytest.FixtureRequest, camera: RunningServer, plain: bool, tmp_path: Path) -> Iterator[str]:
    """https://localhost:PORT of a proxy that serves our camera under /ipcamera/."""
    make: Callable[[Path, RunningServer, bool, int], list[str]] = request.param
    if shutil.which(make.__name__) is None:
        pytest.skip(f"{make.__name__} is not installed")
    port = free_port()
    command = make(tmp_path, camera, plain, port)
    with ExitStack() as stack:
        log = stack.enter_context((tmp_path / "log").open("wb"))
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={"HOME": str(tmp_path), "PATH": "/usr/sbin:/usr/bin"}
        )
        stack.callback(end, process)
        deadline = time.monotonic() + 15
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        yield f"https://localhost:{port}"


async def test_everything_works_under_a_sub_path(site: str, camera: RunningServer) -> None:
    connector = aiohttp.TCPConnector(ssl=INSECURE)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{site}/ipcamera", allow_redirects=False) as response:
            assert response.status in (301, 302)
            assert response.headers["Location"].endswith("/ipcamera/")
        async with browser.get(f"{site}/ipcamera/") as response:
            assert response.content_type == "text/html"
        async with browser.post(f"{site}/ipcamera/auth", json={"password": camera.password}) as response:
            assert response.status == 200
            csrf = (await response.json())["csrfToken"]
            assert "Path=/ipcamera;" in response.headers["Set-Cookie"]
        async with browser.get(f"{site}/ipcamera/status") as response:
            assert (await response.json())["cameraRunning"] is True
        headers = {"X-CSRF-Token": csrf}
        async with browser.post(f"{site}/ipcamera/settings", json={"frameRate": 20}, headers=headers) as response:
            assert await response.json() == {"success": True}
        await pictures_come_one_by_one(browser, f"{site}/ipcamera/stream")
        async with browser.ws_connect(f"{site}/ipcamera/ws", headers={"Origin": site}) as socket_:
            assert (await socket_.receive_json(timeout=10))["type"] == "connected"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await browser.ws_connect(f"{site}/ipcamera/ws", headers={"Origin": "https://evil.example"})


async def pictures_come_one_by_one(browser: aiohttp.ClientSession, url: str) -> None:
    async with browser.get(url) as response:
        assert response.content_type == "multipart/x-mixed-replace"
        seen = b""
        while seen.count(b"\xff\xd8\xff") < 5:
            seen += await response.content.readany()


async def test_visitors_are_told_apart(site: str, camera: RunningServer) -> None:
    """The proxy adds its own peer to what the visitor claims: five failures of one do not lock out another."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=INSECURE)) as client:
        claimed = {"X-Forwarded-For": "203.0.113.9"}
        async with client.post(f"{site}/ipcamera/auth", json={"password": "x"}, headers=claimed) as response:
            assert response.status == 401
        async with client.post(f"{site}/ipcamera/auth", json={"password": camera.password}) as response:
            assert response.status == 200


def test_a_stranger_is_not_believed(camera: RunningServer) -> None:
    camera.ask("settings", ChangeSettings({"trustedProxies": "192.0.2.1"}, "cli"))
    curl = ["curl", "-s", "-H", "X-Forwarded-Proto: https", f"http://127.0.0.1:{camera.http_port}/auth/status"]
    try:
        assert '"HTTPS required"' in subprocess.run(curl, capture_output=True, text=True, check=True).stdout
    finally:
        camera.ask("settings", ChangeSettings({"trustedProxies": ""}, "cli"))
