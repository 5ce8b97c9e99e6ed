"""Login, lock-out, logout, and a session that ends while the page is open."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CONNECTED, Opener
from tests.browser.mock_server import MockServer

pytestmark = pytest.mark.browser
REFUSED = ["status of 401", "status of 429"]


def test_password_and_lockout(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.auth = True
    watched = open_page(mock.url, size, expected=REFUSED)
    page = watched.page
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_text("Is this really my camera?").click()
    expect(page.locator(".fingerprint")).to_contain_text("0B:30:55")
    watched.shot("login")
    for _ in range(5):
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("Invalid password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"Too many attempts. Try again in \d s."))
    expect(page.get_by_role("button", name="Sign in")).to_be_disabled()
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled(timeout=10_000)
    page.get_by_label("Password").fill(mock.world.password)
    page.get_by_label("Password").press("Enter")
    page.wait_for_selector(CONNECTED)


def test_an_ended_session_asks_again_and_keeps_the_page(mock: MockServer, open_page: Opener) -> None:
    mock.world.auth = mock.world.authenticated = True
    page = open_page(mock.url, section="settings", expected=REFUSED).page
    page.wait_for_selector(CONNECTED)
    page.get_by_role("searchbox").fill("sound")
    mock.world.authenticated = False
    mock.cut(4401)
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Password").fill(mock.world.password)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    page.wait_for_selector(CONNECTED)
    expect(page.get_by_role("searchbox")).to_have_value("sound")


def test_logout(mock: MockServer, open_page: Opener) -> None:
    mock.world.auth = mock.world.authenticated = True
    page = open_page(mock.url, expected=REFUSED).page
    page.wait_for_selector(CONNECTED)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert mock.world.authenticated is False


def test_no_way_out_without_protection(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url).page
    page.wait_for_selector(CONNECTED)
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_a_lost_cookie_of_an_unprotected_camera_is_renewed(mock: MockServer, open_page: Opener) -> None:
    """Without a password the page itself hands out the session; a refused socket must lead to a new one."""
    page = open_page(mock.url, expected=["WebSocket"]).page
    page.wait_for_selector(CONNECTED)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    mock.world.refuse = 1
    mock.cut()
    page.wait_for_selector("#connection:has-text('Reconnecting')")
    page.wait_for_selector(CONNECTED)
    assert any(url.endswith("/auth/status") for url in asked)
