"""The live panel: pictures in both ways, what is drawn on them, buttons, sound."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CONNECTED, Opener
from tests.browser.mock_server import MockServer

pytestmark = pytest.mark.browser

SUM_OF_PIXELS = """(id) => {
  const surface = document.getElementById(id);
  const canvas = new OffscreenCanvas(64, 36);
  const context = canvas.getContext("2d");
  context.drawImage(surface, 0, 0, 64, 36);
  return context.getImageData(0, 0, 64, 36).data.reduce((sum, value, index) => (sum + value * (index % 97)) % 1e9, 0);
}"""


def moves(page: Page, surface: str) -> bool:
    """Whether the picture changes."""
    page.wait_for_selector(".stage:not(.dim)")
    first = page.evaluate(SUM_OF_PIXELS, surface)
    page.wait_for_function(f"(first) => ({SUM_OF_PIXELS})('{surface}') !== first", arg=first)
    return True


def received(mock: MockServer, page: Page, kind: str) -> dict[str, Any]:
    """The first message of this type that the page has sent."""
    for _ in range(100):
        found = [message for message in mock.world.received if message["type"] == kind]
        if found:
            return found[0]
        page.wait_for_timeout(50)
    raise AssertionError(f"no {kind} was sent: {mock.world.received}")


def test_h264_moves_and_is_measured(page: Page) -> None:
    assert moves(page, "video")
    expect(page.locator(".badge", has_text="H.264")).to_be_visible()
    expect(page.locator(".badge", has_text="TEST PATTERN")).to_be_visible()  # the mock's camera is one
    expect(page.locator(".badge", has_text="LIVE")).to_have_count(0)
    stream = page.locator("section", has=page.get_by_role("heading", name="Stream", exact=True))
    expect(stream).to_contain_text("H.264 (WebCodecs)")
    expect(stream.locator("dd", has_text="640 × 360")).to_be_visible()
    expect(stream.locator("dd", has_text="ms").first).to_be_visible()


def asks_for(mock: MockServer, page: Page, *tiers: str) -> bool:
    """Whether these tiers are asked for, one after the other; waits for the last."""
    asked: list[str] = []
    for _ in range(100):
        asked = [one["tier"] for one in mock.world.received if one["type"] == "enableH264" and one["enable"]]
        if len(asked) >= len(tiers):
            break
        page.wait_for_timeout(50)
    return asked == list(tiers)


def test_a_slow_line_gets_the_small_picture_and_is_told(mock: MockServer, page: Page) -> None:
    assert moves(page, "video")
    assert asks_for(mock, page, "main")
    mock.tell({"type": "error", "message": "Slow", "code": "RATE_LIMITED", "inReplyTo": "enableH264"})
    expect(page.locator(".badge", has_text="small picture: the connection is slow")).to_be_visible()
    expect(page.locator("#quality-reason")).to_contain_text("because the connection is slow")
    assert asks_for(mock, page, "main", "sub")
    assert moves(page, "video")
    page.get_by_role("button", name="Full", exact=True).click()
    expect(page.locator("#quality-reason")).to_be_hidden()
    assert asks_for(mock, page, "main", "sub", "main")
    page.get_by_role("button", name="Saver").click()
    expect(page.locator(".badge", has_text="H.264 · saver")).to_be_visible()
    page.get_by_role("button", name="Adapt").click()


def test_mjpeg_when_chosen(mock: MockServer, page: Page) -> None:
    page.get_by_role("button", name="MJPEG").click()
    assert moves(page, "mjpeg")
    page.get_by_role("button", name="Auto").click()
    assert moves(page, "video")


def test_mjpeg_with_the_reason_where_there_is_no_decoder(mock: MockServer, open_page: Opener, size: str) -> None:
    watched = open_page(mock.url, size, script="delete window.VideoDecoder")
    assert moves(watched.page, "mjpeg")
    expect(watched.page.locator(".badge", has_text="MJPEG · this browser has no video decoder")).to_be_visible()
    expect(watched.page.locator("#player-reason")).to_contain_text("Shown as MJPEG, because")
    watched.shot("mjpeg")


def test_mjpeg_with_the_reason_where_the_server_has_no_h264(mock: MockServer, open_page: Opener) -> None:
    mock.world.h264 = False
    page = open_page(mock.url).page
    assert moves(page, "mjpeg")
    expect(page.locator("#player-reason")).to_contain_text("no encoder")


@pytest.mark.parametrize(
    ("change", "title", "text"),
    [
        ({"streaming": False}, "Stopped", "switched off for all viewers"),
        ({"running": False, "reason": "The USB camera was unplugged"}, "No signal", "The USB camera was unplugged"),
        ({"state": "STANDBY", "running": False}, "Standby", "closed while nobody needs it"),
    ],
)
def test_what_is_said_instead_of_a_picture(
    mock: MockServer, open_page: Opener, change: dict[str, Any], title: str, text: str, size: str
) -> None:
    for name, value in change.items():
        setattr(mock.world, name, value)
    watched = open_page(mock.url, size)
    curtain = watched.page.locator(".curtain")
    expect(curtain).to_contain_text(title)
    expect(curtain).to_contain_text(text)
    watched.shot(f"curtain-{title.lower().replace(' ', '-')}")


def test_pausing_is_for_this_view_alone(mock: MockServer, page: Page) -> None:
    assert moves(page, "video")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator(".curtain")).to_contain_text("Only your view")
    assert mock.world.streaming is True
    assert received(mock, page, "enableH264")["enable"] is True
    page.locator(".curtain").get_by_role("button", name="Go on").click()
    assert moves(page, "video")


def test_a_phone_held_sideways_shows_the_picture(mock: MockServer, open_page: Opener) -> None:
    watched = open_page(mock.url, "phone", viewport={"width": 844, "height": 390})
    page = watched.page
    assert moves(page, "video")
    box = page.locator(".stage").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 844, 390)
    watched.shot("landscape")
    page.get_by_role("link", name="Settings").click()  # below the picture
    expect(page.get_by_role("searchbox")).to_be_visible()


def test_what_is_not_the_wanted_camera_is_said(mock: MockServer, open_page: Opener) -> None:
    mock.world.reason = "no camera found"
    page = open_page(mock.url).page
    expect(page.locator(".banner")).to_contain_text("This is a test pattern: no camera found.")
    mock.world.kind, mock.world.reason = "v4l2", ""
    mock.tell({"type": "status", **mock.world.status(), "source": "USB camera Door (/dev/video2)"})
    expect(page.locator(".banner")).to_contain_text("because USB camera gives no picture")
    mock.tell({"type": "status", **mock.world.status(), "source": "USB camera USB camera (/dev/video0)"})
    expect(page.locator(".banner")).to_be_hidden()


def test_the_cameras_own_controls(mock: MockServer, open_page: Opener, size: str) -> None:
    watched = open_page(mock.url, size)
    page = watched.page
    assert moves(page, "video")
    page.get_by_text("Exposure, focus, white balance").click()
    time = page.get_by_label("Exposure time")
    expect(time).to_be_disabled()  # the camera's own business
    page.get_by_label("Exposure", exact=True).select_option("1")
    expect(time).to_be_enabled()
    time.fill("400")
    page.get_by_label("Brightness").fill("200")
    expect(page.locator("[data-control=brightness] output")).to_have_text("200")
    watched.shot("controls")
    expect(page.locator(".stage")).to_be_in_viewport()
    for _ in range(100):
        if mock.world.controls[2]["value"] == 200:
            break
        page.wait_for_timeout(50)
    assert [control["value"] for control in mock.world.controls] == [1, 400, 200]
    page.get_by_role("button", name="Back to defaults").click()
    page.get_by_role("dialog").get_by_role("button", name="Back to defaults").click()
    expect(page.get_by_label("Brightness")).to_have_value("128")


AWAKE = """
window.locks = 0;
navigator.wakeLock.request = async () => {
  window.locks += 1;
  return { released: false, release() { window.locks -= 1; this.released = true; } };
};
"""


def test_the_screen_stays_on_while_somebody_watches(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url, script=AWAKE).page
    page.wait_for_function("() => window.locks === 1")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_function("() => window.locks === 0")
    page.locator(".curtain").get_by_role("button", name="Go on").click()
    page.wait_for_function("() => window.locks === 1")
    page.evaluate("() => { location.hash = 'events'; }")
    page.wait_for_function("() => window.locks === 0")


def test_reconnecting_is_shown_and_repaired(mock: MockServer, open_page: Opener) -> None:
    watched = open_page(mock.url, expected=["WebSocket"])
    page = watched.page
    assert moves(page, "video")
    mock.world.settings["frameRate"] = 11
    mock.cut()
    expect(page.locator(".curtain")).to_contain_text("Reconnecting")
    page.wait_for_selector(CONNECTED)
    assert moves(page, "video")
    expect(page.get_by_text("11 fps").first).to_be_visible()


def test_throttling_is_on_the_picture(mock: MockServer, page: Page) -> None:
    mock.tell({"type": "system_info", **mock.world.system_info(), "throttle": "thermal"})
    expect(page.locator(".badge", has_text="Slowed down: hot")).to_be_visible()


def test_boxes_zoom_and_view(mock: MockServer, page: Page) -> None:
    assert moves(page, "video")
    box = {"x": 0.3, "y": 0.25, "w": 0.2, "h": 0.5}
    seen = [{"trackId": 7, "objectClass": "person", "confidence": 88, "box": box}]
    mock.tell({"type": "detection_frame", "timestamp": 0, "width": 640, "height": 360, "objects": seen})
    drawn = "document.querySelector('.boxes').getContext('2d').getImageData(192, 90, 130, 4).data.some((v) => v > 0)"
    page.wait_for_function(f"() => {drawn}")
    page.wait_for_function(f"() => !({drawn})")  # no news: the box goes
    page.get_by_role("button", name="Zoom in").click()
    assert "scale(1.4)" in page.locator(".plane").get_attribute("style")
    page.locator(".stage").focus()
    page.keyboard.press("0")
    assert "scale(1)" in page.locator(".plane").get_attribute("style")


def test_snapshot_and_full_resolution(mock: MockServer, open_page: Opener, size: str) -> None:
    watched = open_page(mock.url, size)
    page = watched.page
    page.wait_for_selector(CONNECTED)
    with page.expect_download() as download:
        page.get_by_role("button", name="Snapshot").click()
    assert download.value.suggested_filename.startswith("snapshot-")
    page.get_by_role("button", name="Full resolution").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("640 × 360")
    watched.shot("capture")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.startswith("capture-")


def test_settings_of_the_picture(mock: MockServer, page: Page) -> None:
    page.get_by_label("Resolution").select_option("1920x1080")
    page.wait_for_timeout(300)
    assert mock.world.settings["resolution"] == "1920x1080"
    page.get_by_label("Video quality").fill("80")
    assert received(mock, page, "h264_quality") == {"type": "h264_quality", "quality": 80}
    page.get_by_role("button", name="Torch").click()
    expect(page.get_by_role("button", name="Torch")).to_have_attribute("aria-pressed", "true")


def test_listening_fills_the_meter(mock: MockServer, page: Page) -> None:
    page.get_by_role("button", name="Listen").click()
    assert received(mock, page, "audio_subscribe")["enabled"] is True
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "-21")
    assert page.evaluate("() => navigator.mediaSession.playbackState") == "playing"
    page.get_by_role("button", name="Listening").click()
    expect(page.get_by_role("button", name="Listen", exact=True)).to_be_visible()


def test_push_to_talk(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url, permissions=["microphone"]).page
    page.wait_for_selector(CONNECTED)
    page.get_by_role("button", name="Hold to talk").hover()
    page.mouse.down()
    expect(page.get_by_role("button", name="Speak now")).to_be_visible()
    chunk = received(mock, page, "audio")
    assert len(base64.b64decode(chunk["data"])) == 1280  # 40 ms
    page.mouse.up()
    expect(page.get_by_role("button", name="Hold to talk")).to_be_visible()
    page.wait_for_timeout(200)
    assert [message for message in mock.world.received if message["type"] == "audio"][-1]["end"] is True


def test_a_refused_microphone_is_explained(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url).page
    page.wait_for_selector(CONNECTED)
    page.get_by_role("button", name="Hold to talk").focus()
    page.keyboard.down("Space")
    expect(page.get_by_text("was not allowed to use the microphone")).to_be_visible()
    page.keyboard.up("Space")


def test_text_to_speech(mock: MockServer, page: Page) -> None:
    page.get_by_label("Text that the camera speaks").fill("Dinner is ready")
    page.get_by_role("button", name="Say").click()
    assert received(mock, page, "tts") == {"type": "tts", "message": "Dinner is ready"}
    mock.tell({"type": "error", "message": "Too soon", "inReplyTo": "tts", "retryAfterMs": 4000})
    expect(page.get_by_text("The camera can speak once every five seconds. Wait 4 sec.")).to_be_visible()


def test_latest_events_lead_to_the_history(mock: MockServer, page: Page) -> None:
    mock.happen("object_detected", objectClass="person", confidence=91, eventType="appeared")
    page.get_by_role("button", name="Person").click()
    page.wait_for_url("**#events/*")


def test_picture_in_picture_and_full_screen(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url).page
    assert moves(page, "video")
    page.get_by_role("button", name="Picture in picture").click()
    page.wait_for_function("() => document.pictureInPictureElement?.videoWidth === 640")
    page.get_by_role("button", name="Picture in picture").click()
    page.wait_for_function("() => !document.pictureInPictureElement")
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement?.classList.contains('stage')")
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => !document.fullscreenElement")


def test_pictures_stop_while_another_section_is_shown(mock: MockServer, page: Page) -> None:
    assert moves(page, "video")
    page.evaluate("() => { location.hash = 'settings'; }")
    page.wait_for_timeout(500)
    assert {"type": "enableH264", "enable": False} in mock.world.received
    page.evaluate("() => { location.hash = 'live'; }")
    assert moves(page, "video")


def test_the_status_of_each_second_disturbs_nobody(mock: MockServer, page: Page) -> None:
    box = page.get_by_label("Text that the camera speaks")
    box.fill("Dinner is")
    page.evaluate("() => { location.hash = 'events'; }")
    page.wait_for_selector("#section-events .timeline")
    page.wait_for_timeout(800)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for _ in range(4):
        mock.tell_status()
        mock.tell({"type": "settings", "data": mock.world.all_settings(), "changed": [], "source": "ws"})
    page.wait_for_timeout(500)
    assert asked == []
    page.evaluate("() => { location.hash = 'live'; }")
    expect(box).to_have_value("Dinner is")
