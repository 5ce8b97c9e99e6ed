"""With protection off, a page of somebody else in the owner's browser is still nobody: in a real Chromium."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.wire.server import INSECURE, RunningServer

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(180)]
CHROMIUM = "/usr/bin/chromium"

ATTACK = """async (camera) => {
  const socket = (query) => new Promise((done) => {
    const one = new WebSocket(camera.replace("https", "wss") + "/ws" + query);
    one.onmessage = (event) => done(JSON.parse(event.data).type);
    one.onerror = one.onclose = () => done("refused");
  });
  const post = (path, body) => fetch(camera + path, {method: "POST", mode: "no-cors", credentials: "include", body})
    .then(() => "sent", () => "sent");
  document.cookie = "session=x";
  return [await socket(""), await socket("?token=x"), await socket("?token=" + "a".repeat(64)),
    await post("/settings", JSON.stringify({deviceName: "taken"})), await post("/torch", "{}"),
    await fetch(camera + "/settings").then(() => "read", () => "refused")];
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title>")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def evil() -> Iterator[str]:
    """Another origin on the same host, whose page may use WebSockets and fetch wherever it likes."""
    server = HTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_it_sees_hears_and_changes_nothing(evil: str, tmp_path: Path) -> None:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    device = RunningServer(tmp_path / "data", auth=False)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context(ignore_https_errors=True).new_page()
            page.goto(f"{device.url}/")  # the owner has been on his page: his browser has a session
            page.wait_for_selector("#connection:has-text('Connected')")
            page.goto(evil)
            got = page.evaluate(ATTACK, device.url)
            browser.close()
        assert got == ["refused", "refused", "refused", "sent", "sent", "refused"]
        assert device.get("/settings", token="")[1]["deviceName"] != "taken"
        for query in ("", "?token=x"):
            with pytest.raises(InvalidStatus) as refused:
                connect(f"{device.ws_url}{query}", ssl=INSECURE, origin=Origin("https://evil.example"),
                        additional_headers={"Cookie": "session=x"})  # fmt: skip
            assert refused.value.response.status_code == 403
    finally:
        device.stop()
