"""Pictures of cameras that are not in use: their processes hold no device longer than they are wanted."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.actors.media.peers import fake_v4l2, running, usb_camera

__all__ = ["fake_v4l2"]
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
