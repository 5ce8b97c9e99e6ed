"""What is shown is what is: page, command line and RTSP of a source that is nothing of what was asked for."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from models.messages.camera import GetCamera
from models.messages.license import IssueLicense
from models.messages.settings import ChangeSettings, SetCredentials
from tests.browser.conftest import CONNECTED, Opener
from tests.browser.test_real import sign_in
from tests.ports import free_port
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(240)]
WITHIN_MS = 30_000


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Asked for 1280x720 at 30, it gives 768x432 at 10. Its licence is issued on the device."""
    folder = tmp_path_factory.mktemp("figures")
    clip = folder / "slow.mp4"
    picture = "testsrc2=size=768x432:rate=10"
    encode = ("-t", "10", "-c:v", "libx264", "-pix_fmt", "yuv420p", str(clip))
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, *encode], check=True)
    running = RunningServer(folder / "data", source=str(clip), pro=None)
    running.ask("license", IssueLicense("Ada"))
    yield running
    running.stop()


def ipcamera(camera: RunningServer, *words: str) -> str:
    command = [sys.executable, "-m", "scripts.ipcamera", *words, "--data-dir", str(camera.data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page(camera: RunningServer, open_page: Opener) -> None:
    watched = open_page(f"{camera.url}/", "desktop", expected=["status of 401"])
    page = watched.page
    sign_in(page, camera)
    page.wait_for_selector(CONNECTED)
    expect(page.locator(".badge.live", has_text="LIVE")).to_be_visible(timeout=WITHIN_MS)
    words = page.locator("#what-arrives")
    expect(words).to_have_text("The source gives 768 × 432 at 10 fps.", timeout=WITHIN_MS)
    page.evaluate("() => { location.hash = 'system/licence'; }")
    expect(page.locator("#licence")).to_contain_text("a licence issued on this device", timeout=WITHIN_MS)
    expect(page.locator("#licence")).not_to_contain_text("REAL_PURCHASE")


def test_rtsp(camera: RunningServer) -> None:
    port = free_port()
    camera.ask("settings", SetCredentials("rtsp", "viewer", "secret"))
    assert camera.ask("settings", ChangeSettings({"rtspPort": port, "rtspEnabled": True}, "cli")).errors == ()
    camera.wait_for(lambda: camera.get("/api/rtsp/status")[1]["running"], 30)
    camera.wait_for(lambda: camera.ask("camera", GetCamera()).fps > 0, 30)
    show = ("-show_entries", "stream=width,height,r_frame_rate,avg_frame_rate", "-of", "json")
    url = f"rtsp://viewer:secret@127.0.0.1:{port}/stream"
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", *show, url], capture_output=True, text=True, timeout=60
    )
    assert probe.returncode == 0, probe.stderr
    [video] = json.loads(probe.stdout)["streams"]
    assert video == {"width": 768, "height": 432, "r_frame_rate": "10/1", "avg_frame_rate": "10/1"}


def test_the_command_line(camera: RunningServer, tmp_path: Path) -> None:
    assert "Pro, by a licence issued on this device" in ipcamera(camera, "license", "status")
    assert "Pro by a licence issued on this device, for Ada" in ipcamera(camera, "status")
    assert "768×432" in ipcamera(camera, "status")
    former = camera.rows()["motion"].pid
    assert ipcamera(camera, "restart", "motion") == "motion was restarted and is running.\n"
    now = camera.rows()["motion"]
    assert now.pid not in (0, former)
    assert now.state == "up"
