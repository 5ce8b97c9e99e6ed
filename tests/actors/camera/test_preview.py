"""Pictures of cameras that are not in use: their processes hold no device longer than they are wanted."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from actors.camera import preview
from actors.camera.actor import Camera
from actors.camera.opener import UsbCamera
from actors.camera.v4l2 import Device
from config.boot import Boot
from models.errors import Unavailable
from models.messages.camera import PreviewCamera
from tests.actor_kit import ActorKit
from tests.actors.shared.media.peers import fake_v4l2, running, usb_camera

__all__ = ["fake_v4l2"]
SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
STARTER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-m", "actors.camera.preview", "/dev/video0"])
print(child.pid, flush=True)
time.sleep(60)
"""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def has_opened_the_camera(pid: int) -> bool:
    """The emulated camera is a socket."""
    with suppress(OSError):  # one that is closed while we look
        return any(os.readlink(one).startswith("socket:") for one in Path(f"/proc/{pid}/fd").iterdir())
    return False


async def test_a_camera_that_is_chosen_is_let_go_of_before_it_is_opened(
    boot: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "COMMAND", SLEEPER)
    async with ActorKit(Camera, boot) as kit:
        devices = {number: Device(f"/dev/video{number}", "", "", ()) for number in "01"}
        kit.actor._opener.cameras = tuple(UsbCamera(number, number, device) for number, device in devices.items())
        with pytest.raises(Unavailable, match="in use"):
            await kit.ask(PreviewCamera("0"))
        taken = asyncio.ensure_future(kit.ask(PreviewCamera("1")))
        while not kit.actor._previews._processes:
            await asyncio.sleep(0.01)
        [process] = kit.actor._previews._processes
        kit.settle(cameraId="1")
        await kit.until(lambda: not lives(process.pid), 5)
        with pytest.raises(Unavailable):
            await taken


def test_a_preview_ends_with_the_process_that_wanted_it(tmp_path: Path, fake_v4l2: Path) -> None:
    sock = tmp_path / "usb"
    environment = os.environ | {"LD_PRELOAD": str(fake_v4l2), "FAKEV4L2_SOCK": str(sock)}
    starter = (sys.executable, "-c", STARTER)
    with usb_camera(sock, "--stall-at", "1"), running(*starter, environment=environment) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        while not has_opened_the_camera(pid):
            assert lives(pid)
            time.sleep(0.01)
        process.kill()
        process.wait()
        time.sleep(0.5)
        left = lives(pid)
        if left:
            os.kill(pid, signal.SIGKILL)
        assert not left
