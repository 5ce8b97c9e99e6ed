"""A network camera through the whole program: what it sends comes out as faithfully as it was sent."""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import av
import pytest

from models.messages.settings import ChangeSettings
from tests.actors.shared.media.clips import RATE, clip
from tests.actors.shared.media.rtsp_stand_in import StandIn
from tests.ports import free_port
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
Run = Callable[..., RunningServer]
OPEN = {"frameRate": 30, "rtspOpen": True}


def served(server: RunningServer, size: str = "160x120") -> str:
    """The address of its RTSP."""
    port = free_port()
    server.wait_for(lambda: size in server.get("/capabilities")[1]["resolutions"], 30)
    assert server.ask("settings", ChangeSettings({"resolution": size, **OPEN}, "cli")).errors == ()
    assert server.post("/api/rtsp/apply-settings", {"rtspPort": port}) == (200, {"success": True})
    assert server.post("/api/rtsp/start") == (200, {"success": True})
    return f"rtsp://127.0.0.1:{port}/stream"


def video(url: str, count: int) -> tuple[str, list[float]]:
    """The codec, and the times of so many pictures, in seconds."""
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(20, 20)) as container:
        stream = container.streams.video[0]
        stamps = []
        for packet in container.demux(stream):
            if packet.pts is not None and packet.time_base is not None:
                stamps.append(float(packet.pts * packet.time_base))
            if len(stamps) >= count:
                return stream.codec_context.name, stamps
    raise AssertionError("it has ended")


def test_h265_is_passed_through_to_rtsp_and_encoded_for_the_others(run: Run) -> None:
    with StandIn(clip("libx265"), sound=True) as camera:
        server = run(source=camera.url, audio_source="none")
        url = served(server)
        codec, stamps = video(url, 40)
        assert codec == "hevc"
        assert all(abs(step - 1 / RATE) < 0.004 for step in (b - a for a, b in pairwise(stamps[8:])))
        explode = ("-v", "error", "-err_detect", "explode", "-xerror", "-rtsp_transport", "tcp")
        command = ("ffmpeg", *explode, "-i", url, "-t", "2", "-f", "null", "-")
        decoded = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert (decoded.returncode, decoded.stderr) == (0, "")
        assert server.request("GET", "/snapshot")[0] == 200
        assert server.ask("settings", ChangeSettings({"rotation": 180}, "cli")).errors == ()
        server.wait_for(lambda: video(url, 2)[0] == "h264", 30)  # now it has to be encoded
        assert camera.connections == 1


def test_b_frames_and_bursts_come_out_evenly_and_in_order(run: Run) -> None:
    with StandIn(clip(bf="3", g="50", preset="fast"), burst_s=0.4) as camera:
        url = served(run(source=camera.url, audio_source="none"))
        time.sleep(2)  # the depth of its bursts is learnt
        codec, stamps = video(url, 75)
    assert codec == "h264"
    steps = [b - a for a, b in pairwise(stamps[10:])]
    assert min(steps) > 0
    assert sum(steps) / len(steps) < 1.25 / RATE  # nearly all of them, on a busy machine too


def test_an_address_that_cannot_be_opened_is_refused_at_the_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = [sys.executable, "-m", "scripts.ipcamera", "run", "--source", "rtsp://me:secret@cam:99999/live"]
    command += ["--data-dir", str(tmp_path_factory.mktemp("data"))]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode != 0
    assert "its port is not a number from 1 to 65535" in result.stdout + result.stderr
    assert "secret" not in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
