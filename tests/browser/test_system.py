"""The system panel: health, actors, RTSP, MQTT, certificate, password, licence."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CONNECTED, Opener, Watched
from tests.browser.mock_server import RTSP_ON, MockServer

pytestmark = pytest.mark.browser


@pytest.fixture
def system(mock: MockServer, open_page: Opener, size: str) -> Watched:
    watched = open_page(mock.url, size, section="system")
    watched.page.wait_for_selector("[data-actor]")
    return watched


def section(page: Page, heading: str) -> object:
    return page.locator("#section-system section", has=page.get_by_role("heading", name=heading, exact=True))


def test_health_and_actors(system: Watched) -> None:
    page = system.page
    expect(page.locator(".gauge", has_text="Processor")).to_contain_text("23%")
    expect(page.locator(".gauge", has_text="Temperature")).to_contain_text("48.6°C")
    expect(page.locator(".gauge", has_text="Battery")).to_be_hidden()
    row = page.locator("[data-actor=encoder]")
    expect(row).to_contain_text("up")
    expect(row).to_contain_text("killed by signal 9")
    system.shot("system")


def test_a_restart_shows_at_once(mock: MockServer, system: Watched) -> None:
    mock.world.degraded = {"person": "x"}
    mock.tell({"type": "actor_event", "actor": "object_detector", "state": "degraded", "text": "x", "timestamp": 0})
    expect(system.page.locator("[data-actor=object_detector]")).to_contain_text("degraded", timeout=2000)


def test_rtsp(mock: MockServer, system: Watched) -> None:
    page = system.page
    card = page.locator("#rtsp")
    expect(card).to_contain_text("Running")
    expect(card.locator("code").first).to_have_text("rtsp://127.0.0.1:8554/stream")
    card.get_by_text("QR code").click()
    expect(card.get_by_alt_text("QR code: RTSP address")).to_be_visible()
    assert card.locator(".qr img").evaluate("async (image) => (await image.decode(), image.naturalWidth)") > 80
    card.get_by_text("Address and login").click()
    card.get_by_label("User name").fill("admin")
    card.get_by_label("Password").fill("secret")
    card.get_by_role("button", name="Apply").click()
    expect(card.get_by_text("Applied.")).to_be_visible()
    mock.tell(
        {
            "type": "rtsp_status",
            "enabled": True,
            "running": False,
            "port": 8554,
            "path": "/stream",
            "clients": 0,
            "lastError": "Port 8554 is in use",
        }
    )
    expect(card).to_contain_text("Not running")
    expect(card).to_contain_text("Port 8554 is in use")


def test_mqtt_asks_for_the_stored_password_before_a_login_changes(
    mock: MockServer, open_page: Opener, size: str
) -> None:
    mock.world.settings |= {"mqttHasUsername": True, "mqttHasPassword": True}
    watched = open_page(mock.url, size, section="system")
    card = watched.page.locator("#mqtt")
    card.get_by_text("Broker and login").click()
    expect(card.get_by_label("Stored MQTT password")).to_be_hidden()
    card.get_by_label("User name").fill("newuser")
    expect(card.get_by_label("Stored MQTT password")).to_be_visible()
    card.get_by_role("button", name="Test").click()
    expect(card.get_by_text("The broker answered in 12 ms.")).to_be_visible()
    watched.shot("mqtt")
    card.get_by_role("button", name="Apply").click()
    expect(card.get_by_text("Applied.")).to_be_visible()


def test_certificate(system: Watched) -> None:
    card = system.page.locator("#certificate")
    expect(card).to_contain_text("0B:30:55")
    card.get_by_text("How to trust this device for good").click()
    expect(card.get_by_text("Trusted root certification authorities")).to_be_visible()
    card.get_by_role("button", name="New certificate").click()
    system.page.get_by_role("dialog").get_by_role("button", name="New certificate").click()
    expect(card.get_by_text("The new certificate is in use")).to_be_visible()


def test_password(mock: MockServer, open_page: Opener) -> None:
    mock.world.auth = mock.world.authenticated = True
    page = open_page(mock.url, section="system").page
    page.wait_for_selector(CONNECTED)
    card = page.locator("#password")
    card.get_by_label("Current password").fill(mock.world.password)
    card.get_by_label("New password", exact=True).fill("battery staple")
    card.get_by_label("New password again").fill("battery stable")
    card.get_by_role("button", name="Change password").click()
    expect(card.get_by_text("The two new passwords differ.")).to_be_visible()


def test_licence_and_locks(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.pro = False
    watched = open_page(mock.url, size, section="system")
    page = watched.page
    page.wait_for_selector("[data-actor]")
    locked = ("Streaming by RTSP", "MQTT with Home Assistant", "The storage overview", "Downloading the certificate")
    for text in locked:
        expect(page.get_by_text(f"{text} is part of Pro").first).to_be_visible()
    expect(page.locator("#licence")).to_contain_text("Free")
    watched.shot("system-free")
    mock.set_license(True)
    expect(page.locator("#licence")).to_contain_text("Pro", timeout=1000)
    expect(page.locator("#rtsp")).to_contain_text("Running")


def test_who_is_signed_in_and_a_token_for_home_assistant(mock: MockServer, system: Watched) -> None:
    page = system.page
    card = page.locator("#access")
    expect(card.locator("[data-session=aa]")).to_contain_text("Chrome on Linux")
    expect(card.get_by_role("button", name="Sign out: curl/8.5")).to_be_visible()
    card.get_by_text("Give somebody access").click()
    card.get_by_label("Name").fill("Home Assistant")
    card.get_by_role("button", name="Create a token").click()
    live = card.get_by_role("group", name="Address of the live picture")
    expect(live.locator("code")).to_have_text(f"{mock.url}stream?token=5e5e")
    expect(card.get_by_text("Copy it now: it is not shown again.")).to_be_visible()
    system.shot("access")
    card.get_by_role("button", name="Revoke: Home Assistant").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(card.get_by_text("Revoked.")).to_be_visible()
    expect(card.locator("[data-session=t0]")).to_have_count(0)


def test_a_viewer_is_shown_nothing_that_would_be_refused(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.role = "viewer"
    watched = open_page(mock.url, size)
    page = watched.page
    page.wait_for_selector(CONNECTED)
    assert page.locator(".rail a").all_inner_texts() == ["Live", "Events"]
    expect(page.get_by_role("button", name="Snapshot")).to_be_visible()
    for name in ("Stop", "Full resolution", "Hold to talk", "Torch"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    watched.shot("viewer")
    page.evaluate("() => { location.hash = 'events'; }")
    expect(page.get_by_role("link", name="Export as CSV")).to_be_visible()
    expect(page.get_by_role("button", name="Delete all events")).to_be_hidden()


def test_who_is_subscribed_by_onvif(system: Watched) -> None:
    card = system.page.locator("#onvif")
    expect(card).to_contain_text("Running")
    expect(card).to_contain_text("http://127.0.0.1:8000/onvif/device_service")
    expect(card.get_by_label("Subscribers")).to_contain_text("192.0.2.9")
    expect(card.get_by_label("Subscribers")).to_contain_text("pull point · for 1 hr 2 min · 42 messages delivered")


def test_the_login_that_was_made_for_rtsp_is_shown_once(mock: MockServer, system: Watched) -> None:
    card = system.page.locator("#rtsp")
    mock.tell({**RTSP_ON, "newLogin": True, "login": "viewer", "tlsPort": 8322})
    expect(card).to_contain_text("rtsps://127.0.0.1:8322/stream")
    card.get_by_role("button", name="Show the new login").click()
    expect(card).to_contain_text("User name viewer, password made-up-1. It is shown only this once")
    expect(card.get_by_role("button", name="Show the new login")).to_be_hidden()


def test_rtsp_without_a_login_asks_for_the_password(mock: MockServer, system: Watched) -> None:
    card = system.page.locator("#rtsp")
    card.get_by_text("Address and login").click()
    expect(card.get_by_label("Password of this dashboard")).to_be_hidden()
    card.get_by_label("Without a login").check()
    expect(card.get_by_label("User name")).to_be_hidden()
    card.get_by_label("Password of this dashboard").fill("secret")
    with system.page.expect_request("**/api/rtsp/apply-settings") as sent:
        card.get_by_role("button", name="Apply").click()
    body = sent.value.post_data_json
    assert (body["rtspOpen"], body["rtspUsername"], body["currentPassword"]) == (True, "", "secret")
    expect(card.get_by_text("Applied.")).to_be_visible()


@pytest.mark.parametrize("name", ["password", "rtsp", "licence"])
def test_a_link_lands_where_it_says(mock: MockServer, open_page: Opener, size: str, name: str) -> None:
    page = open_page(mock.url, size, section=f"system/{name}").page
    page.wait_for_selector(f"#{name}:focus")
    expect(page.locator(f"#{name} h2")).to_be_in_viewport()
