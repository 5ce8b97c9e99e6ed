"""What happened, looked at again: the player of clips on the whole program, at both sizes."""

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, Watched
from tests.browser.test_real import sign_in
from tests.wire.server import RunningServer
from tests.wire.test_clips import SHORT, clip_of, happens

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(300)]
SLOW_MS = 30_000
POSITION = "(document.querySelector('dialog video')?.currentTime ?? -1)"


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("clips")
    running = RunningServer(folder / "data", audio_source="tone:", settings={**SHORT, "setupDone": True})
    running.wait_for(lambda: running.post("/clips/record", {"seconds": 1})[0] == 200)
    running.wait_for(lambda: running.get("/clips")[1]["clips"], 30)
    yield running
    running.stop()


@pytest.fixture
def seen(camera: RunningServer, open_page: Opener, size: str) -> Watched:
    """The page, led to an event by its link; there is one before it."""
    first, event = happens(camera, "BABY_CRY"), happens(camera)
    clip_of(camera, first)
    clip_of(camera, event)
    watched = open_page(f"{camera.url}/", size, expected=["status of 401"])
    sign_in(watched.page, camera)
    watched.page.goto(f"{camera.url}/#events/{event}")
    watched.page.reload()
    expect(watched.page.locator("dialog video")).to_be_visible(timeout=SLOW_MS)
    return watched


def until(page: Page, condition: str) -> None:
    """As ``wait_for_function``, which the page's policy refuses."""
    deadline = time.monotonic() + SLOW_MS / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


def moved(page: Page) -> None:
    until(page, f"{POSITION} > 0.2 && !document.querySelector('dialog video').paused")


def test_an_event_opens_in_a_player(seen: Watched, camera: RunningServer) -> None:
    page = seen.page
    dialog = page.get_by_role("dialog")
    page.evaluate("() => { document.querySelector('dialog video').loop = true; }")  # it lasts four seconds
    moved(page)
    expect(dialog).to_contain_text("Motion")
    assert page.evaluate("document.querySelector('dialog .run-up').getBoundingClientRect().width") > 10
    seen.shot("clip")

    dialog.get_by_role("button", name="Pause").click()
    page.keyboard.press("Home")
    until(page, f"{POSITION} === 0")
    page.keyboard.press(".")
    until(page, f"{POSITION} > 0 && {POSITION} < 1")
    page.get_by_label("Position in the clip").fill("1500")
    until(page, f"Math.abs({POSITION} - 1.5) < 0.1")
    dialog.get_by_label("Speed").select_option("2")
    assert page.evaluate("document.querySelector('dialog video').playbackRate") == 2

    dialog.get_by_role("button", name="Keep").click()
    expect(dialog.get_by_role("button", name="Kept")).to_be_visible()
    [kept] = [clip for clip in camera.get("/clips")[1]["clips"] if clip["keep"]]
    with page.expect_download() as saved:
        dialog.get_by_role("link", name="Download").click()
    assert saved.value.path().stat().st_size == kept["bytes"]

    page.keyboard.press("PageUp")
    expect(dialog.locator("h2")).to_contain_text("Baby cry")
    moved(page)
    page.keyboard.press("PageDown")
    expect(dialog.locator("h2")).to_contain_text("Motion")
    dialog.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete this clip?").get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text("Its clip was deleted.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert kept["id"] not in [clip["id"] for clip in camera.get("/clips")[1]["clips"]]


def test_between_others_the_keys_are_the_players_and_boxes_stay_while_it_is_paused(
    camera: RunningServer, open_page: Opener, size: str
) -> None:
    events = [happens(camera) for _ in range(3)]
    clip = clip_of(camera, events[1])
    boxes = [[ms, [[3, "dog", 88, 0.1, 0.2, 0.3, 0.4]]] for ms in range(0, clip["durationMs"], 400)]
    (camera.data_dir / "clips" / f"{clip['id']}.json").write_text(json.dumps(boxes))
    page = open_page(f"{camera.url}/", size, expected=["status of 401"]).page
    sign_in(page, camera)
    page.clock.install()
    page.goto(f"{camera.url}/#events/{events[1]}")
    page.reload()
    expect(page.locator("dialog video")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("dialog")).to_be_focused()
    moved(page)
    page.keyboard.press("Space")
    until(page, "document.querySelector('dialog video').paused")
    drawn = (
        "document.querySelector('dialog canvas').getContext('2d').getImageData(0, 0, 2000, 2000).data.some((v) => v)"
    )
    until(page, drawn)
    page.clock.fast_forward(10_000)
    assert page.evaluate(drawn)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Previous event")).to_be_focused()


def test_without_clips_the_event_says_how_to_have_them(camera: RunningServer, open_page: Opener) -> None:
    camera.post("/settings", {"clipsEnabled": False})
    event = happens(camera)
    watched = open_page(f"{camera.url}/", "phone", expected=["status of 401"])
    page = watched.page
    sign_in(page, camera)
    page.goto(f"{camera.url}/#events/{event}")
    page.reload()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Record clips from now on").click(timeout=SLOW_MS)
    expect(dialog).to_contain_text("From the next event on")
    assert camera.get("/settings")[1]["clipsEnabled"] is True


def test_a_recording_goes_on_in_the_next_file(seen: Watched) -> None:
    page = seen.page
    page.keyboard.press("Escape")
    one, other = page.evaluate(
        """async () => {
          const { clips } = await (await fetch("clips?limit=2")).json();
          const { openRecording } = await import("./js/events/recording_dialog.js");
          const [one, other] = clips;
          openRecording(one, one.end - 700, (at) => (at > one.end ? { ...other, start: at } : undefined));
          return [one.video, other.video];
        }"""
    )
    expect(page.get_by_role("button", name="Earlier recording")).to_be_disabled()
    expect(page.get_by_role("dialog").locator("video")).to_have_attribute("src", one[1:])
    expect(page.get_by_role("dialog").locator("video")).to_have_attribute("src", other[1:], timeout=SLOW_MS)
    moved(page)
