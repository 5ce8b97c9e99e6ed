"""Whatever the page says can be done, can be done on the page: no message ends at a shell."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CONNECTED, Opener
from tests.browser.mock_server import MockServer
from tests.browser.test_access import SECTIONS

pytestmark = pytest.mark.browser

# Texts that look like commands of a shell, and have no button in the card, dialog or hint that they stand in.
COMMANDS_WITHOUT_A_BUTTON = r"""() => {
  const command = /\bipcamera [a-z]+|\bsudo |scripts\/|pip install|apt(-get)? |--[a-z]{3,}/;
  const walker = document.createTreeWalker(document.getElementById("panel"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent;
    const place = walker.currentNode.parentElement.closest(".card, .hint, .locked, dialog");
    if (command.test(text) && !place?.querySelector("button:not([hidden]), a.button:not([hidden])")) found.push(text);
  }
  return found;
}"""


@pytest.mark.parametrize("pro", [True, False])
@pytest.mark.parametrize("auth", [True, False])
def test_no_shell_command_without_a_button(mock: MockServer, open_page: Opener, pro: bool, auth: bool) -> None:
    mock.world.pro, mock.world.auth, mock.world.authenticated = pro, auth, auth
    mock.world.missing = {"yolox_nano", "yamnet"}
    mock.world.settings["objectPersonDetectionEnabled"] = True
    mock.world.degraded = {"person": "The model yolox_nano is missing: fetch it under Detection"}
    page = open_page(mock.url).page
    page.wait_for_selector(CONNECTED)
    for section in SECTIONS:
        page.evaluate("(section) => { location.hash = section; }", section)
        page.wait_for_selector(f"#section-{section}:not([hidden]) *")
        assert page.evaluate(COMMANDS_WITHOUT_A_BUTTON) == [], section


def test_pro_by_the_code_of_the_device(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.pro = False
    watched = open_page(mock.url, size, section="events", expected=["status of 403"])
    page = watched.page
    page.wait_for_selector(CONNECTED)
    page.locator("#section-events").get_by_role("button", name="Make this device Pro").click()
    dialog = page.get_by_role("dialog", name="Make this device Pro")
    dialog.get_by_label("Code of this device").fill("1111 1111")
    dialog.get_by_role("button", name="Make it Pro").click()
    expect(dialog).to_contain_text("This is not the code that the device printed")
    watched.shot("pro-by-code")
    dialog.get_by_label("Code of this device").fill(mock.world.code)
    dialog.get_by_role("button", name="Make it Pro").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#section-events .locked")).to_be_hidden()
    expect(page.locator("#section-events .timeline")).to_be_visible()


def card(page: Page, key: str) -> object:
    return page.locator(f"[data-detector={key}]")


def test_a_missing_model_is_fetched_on_the_page(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.missing = {"yolox_nano"}
    mock.world.settings["objectPersonDetectionEnabled"] = True
    mock.world.degraded = {"person": "The model yolox_nano is missing: fetch it under Detection"}
    watched = open_page(mock.url, size, section="detection")
    person = watched.page.locator("[data-detector=person]")
    box = person.locator(".model-box")
    expect(box).to_contain_text("yolox_nano, 3.5 MB")
    expect(box).to_contain_text("Licence: Apache-2.0")
    watched.shot("model-missing")
    expect(watched.page.locator("[data-detector=babyCry] .model-box")).to_be_hidden()
    box.get_by_role("button", name="Fetch 3.5 MB").click()
    expect(box.get_by_role("progressbar")).to_be_visible()
    expect(box).to_be_hidden()


def test_why_a_model_cannot_be_fetched(mock: MockServer, open_page: Opener) -> None:
    mock.world.missing, mock.world.fetch_problem = {"yolox_nano"}, "The download failed: no network"
    page = open_page(mock.url, section="detection").page
    box = page.locator("[data-detector=dog] .model-box")
    box.get_by_role("button", name="Fetch").click()
    expect(box).to_contain_text("The download failed: no network")
    expect(box.get_by_role("button", name="Fetch")).to_be_enabled()


def test_protection_is_switched_on_by_the_code(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url, section="system").page
    password = page.locator("#password")
    password.get_by_label("Code of this device").fill(mock.world.code)
    password.get_by_label("New password", exact=True).fill("right horse")
    password.get_by_label("New password again").fill("right horse")
    password.get_by_role("button", name="Set the password").click()
    expect(password.get_by_label("Current password")).to_be_visible()
    assert (mock.world.auth, mock.world.password, mock.world.authenticated) == (True, "right horse", True)
