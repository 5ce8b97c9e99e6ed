"""Every setting is reachable, can be found, says what is wrong with a value, and follows the others."""

import pytest
from playwright.sync_api import Page, expect

from config.settings import DOCUMENTED, REGISTRY
from tests.browser.conftest import Opener, Watched
from tests.browser.mock_server import MockServer

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(mock: MockServer, open_page: Opener, size: str) -> Watched:
    watched = open_page(mock.url, size, section="settings", expected=["status of 400"])
    watched.page.get_by_role("button", name="Advanced").click()
    watched.page.wait_for_selector("[data-setting]")
    return watched


def row(page: Page, key: str) -> object:
    return page.locator(f"[data-setting={key}]")


def test_all_of_them(settings: Watched) -> None:
    shown = settings.page.locator("[data-setting]").evaluate_all("(rows) => rows.map((row) => row.dataset.setting)")
    assert len(DOCUMENTED) == 44
    assert set(shown) == set(REGISTRY)
    settings.shot("settings")


def test_basic_is_short_and_without_keys(mock: MockServer, open_page: Opener, size: str) -> None:
    watched = open_page(mock.url, size, section="settings")
    page = watched.page
    expect(page.locator("[data-setting=deviceName]")).to_be_visible()
    for hidden in ("mqttPort", "privacyMask", "rtspMaxClients"):
        expect(page.locator(f"[data-setting={hidden}]")).to_be_hidden()
    expect(page.locator("[data-setting=deviceName] code")).to_be_hidden()
    watched.shot("settings-basic")
    page.get_by_role("searchbox").fill("mqtt port")  # finds everything all the same
    expect(page.locator("[data-setting=mqttPort]")).to_be_visible()


def test_the_switch_for_everybody_asks(mock: MockServer, settings: Watched) -> None:
    page = settings.page
    switch = page.locator("[data-setting=streaming]").get_by_role("switch")
    switch.uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(switch).to_be_checked()
    switch.click()
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(switch).not_to_be_checked()
    assert mock.world.settings["streaming"] is False


def test_search(settings: Watched) -> None:
    page = settings.page
    page.get_by_role("searchbox").fill("mqtt port")
    expect(page.locator("[data-setting=mqttPort]")).to_be_visible()
    expect(page.locator("[data-setting=resolution]")).to_be_hidden()
    for key in REGISTRY:
        page.get_by_role("searchbox").fill(key)
        assert page.locator(f"[data-setting={key}]").is_visible(), key
    page.get_by_role("searchbox").fill("nothing like this")
    expect(page.get_by_text(f"0 of {len(REGISTRY)}")).to_be_visible()


def test_each_kind_of_control(mock: MockServer, settings: Watched) -> None:
    page = settings.page
    page.locator("[data-setting=cameraStandbyMode]").get_by_role("switch").check()
    page.locator("[data-setting=rotation]").get_by_role("combobox").select_option("90")
    page.locator("[data-setting=jpegQuality]").get_by_role("slider").fill("40")
    field = page.locator("[data-setting=deviceName]").get_by_role("textbox")
    field.fill("Garden")
    field.press("Enter")
    expect(page.locator(".brand")).to_have_text("Garden")
    page.wait_for_timeout(400)
    wanted = {"cameraStandbyMode": True, "rotation": 90, "jpegQuality": 40, "deviceName": "Garden"}
    assert {key: mock.world.settings[key] for key in wanted} == wanted


def test_a_wrong_value_is_explained_and_taken_back(mock: MockServer, settings: Watched) -> None:
    field = settings.page.locator("[data-setting=mqttPort]")
    field.get_by_role("spinbutton").fill("70000")
    field.get_by_role("spinbutton").press("Enter")
    expect(field.get_by_role("alert")).to_have_text("Value must be between 1 and 65535.")
    expect(field.get_by_role("spinbutton")).to_have_value("1883")
    assert mock.world.settings["mqttPort"] == 1883


def test_others_change_too(mock: MockServer, settings: Watched) -> None:
    mock.world.settings["jpegQuality"] = 33
    mock.tell({"type": "settings", "data": mock.world.all_settings(), "changed": ["jpegQuality"], "source": "http"})
    expect(settings.page.locator("[data-setting=jpegQuality]").get_by_role("slider")).to_have_value("33", timeout=1000)


def test_what_the_user_types_is_not_overwritten(mock: MockServer, settings: Watched) -> None:
    field = settings.page.locator("[data-setting=mqttTopicPrefix]").get_by_role("textbox")
    field.click()
    field.press_sequentially("/attic")
    mock.tell({"type": "settings", "data": mock.world.all_settings(), "changed": [], "source": "mqtt"})
    settings.page.wait_for_timeout(300)
    expect(field).to_have_value("ipcamera/attic")


def test_pro_switches_are_locked_on_a_free_device(mock: MockServer, open_page: Opener) -> None:
    mock.world.pro = False
    page = open_page(mock.url, section="settings").page
    setting = page.locator("[data-setting=rtspEnabled]")
    expect(setting.get_by_role("switch")).to_be_disabled()
    expect(setting).to_contain_text("Streaming by RTSP needs a Pro licence.")
