"""Our own reader of V4L2 buffers, on the emulated camera: its YUYV has the layout of YVYU."""

import os
import subprocess
import sys
from pathlib import Path

import simplejpeg

from actors.camera import v4l2_stream
from tests.actors.shared.media.peers import fake_v4l2, usb_camera

__all__ = ["fake_v4l2"]
READ = """
import time
from actors.camera.v4l2_stream import Stream
stream = Stream("/dev/video0", "YUYV", "yvyu422", (640, 360), 25)
taken = []
while len(taken) < 3:
    if (one := stream.read(0.25)) is not None:
        taken.append(one)
stream.close()
print(stream.size, {len(data) for data, _ in taken}, [0 <= time.monotonic_ns() - stamp < 20e9 for _, stamp in taken])
"""


def test_structures_are_those_of_64_bit_linux() -> None:
    assert v4l2_stream._FORMAT.size == v4l2_stream.VIDIOC_S_FMT >> 16 & 0x3FFF
    assert v4l2_stream._BUFFER.size == v4l2_stream.VIDIOC_QUERYBUF >> 16 & 0x3FFF


def test_pictures_come_with_the_drivers_time(tmp_path: Path, fake_v4l2: Path) -> None:
    sock = tmp_path / "usb"
    environment = os.environ | {"LD_PRELOAD": str(fake_v4l2), "FAKEV4L2_SOCK": str(sock)}
    with usb_camera(sock):
        result = subprocess.run(
            [sys.executable, "-c", READ], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert result.stdout.strip() == f"(640, 360) {{{640 * 360 * 2}}} [True, True, True]", result.stderr


def test_a_preview_is_a_picture_made_by_another_process(tmp_path: Path, fake_v4l2: Path) -> None:
    sock = tmp_path / "usb"
    environment = os.environ | {"LD_PRELOAD": str(fake_v4l2), "FAKEV4L2_SOCK": str(sock)}
    command = [sys.executable, "-m", "actors.camera.preview", "/dev/video0"]
    with usb_camera(sock):
        good = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert simplejpeg.decode_jpeg(good.stdout).shape[:2] == (360, 640), good.stderr
    gone = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert (gone.returncode, gone.stdout) == (1, b"")
    assert b"/dev/video0" in gone.stderr or b"No such" in gone.stderr
