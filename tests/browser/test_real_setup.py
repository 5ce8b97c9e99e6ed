"""The first ten minutes with the whole program, on a phone: from the printed code to a detector that works."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from config.weights.catalogue import MN04, YAMNET
from tests.browser.conftest import Opener
from tests.browser.test_real import SLOW_MS, sign_in
from tests.models.detect.samples import weights
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(300)]
CODE = re.compile(r"enter the code (\d{4}-\d{4}) in the dashboard")


def test_from_the_printed_code_to_a_detector(tmp_path: Path, open_page: Opener) -> None:
    mirror = {weights(model.file).parent for model in (YAMNET, MN04)}.pop()
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    (data_dir / "ipcamera.toml").write_text(f'[detection]\nmodel_mirror = "{mirror}"\n')
    server = RunningServer(data_dir, pro=None, audio_source="tone:", environment={"IPCAMERA_MODELS_DIR": ""})
    try:
        watched = open_page(f"{server.url}/", "phone", section="", expected=["status of 401", "status of 403"])
        page = watched.page
        sign_in(page, server)
        on = page.get_by_role("button", name="Next")
        page.get_by_label("Device name").fill("Nursery")
        on.click()
        expect(page.get_by_text("started with the test pattern as its source")).to_be_visible(timeout=SLOW_MS)
        on.click()
        page.get_by_label("Current password").fill(server.password)
        for label in ("New password", "New password again"):
            page.get_by_label(label, exact=True).fill("a password of my own")
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_text("Changed.")).to_be_visible(timeout=SLOW_MS)
        on.click()

        page.get_by_role("button", name="Make this device Pro").click()
        page.get_by_label("Code of this device").fill("0000-0000")
        page.get_by_role("button", name="Make it Pro").click()
        expect(page.get_by_text("This is not the code that the device printed")).to_be_visible(timeout=SLOW_MS)
        found = server.wait_for(lambda: CODE.search(server.log.read_text()))
        page.get_by_label("Code of this device").fill(found[1].replace("-", ""))
        page.get_by_role("button", name="Make it Pro").click()
        expect(page.get_by_text("This device is Pro: everything")).to_be_visible(timeout=SLOW_MS)
        on.click()

        cry = page.locator("#section-setup [data-detector=babyCry]")
        cry.get_by_role("switch").check()
        cry.get_by_role("button", name="Fetch").click()
        expect(cry.locator(".model-box")).to_be_hidden(timeout=SLOW_MS)
        watched.shot("real-setup")
        on.click()
        page.get_by_role("button", name="Done").click()
        page.wait_for_url("**#live")
        page.evaluate("() => { location.hash = 'detection'; }")
        card = page.locator("#section-detection [data-detector=babyCry]")
        expect(card).to_contain_text("Watching", timeout=SLOW_MS)
        expect(card.locator(".strip .reading")).to_be_visible(timeout=SLOW_MS)  # it hears, so the model is loaded
        server.password, server._token = "a password of my own", ""
        settings = server.get("/settings")[1]
        assert (settings["deviceName"], settings["setupDone"], settings["license"]["isPro"]) == ("Nursery", True, True)
    finally:
        server.stop()
