"""What a start says."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from actors.runtime.control import Control
from config.boot import Boot
from config.places import run_dir
from models.messages.auth import AuthStatus, GetAuthStatus
from models.messages.camera import CameraView, GetCamera
from models.messages.facade import GetPorts, PortsView
from models.messages.license import UNKNOWN_LICENSE, GetLicense, LicenseView
from scripts.ipcamera.welcome import dashboard_urls, licence, picture, qr_code, welcome
from tests.scripts.running import running

USB = CameraView("running", True, "USB camera HD Webcam (/dev/video0)", "v4l2", 1280, 720, 30.0)
PATTERN = CameraView("running", True, "test pattern", "pattern", 640, 480, 30.0)
WAITING = CameraView("waiting", False, "rtsp://10.0.0.9/x", "rtsp", 0, 0, 0.0, "Connection refused")


@pytest.mark.parametrize(
    ("camera", "wanted", "words"),
    [
        (USB, "auto", "USB camera HD Webcam (/dev/video0), 1280×720"),
        (PATTERN, "pattern:", "test pattern, 640×480"),
        (PATTERN, "auto", "no camera was found, so the test pattern is shown"),
        (WAITING, "rtsp://u:p@10.0.0.9/x", "none yet from rtsp://10.0.0.9/x: Connection refused; trying again"),
        (
            CameraView("standby", False, "USB camera", "v4l2", 0, 0, 0.0, standby=True),
            "auto",
            "in standby until someone",
        ),
        (None, "auto", "does not answer"),
    ],
)
def test_picture(camera: CameraView | None, wanted: str, words: str) -> None:
    assert words in picture(camera, wanted)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED", licensee="Ada"), "Pro, for Ada"),
        (
            LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED", licensee="Ada", origin="local"),
            "Pro by a licence issued on this device, for Ada",
        ),
        (LicenseView(True, "ACTIVE", "DEBUG_OVERRIDE", True, "CONNECTED"), "Pro, forced by a start-up flag"),
        (LicenseView(False, "INACTIVE", "DEBUG_OVERRIDE", True, "CONNECTED"), "Free, forced"),
        (LicenseView(False, "INACTIVE", "NONE", True, "CONNECTED"), "Free"),
        (LicenseView(False, "INACTIVE", "NONE", True, "CONNECTED", reason="It has expired."), "Free. It has expired."),
        (UNKNOWN_LICENSE, "running as Free"),
        (None, "running as Free"),
    ],
)
def test_licence(view: LicenseView | None, words: str) -> None:
    assert words in licence(view)


def boot_of(data_dir: Path, *bind: str) -> Boot:
    return Boot(data_dir, run_dir(data_dir, {}), data_dir, bind=bind or ("0.0.0.0", "::"))


def test_urls(tmp_path: Path) -> None:
    ports = PortsView(9443, 9080)
    assert dashboard_urls(boot_of(tmp_path, "127.0.0.1"), ports) == ["https://127.0.0.1:9443/"]
    assert dashboard_urls(boot_of(tmp_path, "::1"), ports) == ["https://[::1]:9443/"]
    everywhere = dashboard_urls(boot_of(tmp_path), ports)
    assert everywhere
    assert all(url.startswith("https://") and url.endswith(":9443/") for url in everywhere)
    assert "does not answer" in dashboard_urls(boot_of(tmp_path), None)[0]


def test_the_first_password_is_shown_once(tmp_path: Path) -> None:
    answers = {
        GetPorts: PortsView(9443, 9080),
        GetCamera: USB,
        GetAuthStatus: AuthStatus(True, True),
        GetLicense: LicenseView(False, "INACTIVE", "NONE", True, "CONNECTED"),
    }
    boot = boot_of(tmp_path, "127.0.0.1")
    with running(tmp_path, answers), Control(boot.run_dir) as control:
        (boot.run_dir / "first-password").write_text("word-word-word\n")
        (boot.run_dir / "owner-code").write_text("4821-7733\n")
        first, second = welcome(boot, control), welcome(boot, control)
    assert "word-word-word" in first
    assert "Ctrl-C" in first
    assert "https://127.0.0.1:9443/" in first
    assert "word-word-word" not in second
    assert "as you set it" in second
    assert "enter the code 4821-7733 in the dashboard" in first


def test_protection_off_is_said(tmp_path: Path) -> None:
    boot = boot_of(tmp_path, "127.0.0.1")
    answers = {GetAuthStatus: AuthStatus(False, False), GetCamera: USB}
    with running(tmp_path, answers), Control(boot.run_dir) as control:
        text = welcome(boot, control)
    assert "protection is off" in text
    assert "web server does not answer" in text


def test_a_phone_reads_the_code() -> None:
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    lines = qr_code("https://192.168.1.7:8443/").splitlines()
    rows = [[halves[char][half] for char in line] for line in lines for half in (0, 1)]
    width = max(map(len, rows))
    shown = np.array([row + [0] * (width - len(row)) for row in rows], np.uint8)
    large = cv2.copyMakeBorder(
        cv2.resize(shown, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST), *[64] * 4, cv2.BORDER_CONSTANT, value=255
    )
    text, *_ = cv2.QRCodeDetector().detectAndDecode(large)
    assert text == "https://192.168.1.7:8443/"
