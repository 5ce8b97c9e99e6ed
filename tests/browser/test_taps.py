"""What people do most, on a phone, by tapping: as often as docs/dashboard.md says."""

import json
import re
import time
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from config.weights.catalogue import MN04, YAMNET
from models.events import Detection
from models.messages.event_log import EVENT_LOG, RecordEvent
from tests.browser.conftest import PHONE
from tests.browser.test_live import moves
from tests.browser.test_notifications import SUBSCRIBE, push, trusting  # noqa: F401 - fixtures
from tests.browser.test_real import SLOW_MS, sign_in
from tests.house.documents import ROOT
from tests.models.detect.samples import weights
from tests.receivers import Browser as Keys
from tests.receivers import Endpoint
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(300)]
PRINTED = re.compile(r"^\| ([A-Z][a-z ]+) \| (\d+) \|", re.MULTILINE)


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory, push: Endpoint) -> Iterator[RunningServer]:  # noqa: F811
    running = RunningServer(
        tmp_path_factory.mktemp("taps") / "data",
        audio_source="tone:",
        settings={"setupDone": True},
        environment={"SSL_CERT_FILE": str(push.certificate)},
    )
    yield running
    running.stop()


class Phone:
    """The dashboard, opened and logged in."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, where: Locator) -> None:
        where.tap()
        self.taps += 1

    def go(self, section: str) -> None:
        self.tap(self.page.locator("#rail").get_by_role("link", name=section, exact=True))


@pytest.fixture
def phone(trusting: Browser, camera: RunningServer, push: Endpoint) -> Iterator[Phone]:  # noqa: F811
    context = trusting.new_context(**PHONE)
    context.grant_permissions(["notifications"], origin=camera.url)
    context.add_init_script(SUBSCRIBE % json.dumps(Keys().subscription(f"{push.url}/sub/taps")))
    page = context.new_page()
    page.goto(f"{camera.url}/")
    sign_in(page, camera)
    yield Phone(page)
    context.close()


def stated(task: str) -> int:
    return dict((name, int(count)) for name, count in PRINTED.findall((ROOT / "docs" / "dashboard.md").read_text()))[
        task
    ]


def test_watch(phone: Phone) -> None:
    assert moves(phone.page, "video")
    assert phone.taps == stated("Watch")


def test_listen(phone: Phone) -> None:
    phone.tap(phone.page.get_by_role("button", name="Listen"))
    expect(phone.page.get_by_role("meter")).not_to_have_attribute("aria-valuenow", "-70", timeout=SLOW_MS)
    assert phone.taps == stated("Listen")


def test_be_told_of_crying(phone: Phone, camera: RunningServer) -> None:
    for model in (YAMNET, MN04):
        weights(model.file)
    phone.go("Detection")
    phone.tap(phone.page.get_by_role("switch", name="Baby cry detection"))
    phone.go("Settings")
    phone.tap(phone.page.get_by_role("button", name="Notify me on this device"))
    expect(phone.page.get_by_text("Notifications are on for this device").first).to_be_visible(timeout=SLOW_MS)
    rules = camera.wait_for(lambda: camera.get("/api/notifications")[1]["rules"])
    assert [rule["types"] for rule in rules] == [["BABY_CRY"]]
    assert phone.taps == stated("Be told of crying")


def test_look_back(phone: Phone, camera: RunningServer) -> None:
    event = Detection(uuid.uuid4().hex, "MOTION", int(time.time() * 1000), {"changedPercent": 4.5})
    camera.ask(EVENT_LOG, RecordEvent(event), 30)
    phone.go("Events")
    phone.tap(phone.page.locator(".event-row").first)
    expect(phone.page.get_by_role("dialog", name="Motion")).to_be_visible(timeout=SLOW_MS)
    assert phone.taps == stated("Look back")


def test_change_the_password(phone: Phone, camera: RunningServer) -> None:
    new = f"{camera.password}-new"
    phone.go("System")
    card = phone.page.locator("#password")
    for label, text in (("Current password", camera.password), ("New password", new), ("New password again", new)):
        phone.tap(card.get_by_label(label, exact=True))
        phone.page.keyboard.type(text)
    phone.tap(card.get_by_role("button", name="Change password"))
    expect(card.get_by_text("Changed.")).to_be_visible(timeout=SLOW_MS)
    assert phone.taps == stated("Change the password")
    camera.password, camera._token = new, ""
