"""The page in a real Chromium against the whole program over its self-signed HTTPS."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from models.messages.settings import ChangeSettings
from tests.browser.conftest import CONNECTED, Opener, Watched
from tests.browser.test_live import SUM_OF_PIXELS, moves
from tests.ports import free_port
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(300)]
SLOW_MS = 30_000  # for what waits for several processes on a busy machine


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("dashboard") / "data", audio_source="tone:")
    yield running
    running.stop()


def sign_in(page: Page, camera: RunningServer) -> None:
    page.set_default_timeout(SLOW_MS)
    page.get_by_label("Password").fill(camera.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(CONNECTED)


@pytest.fixture
def signed_in(camera: RunningServer, open_page: Opener, size: str) -> Watched:
    watched = open_page(f"{camera.url}/", size, expected=["status of 401"])
    sign_in(watched.page, camera)
    return watched


def test_two_cameras_on_one_host_do_not_log_each_other_out(
    camera: RunningServer, tmp_path: Path, browser: Browser
) -> None:
    """Cookies know no ports: the second login must not end the first, nor its logout."""
    other = RunningServer(tmp_path / "other")
    context = browser.new_context(ignore_https_errors=True)
    try:
        first, second = context.new_page(), context.new_page()
        for page, server in ((first, camera), (second, other)):
            page.goto(server.url)
            sign_in(page, server)
        first.reload()
        first.wait_for_selector(CONNECTED)
        assert first.evaluate("async () => (await fetch('/settings')).status") == 200
        logout = "async t => (await fetch('/auth/logout', {method: 'POST', headers: {'X-CSRF-Token': t}})).status"
        csrf = second.evaluate("async () => (await (await fetch('/auth/status')).json()).csrfToken")
        assert second.evaluate(logout, csrf) == 200
        assert second.evaluate("async () => (await fetch('/settings')).status") == 401
        first.reload()
        first.wait_for_selector(CONNECTED)
    finally:
        context.close()
        other.stop()


def test_pictures_in_both_ways_with_their_figures(signed_in: Watched) -> None:
    page = signed_in.page
    assert moves(page, "video")
    stream = page.locator("section", has=page.get_by_role("heading", name="Stream", exact=True))
    expect(stream.locator("dt", has_text="Latency")).to_be_visible(timeout=SLOW_MS)
    page.wait_for_timeout(4000)
    signed_in.shot("real-live")
    print(f"\n{stream.inner_text()}")
    page.get_by_role("button", name="MJPEG").click()
    assert moves(page, "mjpeg")


def test_a_change_from_outside_is_on_the_page_at_once(camera: RunningServer, signed_in: Watched) -> None:
    page = signed_in.page
    page.evaluate("() => { location.hash = 'settings'; }")
    page.get_by_role("button", name="Advanced").click()
    slider = page.locator("[data-setting=jpegQuality]").get_by_role("slider")
    slider.wait_for()
    took = []
    for quality in (41, 52, 63):
        began = time.monotonic()
        assert camera.post("/settings", {"jpegQuality": quality})[0] == 200
        expect(slider).to_have_value(str(quality))
        took.append(time.monotonic() - began)
    print(f"\nfrom curl's request to the page: {', '.join(f'{one * 1000:.0f} ms' for one in took)}")


def test_from_a_switch_to_an_event_with_its_picture(camera: RunningServer, signed_in: Watched) -> None:
    page = signed_in.page
    page.evaluate("() => { location.hash = 'detection'; }")
    card = page.locator("[data-detector=motion]")
    card.get_by_role("switch", name="Motion detection").check()
    card.get_by_label("Motion sensitivity").fill("10")
    expect(card.locator(".strip .reading")).to_be_visible(timeout=SLOW_MS)
    expect(card.locator(".last-events li").first).to_be_visible(timeout=SLOW_MS)
    signed_in.shot("real-detection")
    page.evaluate("() => { location.hash = 'events'; }")
    expect(page.locator(".event-row img").first).to_be_visible(timeout=SLOW_MS)
    signed_in.shot("real-events")
    assert camera.post("/settings", {"motionEnabled": False, "motionSensitivity": 5})[0] == 200


def test_a_killed_encoder_is_back_and_explained(camera: RunningServer, signed_in: Watched) -> None:
    page = signed_in.page
    assert moves(page, "video")
    restarts = camera.rows()["encoder"].restarts
    camera.kill("encoder", signal.SIGKILL)
    camera.wait_for(lambda: camera.back_again("encoder", restarts), 30)
    assert moves(page, "video")
    page.evaluate("() => { location.hash = 'system'; }")
    expect(page.locator("[data-actor=encoder]")).to_contain_text("killed by signal 9", timeout=SLOW_MS)
    page.evaluate("() => { location.hash = 'events'; }")
    expect(page.locator(".why .event-row").filter(has_text="encoder").first).to_be_visible(timeout=SLOW_MS)
    signed_in.shot("real-why")


def test_a_killed_facade_is_found_again_by_itself(camera: RunningServer, open_page: Opener) -> None:
    refused = ["status of 401", "WebSocket", "ERR_CONNECTION", "ERR_"]
    page = open_page(f"{camera.url}/", expected=refused).page
    sign_in(page, camera)
    assert moves(page, "video")
    camera.kill("facade")
    expect(page.locator(".curtain")).to_contain_text("Reconnecting", timeout=SLOW_MS)
    page.wait_for_selector(CONNECTED, timeout=60_000)
    assert moves(page, "video")


def test_listening_and_speaking(camera: RunningServer, open_page: Opener) -> None:
    page = open_page(f"{camera.url}/", expected=["status of 401"], permissions=["microphone"]).page
    sign_in(page, camera)
    page.get_by_role("button", name="Listen").click()
    expect(page.get_by_role("meter")).not_to_have_attribute("aria-valuenow", "-70", timeout=SLOW_MS)
    talk = page.locator("button.talk")
    talk.hover()
    page.mouse.down()
    expect(talk).to_have_text("Speak now")
    page.wait_for_timeout(1500)
    page.mouse.up()
    spoken = camera.data_dir / "spoken"
    camera.wait_for(lambda: any(file.stat().st_size > 8000 for file in spoken.glob("*.wav")), 20)


def test_stop_and_start_for_everybody(camera: RunningServer, signed_in: Watched) -> None:
    page = signed_in.page
    assert moves(page, "video")
    page.evaluate("() => { location.hash = 'settings'; }")
    page.locator("[data-setting=streaming]").get_by_role("switch").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    page.evaluate("() => { location.hash = 'live'; }")
    expect(page.locator(".curtain")).to_contain_text("Stopped", timeout=SLOW_MS)
    assert camera.get("/status")[1]["streaming"] is False
    page.get_by_role("button", name="Start streaming").last.click()
    assert moves(page, "video")


def test_full_resolution_and_snapshot(signed_in: Watched) -> None:
    page = signed_in.page
    assert moves(page, "video")
    with page.expect_download() as download:
        page.get_by_role("button", name="Snapshot").click()
    assert Path(download.value.path()).read_bytes()[:3] == b"\xff\xd8\xff"
    page.get_by_role("button", name="Full resolution").click()
    expect(page.get_by_role("dialog")).to_contain_text("×", timeout=SLOW_MS)


def test_every_section_with_axe(signed_in: Watched, axe: str) -> None:
    from tests.browser.test_access import SECTIONS, violations

    for section in SECTIONS:
        signed_in.page.evaluate("(section) => { location.hash = section; }", section)
        signed_in.page.wait_for_timeout(800)
        signed_in.shot(f"real-{section}")
        assert violations(signed_in.page, axe) == [], section


def test_a_new_password_keeps_this_page_and_ends_the_others(camera: RunningServer, open_page: Opener) -> None:
    expected = ["status of 401", "WebSocket"]
    mine, other = (open_page(f"{camera.url}/", section="system", expected=expected).page for _ in range(2))
    for page in (mine, other):
        sign_in(page, camera)
    card = mine.locator("#password")
    new = f"{camera.password}-new"
    card.get_by_label("Current password").fill(camera.password)
    card.get_by_label("New password", exact=True).fill(new)
    card.get_by_label("New password again").fill(new)
    card.get_by_role("button", name="Change password").click()
    expect(card.get_by_text("Changed.")).to_be_visible(timeout=SLOW_MS)
    camera.password = new
    camera._token = ""
    mine.wait_for_selector(CONNECTED)
    expect(other.get_by_role("dialog", name="Sign in again")).to_be_visible(timeout=SLOW_MS)
    expect(mine.get_by_role("dialog")).to_have_count(0)


def test_under_the_sub_path_of_a_real_proxy(camera: RunningServer, open_page: Opener, tmp_path: Path) -> None:
    import shutil
    import socket
    import subprocess

    from tests.wire.test_reverse_proxy import nginx

    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    assert camera.ask("settings", ChangeSettings({"reverseProxyEnabled": True}, "cli")).errors == ()
    port = free_port()
    command = nginx(tmp_path, camera, False, port)
    with ExitStack() as stack:
        log = stack.enter_context((tmp_path / "log").open("wb"))
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOME": str(tmp_path)})
        stack.callback(process.wait)
        stack.callback(process.terminate)
        camera.wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
        watched = open_page(f"https://localhost:{port}/ipcamera/", expected=["status of 401"])
        sign_in(watched.page, camera)
        assert moves(watched.page, "video")
        watched.page.get_by_role("button", name="MJPEG").click()
        assert moves(watched.page, "mjpeg")


def test_free_and_unprotected(tmp_path: Path, open_page: Opener) -> None:
    """No login, and what is locked is locked without a single refused request."""
    server = RunningServer(tmp_path / "data", pro=False, auth=False, audio_source="none")
    try:
        watched = open_page(f"{server.url}/")
        page = watched.page
        page.set_default_timeout(SLOW_MS)
        page.wait_for_selector(CONNECTED)
        assert moves(page, "video")
        expect(page.get_by_text("Talking through the camera is part of Pro")).to_be_visible()
        for section, text in (("detection", "Motion detection is part of Pro"), ("events", "The history of events")):
            page.evaluate("(section) => { location.hash = section; }", section)
            expect(page.locator(f"#section-{section}").get_by_text(text).first).to_be_visible()
        page.evaluate("() => { location.hash = 'system'; }")
        expect(page.locator("#licence")).to_contain_text("Free")
        page.wait_for_timeout(1000)
        watched.shot("real-free")
        assert page.evaluate(SUM_OF_PIXELS, "video") is not None
    finally:
        server.stop()
