"""The history: time line, filters, days, list, the server's own events, clearing, export."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CONNECTED, Opener, Watched
from tests.browser.mock_server import MockServer
from tests.browser.mock_world import now_ms

pytestmark = pytest.mark.browser
INK = """(selector) => {
  const canvas = document.querySelector(selector);
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const colors = new Set();
  for (let i = 0; i < pixels.length; i += 4) colors.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
  return colors.size;
}"""


@pytest.fixture
def history(mock: MockServer, open_page: Opener, size: str) -> Watched:
    hours = (now_ms() / 3_600_000) % 24  # of today only: the mock and the browser share this machine's time zone
    mock.world.fill(300, hours=min(20.0, max(0.02, hours - 0.01)))
    watched = open_page(mock.url, size, section="events")
    watched.page.wait_for_selector(".event-row")
    return watched


def total(page: Page) -> int:
    found = re.search(r"([\d,]+) events", page.locator("#section-events .lead").inner_text())
    assert found
    return int(found[1].replace(",", ""))


def test_overview_detail_list_and_thumbnails(history: Watched) -> None:
    page = history.page
    assert total(page) > 0
    page.wait_for_timeout(300)
    assert page.evaluate(INK, ".overview") > 8
    assert page.evaluate(INK, ".detail") > 8
    assert page.evaluate(INK, ".filters canvas") > 1
    expect(page.locator(".event-row img").first).to_be_visible()
    history.shot("events")


def test_the_video_of_a_whole_day_and_an_event_before_the_recording(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url, "desktop").page
    day = page.evaluate("new Date().setHours(0, 0, 0, 0)")
    for minute in range(1400):
        start = day + minute * 60_000
        mock.world.clips.append({"id": str(minute), "kind": "continuous", "start": start, "end": start + 60_000})
    mock.world.clips.append({"id": "event", "kind": "event", "start": day + 90_000, "end": day + 100_000})
    found = page.evaluate(
        """async (day) => {
          const { History } = await import("./js/events/history.js");
          const history = new History(() => {});
          await history.load();
          return [history.problem, history.clips.length, ...[0, 85, 95].map((s) => history.clipAt(day + s * 1000)?.id)];
        }""",
        day,
    )
    assert found == [None, 1401, "0", "1", "event"]


def test_what_only_some_cameras_look_for_has_its_place(mock: MockServer, open_page: Opener) -> None:
    now = now_ms()
    mock.world.events += [
        {"id": 1, "eventId": 1, "timestamp": now - 2000, "type": "SMOKE_ALARM", "confidence": 80},
        {
            "id": 2,
            "eventId": 2,
            "timestamp": now - 1000,
            "type": "OBJECT_CAT",
            "confidence": 80,
            "eventType": "appeared",
        },
    ]
    page = open_page(mock.url, "desktop", section="events").page
    chips = page.locator(".filters button")
    expect(chips).to_have_count(8)
    expect(chips.nth(6)).to_contain_text("Cat")
    chips.nth(7).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-type=SMOKE_ALARM]")).to_be_focused()
    titles = page.locator("#section-events .event-row:not(.system) .what b")
    assert titles.all_inner_texts() == ["Smoke alarm"]
    assert page.evaluate(INK, ".detail") > 4


def test_filters(history: Watched) -> None:
    page = history.page
    titles = page.locator("#section-events .event-row:not(.system) .what b")
    page.locator("[data-type=MOTION]").click()
    expect(page.locator("[data-type=MOTION]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#section-events .lead")).to_contain_text("shown")
    assert set(titles.all_inner_texts()) == {"Motion"}
    page.locator("[data-type=OBJECT_PERSON]").click()
    assert set(titles.all_inner_texts()) <= {"Motion", "Person"}
    for kind in ("MOTION", "OBJECT_PERSON"):
        page.locator(f"[data-type={kind}]").click()
    expect(page.locator("#section-events .lead")).not_to_contain_text("shown")


def test_one_event_in_full(history: Watched) -> None:
    page = history.page
    page.locator(".event-row button", has_text="Motion").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Changed part of the picture")
    expect(dialog.locator("img")).to_be_visible()
    history.shot("event")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_new_event_comes_in_at_the_top(mock: MockServer, history: Watched) -> None:
    before = total(history.page)
    mock.happen("motion_detected", changedPercent=42.5)
    expect(history.page.locator(".event-row").first).to_contain_text("42.5%", timeout=1000)
    assert total(history.page) == before + 1


def test_days(history: Watched) -> None:
    page = history.page
    page.get_by_role("button", name="The day before").click()
    expect(page.locator(".empty").first).to_be_visible()
    expect(page.get_by_role("button", name="Today")).to_be_enabled()
    page.get_by_role("button", name="Today").click()
    page.wait_for_selector(".event-row")


def test_the_time_line_by_keys(history: Watched) -> None:
    page = history.page
    shown = page.locator(".legend .number")
    page.locator("canvas.detail").focus()
    page.keyboard.press("Home")
    before = shown.inner_text()
    page.keyboard.press("+")
    assert shown.inner_text() != before
    before = shown.inner_text()
    page.keyboard.press("ArrowLeft")
    assert shown.inner_text() != before


def test_why(history: Watched) -> None:
    why = history.page.locator(".why")
    expect(why).to_contain_text("encoder restarted: killed by signal 9 (SIGKILL); back after 0.4 s")


def test_clearing_asks_first(mock: MockServer, history: Watched) -> None:
    page = history.page
    page.locator("#section-events").get_by_role("button", name="Delete all events").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert mock.world.cleared == 0
    page.locator("#section-events").get_by_role("button", name="Delete all events").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete all events").click()
    expect(page.get_by_text("No events on this day.")).to_be_visible()
    assert mock.world.cleared > 300


def test_export_is_a_plain_link(history: Watched) -> None:
    link = history.page.locator("#section-events").get_by_role("link", name="Export as CSV")
    assert link.get_attribute("href") == "api/events/export"


def test_ten_thousand_events_stay_smooth(mock: MockServer, open_page: Opener, size: str) -> None:
    hours = (now_ms() / 3_600_000) % 24
    mock.world.fill(10_000, hours=max(0.02, hours - 0.01))
    page = open_page(mock.url, size, section="events").page
    page.wait_for_selector(".event-row")
    longest = page.evaluate(
        """async () => {
          const list = document.querySelector(".event-list");
          let longest = 0;
          for (let n = 0; n < 60; n += 1) {
            list.scrollTop += 4000;
            const before = performance.now();
            list.dispatchEvent(new Event("scroll"));
            list.getBoundingClientRect();
            longest = Math.max(longest, performance.now() - before);
            await new Promise(requestAnimationFrame);
          }
          return longest;
        }"""
    )
    rows = page.locator(".event-row").count()
    print(f"\n{size}: 10,000 events, {rows} rows exist, longest step of work while scrolling {longest:.1f} ms")
    assert rows < 60
    page.locator("canvas.detail").hover()
    page.mouse.wheel(0, -400)


def test_the_free_licence_locks_the_history(mock: MockServer, open_page: Opener) -> None:
    mock.world.pro = False
    page = open_page(mock.url, section="events").page
    page.wait_for_selector(CONNECTED)
    expect(page.get_by_text("The history of events is part of Pro")).to_be_visible()
    expect(page.locator(".notice.bad")).to_have_count(0)
