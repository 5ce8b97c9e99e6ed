"""Other people's programs as cameras: ffmpeg, GStreamer's RTSP server, and a USB camera without a kernel driver."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FAKE_CAMERA = HERE.parents[4] / "shared" / "tools" / "fakev4l2"
SYSTEM_PYTHON = "/usr/bin/python3"  # has gi; a virtual environment has not


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, timeout=60)


def flash_and_beep(path: Path, seconds: int = 6) -> Path:
    """A clip whose picture is white and whose sound is a tone for the first 0.2 s of each second."""
    picture = "color=black:s=320x240:r=25,drawbox=t=fill:c=white:enable='lt(mod(t,1),0.2)'"
    sound = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.2)':s=44100"
    ffmpeg(
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", str(seconds)),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "50", "-c:a", "aac", str(path)),
    )
    return path


@contextlib.contextmanager
def running(
    *command: str, environment: dict[str, str] | None = None, ready: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """A program, ended with the block; waits until it prints ``ready``."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **(environment or {})}
    )
    try:
        if ready:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == ready
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def http_camera(port: int, size: str = "640x360", rate: int = 25) -> Iterator[subprocess.Popen[str]]:
    """ffmpeg serves MJPEG to one client, then ends."""
    url = f"http://127.0.0.1:{port}/video.mjpg"
    picture = f"testsrc2=s={size}:r={rate}"
    command = ("ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", picture, "-f", "mpjpeg", "-listen", "1", url)
    with running(*command) as process:
        time.sleep(1.0)  # it does not say when it listens, and a first connection would be its only one
        yield process


@contextlib.contextmanager
def rtsp_camera(port: int) -> Iterator[subprocess.Popen[str]]:
    check = subprocess.run([SYSTEM_PYTHON, "-c", "import gi"], capture_output=True, check=False)
    if check.returncode:
        pytest.skip("GStreamer's introspection is not installed for the system's Python")
    with running(SYSTEM_PYTHON, str(HERE / "rtsp_camera.py"), str(port), ready="ready") as process:
        yield process


@pytest.fixture(scope="session")
def fake_v4l2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a /dev/video0."""
    if not FAKE_CAMERA.is_dir() or shutil.which("gcc") is None:
        pytest.skip(f"the emulated USB camera is not here: {FAKE_CAMERA}")
    library = tmp_path_factory.mktemp("v4l2") / "fakev4l2.so"
    flags = ("-O2", "-w", "-D_FORTIFY_SOURCE=0", "-shared", "-fPIC")
    subprocess.run(["gcc", *flags, "-o", library, FAKE_CAMERA / "fakev4l2.c", "-ldl"], check=True)
    return library


@contextlib.contextmanager
def usb_camera(sock: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, str(FAKE_CAMERA / "camera.py"), "--sock", str(sock), *arguments)
    with running(*command, ready="ready") as process:
        yield process
