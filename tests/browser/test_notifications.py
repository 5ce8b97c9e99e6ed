"""A phone that is told: it subscribes on the page, and its real service worker gets what the whole program sent.

Push services of browser makers cannot be reached from here, so one thing is put in the place of the browser's own: what
``pushManager.subscribe`` gives is a subscription at our push endpoint, with keys of ours. What the endpoint receives is
opened as the browser would (RFC 8291), and given to the service worker by the DevTools protocol.
"""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from models.events import Detection
from models.messages.event_log import EVENT_LOG, RecordEvent
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PHONE, SHOTS
from tests.browser.test_real import SLOW_MS, sign_in
from tests.receivers import Browser as Keys
from tests.receivers import Endpoint
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(300)]

SUBSCRIBE = """
PushManager.prototype.subscribe = async function (options) {
  globalThis.asked = { visible: options.userVisibleOnly, key: [...new Uint8Array(options.applicationServerKey)] };
  return { toJSON: () => (%s) };
};
"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
  (one) => ({ title: one.title, body: one.body, tag: one.tag, image: one.image ?? '', icon: one.icon }))"""
WIDTH = "async (src) => { const it = new Image(); it.src = src; await it.decode(); return it.naturalWidth; }"
TAPPED = """async () => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
}"""


@pytest.fixture(scope="module")
def trusting(browser: Browser) -> Iterator[Browser]:
    """A browser that trusts the camera's certificate, as one in which its authority was installed."""
    other = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, "--ignore-certificate-errors"])
    yield other
    other.close()


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with Endpoint(tmp_path_factory.mktemp("push")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory, push: Endpoint) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("phone") / "data", environment={"SSL_CERT_FILE": str(push.certificate)}
    )
    yield running
    running.stop()


@pytest.fixture
def phone(trusting: Browser, camera: RunningServer) -> Iterator[BrowserContext]:
    context = trusting.new_context(**PHONE)
    context.grant_permissions(["notifications"], origin=camera.url)
    yield context
    context.close()


def happen(camera: RunningServer, kind: str = "MOTION") -> int:
    detection = Detection(uuid.uuid4().hex, kind, int(time.time() * 1000), {"changedPercent": 4.5})
    return camera.ask(EVENT_LOG, RecordEvent(detection)).event_id


def deliver(phone: BrowserContext, page: Page, camera: RunningServer, data: str) -> None:
    registrations: list[Any] = []
    devtools = phone.new_cdp_session(page)
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda said: registrations.extend(said["registrations"]))
    devtools.send("ServiceWorker.enable")
    while not registrations:
        page.wait_for_timeout(50)
    message = {"origin": camera.url, "registrationId": registrations[-1]["registrationId"], "data": data}
    devtools.send("ServiceWorker.deliverPushMessage", message)


def test_a_link_from_a_mail_opens_the_event_on_a_new_page(camera: RunningServer, phone: BrowserContext) -> None:
    number = happen(camera, "OBJECT_PERSON")
    page = phone.new_page()
    page.goto(f"{camera.url}/#events/{number}-{int(time.time() * 1000)}")
    sign_in(page, camera)
    expect(page.get_by_role("dialog", name="Person")).to_be_visible(timeout=SLOW_MS)


def test_rules_and_channels_on_the_page(camera: RunningServer, phone: BrowserContext) -> None:
    with Endpoint(status=202, answer=b"well received") as web:
        page = phone.new_page()
        page.goto(f"{camera.url}/#settings")
        sign_in(page, camera)
        card = page.locator("#notifications")
        card.get_by_role("button", name="Use another service instead").click()
        card.get_by_text("Add a service or a webhook").click()
        card.get_by_label("Kind").select_option("webhook")
        card.get_by_label("Address", exact=True).fill(f"{web.url}/hook/4711")
        card.get_by_label("Name").fill("House")
        card.get_by_role("button", name="Add", exact=True).click()
        expect(card.get_by_role("group", name="signing secret")).to_contain_text("whsec_", timeout=SLOW_MS)
        card.get_by_role("button", name="Test: House").click()
        expect(card.get_by_text("202 Accepted well received")).to_be_visible(timeout=SLOW_MS)
        card.get_by_role("button", name="Add a rule").click()
        form = page.get_by_role("dialog", name="A new rule")
        form.get_by_label("Baby cry").check()
        form.get_by_label("Motion").uncheck()
        form.get_by_label("House").check()
        form.get_by_role("textbox", name="From").fill("22:00")
        form.get_by_role("textbox", name="To").fill("06:30")
        form.get_by_label("Sat").uncheck()
        form.get_by_label("Only while nobody is watching").check()
        form.get_by_label("Name").fill("At night")
        page.screenshot(path=SHOTS / "phone-rule.png")
        form.get_by_role("button", name="Save").click()
        rule = card.locator("[data-rule]")
        expect(rule).to_contain_text("Baby cry · 22:00–06:30 · Mon, Tue, Wed, Thu, Fri, Sun · at most every 5 min")
        expect(rule).to_contain_text("To House")
        page.screenshot(path=SHOTS / "phone-notifications-rules.png", full_page=True)
        card.get_by_role("switch", name="Rule At night").uncheck()
        camera.wait_for(lambda: camera.get("/api/notifications")[1]["rules"][0]["enabled"] is False)
        card.get_by_role("button", name="Remove: House").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(rule).to_contain_text("To nobody")


def test_a_browser_that_does_not_trust_the_certificate_says_so(camera: RunningServer, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True, **PHONE)  # a person who clicked the warning away
    try:
        context.grant_permissions(["notifications"], origin=camera.url)
        page = context.new_page()
        page.goto(f"{camera.url}/#settings")
        sign_in(page, camera)
        card = page.locator("#notifications")
        card.get_by_role("button", name="Notify me on this device").click()
        expect(card.get_by_text("does not trust the camera's certificate yet")).to_be_visible(timeout=SLOW_MS)
        card.get_by_role("link", name="Trust this device").click()
        expect(page.locator("#certificate")).to_be_in_viewport(timeout=SLOW_MS)
    finally:
        context.close()


def test_the_page_can_be_installed(camera: RunningServer, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(camera.url)
    devtools = phone.new_cdp_session(page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    icons = json.loads(manifest["data"])["icons"]
    for icon in [*icons, {"src": "icons/apple-touch-icon.png", "type": "image/png", "sizes": "180x180"}]:
        size = page.evaluate(WIDTH, icon["src"])
        assert icon["sizes"] in ("any", f"{size}x{size}")
    problems = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in problems if one["errorId"] != "in-incognito"] == []  # which is the test's own
    assert page.locator("link[rel=apple-touch-icon]").count() == 1


def test_from_a_tap_on_the_page_to_a_tap_on_the_notification(
    camera: RunningServer, phone: BrowserContext, push: Endpoint
) -> None:
    keys = Keys()
    phone.add_init_script(SUBSCRIBE % json.dumps(keys.subscription(f"{push.url}/s/1")))
    page = phone.new_page()
    page.goto(f"{camera.url}/#settings")
    sign_in(page, camera)
    card = page.locator("#notifications")
    card.get_by_role("button", name="Notify me on this device").click()
    expect(card.get_by_text("Notifications are on for this device")).to_be_visible(timeout=SLOW_MS)
    rule = card.locator("[data-rule]", has_text="This device")
    expect(rule).to_contain_text("Motion · at most every 5 min")
    assert page.evaluate("globalThis.asked.key.length") == 65
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "phone-notifications.png", full_page=False)

    first = happen(camera)
    camera.wait_for(lambda: push.posted, 30)
    message = keys.opened(push.posted[0].body).decode()
    assert json.loads(message)["tag"] == str(first)
    deliver(phone, page, camera, message)
    [shown] = camera.wait_for(lambda: page.evaluate(SHOWN), 30)
    assert (shown["title"], shown["tag"], shown["icon"]) == ("Motion", str(first), f"{camera.url}/icons/icon-192.png")
    assert shown["image"].startswith("data:image/jpeg;base64,")
    [worker] = phone.service_workers
    worker.evaluate(TAPPED)
    dialog = page.get_by_role("dialog", name="Motion")
    expect(dialog.get_by_role("img")).to_be_visible(timeout=SLOW_MS)
    assert page.evaluate("location.hash").startswith(f"#events/{first}-")
    page.screenshot(path=SHOTS / "phone-notification-tapped.png")
