"""Accessibility by axe-core, keyboard, themes, and memory over time."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CONNECTED, Opener
from tests.browser.mock_server import MockServer

pytestmark = pytest.mark.browser
SECTIONS = ("live", "detection", "events", "system", "settings", "setup")
BACKGROUND = "() => getComputedStyle(document.documentElement).backgroundColor"
SERIOUS = ("serious", "critical")


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)  # by the debugger: the page's own policy forbids injected scripts
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']} {json.dumps([node['target'] for node in one['nodes']][:4])}"
        for one in found
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("pro", [True, False])
def test_no_serious_violation(mock: MockServer, open_page: Opener, axe: str, size: str, scheme: str, pro: bool) -> None:
    mock.world.fill(200)
    mock.world.pro = pro
    mock.world.settings["motionEnabled"] = True
    page = open_page(mock.url, size, color_scheme=scheme).page
    page.wait_for_selector(CONNECTED)
    found = {}
    for section in SECTIONS:
        page.evaluate("(section) => { location.hash = section; }", section)
        page.wait_for_timeout(500)
        found[section] = violations(page, axe)
    assert found == {section: [] for section in SECTIONS}


def test_no_serious_violation_at_the_door(mock: MockServer, open_page: Opener, axe: str) -> None:
    mock.world.auth = True
    page = open_page(mock.url).page
    page.get_by_role("heading", name="Sign in").wait_for()
    assert violations(page, axe) == []


def test_by_keyboard_alone(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url).page
    page.wait_for_selector(CONNECTED)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("() => document.activeElement.textContent.trim() || document.activeElement.ariaLabel")
        )
    for name in ("Detection", "Settings", "Pause", "Snapshot", "Listen", "Hold to talk"):
        assert name in seen


def test_the_theme_is_kept(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url, color_scheme="dark").page
    page.wait_for_selector(CONNECTED)
    dark = page.evaluate(BACKGROUND)
    page.get_by_role("button", name="Use the light theme").click()
    page.reload()
    page.wait_for_selector(CONNECTED)
    light = page.evaluate(BACKGROUND)
    assert dark != light


def test_memory_does_not_grow(mock: MockServer, open_page: Opener) -> None:
    """Many events, levels, boxes and reconnects: what an hour brings, in a quarter of a minute."""
    mock.world.settings["motionEnabled"] = True
    watched = open_page(mock.url, expected=["WebSocket"])
    page = watched.page
    page.wait_for_selector(CONNECTED)
    for section in SECTIONS:
        page.evaluate("(section) => { location.hash = section; }", section)
        page.wait_for_timeout(300)
    page.evaluate("() => { location.hash = 'live'; }")
    debugger = watched.context.new_cdp_session(page)

    def heap() -> tuple[float, int]:
        debugger.send("HeapProfiler.collectGarbage")
        used = debugger.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        return used, page.evaluate("() => document.querySelectorAll('*').length")

    busy(mock, 300)
    page.wait_for_timeout(500)
    (before, elements_before) = heap()
    for _ in range(3):
        busy(mock, 1200)
        mock.cut()
        page.wait_for_selector(CONNECTED)
        page.wait_for_timeout(300)
    (after, elements_after) = heap()
    print(f"\nheap {before:.1f} → {after:.1f} MB, elements {elements_before} → {elements_after}")
    assert after < before + 6
    assert elements_after < elements_before + 60


def busy(mock: MockServer, times: int) -> None:
    box = {"x": 0.3, "y": 0.25, "w": 0.2, "h": 0.5}
    seen = [{"trackId": 7, "objectClass": "person", "confidence": 88, "box": box}]
    for n in range(times):
        level = {"key": "motion", "value": n % 7, "threshold": 1.9, "unit": "%", "note": ""}
        mock.tell({"type": "levels", "levels": [level]})
        mock.tell({"type": "detection_frame", "timestamp": 0, "width": 640, "height": 360, "objects": seen})
        if n % 4 == 0:
            mock.tell({"type": "motion_detected", "eventId": n, "timestamp": 1, "changedPercent": 3.5})
            mock.tell_status()
