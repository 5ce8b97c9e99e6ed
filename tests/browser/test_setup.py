"""The first steps, on a phone and on a desk: each can be taken, skipped, and taken again."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CONNECTED, Opener, Watched
from tests.browser.mock_server import MockServer

pytestmark = pytest.mark.browser


@pytest.fixture
def first(mock: MockServer, open_page: Opener, size: str) -> Watched:
    """Opened by its plain address, as somebody types it."""
    mock.world.settings["setupDone"] = False
    watched = open_page(mock.url, size, section="", expected=["status of 403", "status of 503", "status of 400"])
    expect(watched.page.get_by_text("Step 1 of 6")).to_be_visible(timeout=20_000)
    return watched


def go_on(page: Page, heading: str) -> None:
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_all_of_them(mock: MockServer, first: Watched) -> None:
    page, world = first.page, mock.world
    world.pro, world.auth, world.authenticated = True, True, True
    mock.set_license(False)
    world.missing = {"yamnet", "mn04_as"}
    page.get_by_label("Device name").fill("Nursery")
    page.get_by_role("combobox", name="Place").fill("Upstairs")
    page.get_by_role("combobox", name="Place").press("Enter")
    expect(page.locator(".brand")).to_contain_text("Nursery")
    first.shot("setup-name")

    go_on(page, "Camera")
    first.shot("setup-camera")
    go_on(page, "Password")
    first.shot("setup-password")
    go_on(page, "Free or Pro")
    first.shot("setup-pro")
    page.get_by_role("button", name="Make this device Pro").click()
    page.get_by_label("Code of this device").fill(world.code)
    page.get_by_role("button", name="Make it Pro").click()
    expect(page.get_by_text("This device is Pro: everything")).to_be_visible()

    go_on(page, "What to watch for")
    cry = page.locator("#section-setup [data-detector=babyCry]")
    expect(cry.get_by_role("button", name="Fetch")).to_be_hidden()
    cry.get_by_role("switch").check()
    first.shot("setup-detectors")
    cry.get_by_role("button", name="Fetch 7.8 MB").click()
    expect(cry.get_by_role("progressbar")).to_be_visible()
    expect(cry.get_by_role("progressbar")).to_be_hidden()

    go_on(page, "This phone or computer")
    expect(page.locator("#section-setup .fingerprint")).to_contain_text("0B:30:55")
    first.shot("setup-device")
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**#live")
    wanted = {"deviceName": "Nursery", "devicePlace": "Upstairs", "babyCryClassificationEnabled": True}
    assert {key: world.settings[key] for key in wanted} | {"setupDone": True} == {**wanted, "setupDone": True}
    assert world.settings["setupDone"] is True


def test_skipped_and_repeated(mock: MockServer, first: Watched) -> None:
    page = first.page
    page.get_by_role("button", name="Skip all of this").click()
    page.wait_for_url("**#live")
    assert mock.world.settings["setupDone"] is True
    page.goto(mock.url)
    page.wait_for_selector(CONNECTED)
    page.wait_for_selector(".stage")
    assert "#setup" not in page.url
    page.evaluate("() => { location.hash = 'settings'; }")
    page.get_by_role("link", name="First steps again").click()
    expect(page.get_by_text("Step 1 of 6")).to_be_visible()


def test_cameras_to_choose_from(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.kind = "v4l2"
    watched = open_page(mock.url, size, section="setup/camera", expected=["status of 503"])
    page = watched.page
    expect(page.get_by_text("2 cameras were found. Tap the one to use.")).to_be_visible()
    here, there = (page.locator(f"[data-camera='{number}']") for number in "01")
    expect(here).to_contain_text("in use")
    expect(there.get_by_role("img")).to_be_visible()
    watched.shot("setup-cameras")
    there.get_by_role("button").click()
    expect(page.locator("[data-camera='1'] button")).to_have_attribute("aria-pressed", "true")
    assert mock.world.settings["cameraId"] == "1"


def test_why_there_is_no_camera(mock: MockServer, open_page: Opener) -> None:
    mock.world.reason = "no camera found"
    page = open_page(mock.url, section="setup/camera").page
    expect(page.get_by_text("No camera was found, so a test pattern is shown.")).to_be_visible()


def test_a_viewer_is_not_asked(mock: MockServer, open_page: Opener) -> None:
    mock.world.settings["setupDone"] = False
    mock.world.auth, mock.world.authenticated, mock.world.role = True, True, "viewer"
    page = open_page(mock.url, section="").page
    page.wait_for_selector(CONNECTED)
    page.wait_for_selector(".stage")
    expect(page.get_by_role("link", name="Begin")).to_be_hidden()
    assert "#setup" not in page.url
