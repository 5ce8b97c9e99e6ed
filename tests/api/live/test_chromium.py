"""What Chromium shows of a stream that stands still: the newest picture, not the one before."""

import io
import shutil
from collections.abc import AsyncIterator

import cv2
import numpy as np
import pytest
from playwright.async_api import Page, async_playwright

from models.http import limits
from tests.api.live.conftest import Open

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)  # as OpenCV has them


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"{CHROMIUM} is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield await browser.new_page()
        await browser.close()


def picture(colour: tuple[int, int, int]) -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((48, 64, 3), colour, np.uint8))[1])


async def shown(page: Page) -> tuple[int, ...]:
    """The colour in the middle, each part 0 or 1."""
    shot = np.frombuffer(io.BytesIO(await page.locator("#live").screenshot()).getvalue(), np.uint8)
    image = cv2.imdecode(shot, cv2.IMREAD_COLOR)
    assert image is not None
    return tuple(int(part > 127) for part in image[image.shape[0] // 2, image.shape[1] // 2])


async def test_the_last_picture_is_shown_at_once(surface: Open, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "NO_SIGNAL_ANYWAY_AFTER_S", 1000)  # which would be the next picture
    here = await surface()
    url = f"http://127.0.0.1:{here.client.port}"
    await page.goto(f"{url}/auth/status")
    here.stage.picture(picture(RED))
    await page.set_content(f'<img id="live" src="{url}/stream">')
    await here.stage.followed("jpeg")
    await page.wait_for_function("document.getElementById('live').naturalWidth > 0")
    for colour in (GREEN, BLUE, RED):
        here.stage.picture(picture(colour))
        wanted = tuple(int(part > 127) for part in colour)
        for _ in range(100):
            if await shown(page) == wanted:
                break
        else:
            pytest.fail(f"{colour} is not shown before the next picture comes")
