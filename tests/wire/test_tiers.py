"""The small stream over HTTP and WebSocket, as other people's programs read it."""

import subprocess
from collections.abc import Callable

import av
import cv2
import numpy as np
import pytest

from models.media.annexb import parameter_sets, parse_sps
from models.messages.detector import GetDetector, detector
from tests.wire.live_client import LiveClient
from tests.wire.server import RunningServer

pytestmark = pytest.mark.system
Run = Callable[..., RunningServer]
SMALL, LARGE = (640, 360), (1280, 720)


def rings(server: RunningServer) -> set[str]:
    return {path.name for path in server.shm_dir.iterdir() if "." not in path.name}


def rate_of_motion(server: RunningServer) -> float:
    return server.ask(detector("motion"), GetDetector()).rate


def test_motion_looks_at_the_small_stream_while_that_is_enough(run: Run) -> None:
    server = run(settings={"motionEnabled": True})
    server.wait_for(lambda: rate_of_motion(server) > 5)
    assert rings(server) == {"frames_sub"}
    assert server.post("/settings", {"subFrameRate": 5})[0] == 200
    server.wait_for(lambda: "frames" in rings(server) and rate_of_motion(server) > 5)


def test_ffmpeg_and_a_snapshot_of_a_width(server: RunningServer) -> None:
    url = f"{server.url}/stream?tier=sub&token={server.token}"
    read = ("ffmpeg", "-v", "error", "-i", url, "-frames:v", "10", "-f", "framecrc", "-")
    done = subprocess.run(read, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "#dimensions 0: 640x360" in done.stdout
    for width, expected in ((320, (320, 180)), (640, SMALL), (1000, (1000, 562)), (4000, LARGE)):
        status, body, _ = server.request("GET", f"/snapshot?width={width}")
        picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
        assert (status, picture.shape[1::-1]) == (200, expected)


async def test_a_viewer_changes_over_without_a_break(server: RunningServer) -> None:
    live = await LiveClient.ready(server)
    decoder, sizes = av.CodecContext.create("h264", "r"), []
    for tier, size in (("sub", SMALL), ("main", LARGE), ("sub", SMALL)):
        await live.send("enableH264", tier=tier)
        ack = await live.until("h264_ack", lambda message: "codec" in message)
        assert (ack.get("tier", "main"), ack["width"], ack["height"]) == (tier, *size)
        live.frames.clear()  # of the tier before
        first = parse_sps(parameter_sets(frame := await live.frame())[0][0])
        assert first is not None
        assert (first.width, first.height) == size
        for _ in range(5):
            sizes += [(picture.width, picture.height) for picture in decoder.decode(av.Packet(frame))]
            frame = await live.frame()
    assert sizes.count(SMALL) >= 8
    assert sizes.count(LARGE) >= 4
    await live.close()
    server.wait_for(lambda: server.get("/status")[1]["clients"] == 0)
