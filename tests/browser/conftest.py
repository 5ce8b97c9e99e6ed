"""A real Chromium, and pages that must not say a bad word on their console nor speak to another host."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.browser.mock_server import MockServer

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--enable-precise-memory-info",
)
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
CONNECTED = "#connection:has-text('Connected')"


@dataclass
class Watched:
    """A page and what went wrong on it. ``expected``: parts of console messages that the test provokes on purpose."""

    page: Page
    context: BrowserContext
    host: str
    name: str
    expected: list[str] = field(default_factory=list)
    ours: tuple[str, ...] = ("willReadFrequently", "ERR_NETWORK_CHANGED")  # of the tests and their machine
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", lambda message: message.type in ("error", "warning") and self._complain(message.text))
        self.page.on("pageerror", lambda error: self._complain(f"{error} {error.stack}"))
        self.context.on("request", self._request)

    def _complain(self, text: str) -> None:
        if not any(part in text for part in (*self.expected, *self.ours)):
            self.complaints.append(text)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.complaints.append(f"a request to another host: {request.url}")

    def shot(self, name: str) -> None:
        """For people to look at; never compared."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{self.name}-{name}.png")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def mock() -> Iterator[MockServer]:
    server = MockServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Opener = Callable[..., Watched]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opener]:
    """Open a page: ``open_page(url, "phone", section="events", script="…")``. No page may have complained."""
    opened: list[Watched] = []

    def open_(url: str, size: str = "desktop", section: str = "live", script: str = "", **more: Any) -> Watched:
        expected = more.pop("expected", [])
        context = browser.new_context(ignore_https_errors=True, **{**SIZES[size], **more})
        context.set_default_timeout(20_000)
        if script:
            context.add_init_script(script)
        watched = Watched(context.new_page(), context, urlsplit(url).netloc, size, expected)
        watched.watch()
        opened.append(watched)
        watched.page.goto(f"{url}#{section}" if section else url)
        return watched

    yield open_
    complaints = [text for watched in opened for text in watched.complaints]
    for watched in opened:
        watched.context.close()
    assert complaints == []


@pytest.fixture
def page(mock: MockServer, open_page: Opener, size: str) -> Page:
    """A connected page of the mock at each size."""
    watched = open_page(mock.url, size)
    watched.page.wait_for_selector(CONNECTED)
    return watched.page


@pytest.fixture(scope="package")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: axe-core cannot be fetched")
    place = tmp_path_factory.mktemp("axe")
    packed = subprocess.run([npm, "pack", "axe-core", "--silent"], cwd=place, capture_output=True, timeout=90)
    if packed.returncode:
        pytest.skip(f"npm cannot fetch axe-core: {packed.stderr.decode()[-200:]}")
    subprocess.run(["tar", "xzf", packed.stdout.decode().split()[-1]], cwd=place, check=True)
    return (place / "package" / "axe.min.js").read_text()
