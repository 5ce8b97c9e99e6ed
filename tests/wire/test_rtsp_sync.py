"""Sound and picture of a clip with a flash and a beep arrive together."""

import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from models.messages.settings import ChangeSettings
from tests.ports import free_port
from tests.wire.server import RunningServer
from tests.wire.test_rtsp import run as execute

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
EVERY_S, LASTS_S = 2.0, 0.2
APART_MAX_S = 0.08


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds, dark and silent, but white and loud for ``LASTS_S`` at each whole ``EVERY_S``."""
    path = tmp_path_factory.mktemp("clip") / "flash.mp4"
    on = f"lt(mod(t\\,{EVERY_S})\\,{LASTS_S})"
    picture = f"color=black:s=320x240:r=30:d=20,drawbox=c=white:t=fill:enable='{on}'"
    sound = f"aevalsrc='0.8*sin(2*PI*1000*t)*{on}':s=16000:d=20"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, "-c:v", "libx264", "-c:a", "aac", str(path)], check=True)
    return path


def onsets(times: list[float], loud: list[bool]) -> list[float]:
    """When it begins, each time after it was off."""
    return [time for time, before, now in zip(times[1:], loud, loud[1:], strict=False) if now and not before]


def flashes(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        frames = [
            (float(frame.time), frame.to_ndarray(format="gray").mean() > 128) for frame in container.decode(video=0)
        ]
    return onsets([time for time, _ in frames], [bool(on) for _, on in frames])


def beeps(path: Path) -> list[float]:
    times: list[float] = []
    loud: list[bool] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray()[0].astype(np.float64))
            for at in range(0, samples.size - 79, 80):
                times.append(float(frame.time) + at / frame.sample_rate)
                loud.append(bool(samples[at : at + 80].max() > 0.2))
    return onsets(times, loud)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_flash_and_beep(run_on_clip: tuple[RunningServer, str], tmp_path: Path, transport: str) -> None:
    _, url = run_on_clip
    recording = tmp_path / "recording.mkv"
    recorded = execute(
        *("ffmpeg", "-v", "error", "-rtsp_transport", transport, "-i", url),
        *("-t", "12", "-c", "copy", "-y", str(recording)),
    )
    assert recorded.returncode == 0, recorded.stderr
    seen, heard = flashes(recording), beeps(recording)
    apart = [min((beep - flash for beep in heard), key=abs) for flash in seen]
    print(f"{transport}: sound later by {[round(1000 * value) for value in apart]} ms")
    assert len(apart) >= 3
    assert abs(statistics.median(apart)) <= APART_MAX_S


@pytest.fixture
def run_on_clip(run: Callable[..., RunningServer], clip: Path) -> tuple[RunningServer, str]:
    port = free_port()
    server = run(source=str(clip), audio_source="auto", settings={"audioEnabled": True})
    assert server.ask("settings", ChangeSettings({"rtspOpen": True}, "cli")).errors == ()
    assert server.post("/api/rtsp/apply-settings", {"rtspPort": port})[0] == 200
    assert server.post("/api/rtsp/start")[0] == 200
    return server, f"rtsp://127.0.0.1:{port}/stream"
