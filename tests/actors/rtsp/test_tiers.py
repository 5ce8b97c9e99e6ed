"""The small stream beside the large one, over RTSP."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from models.media.tier import Tier
from models.messages.encoder import GetVideo
from models.messages.settings import ChangeSettings
from models.rtp.packet import parse_header
from tests.actors.rtsp.gstreamer import arrived, complaint, player
from tests.actors.rtsp.manager_kit import ActorHost, house
from tests.actors.rtsp.server_kit import Camera, studio
from tests.actors.rtsp.wire import Client

FRIGATE = ("-avoid_negative_ts", "make_zero", "-fflags", "+genpts+discardcorrupt", "-rtsp_transport", "tcp")
FRIGATE += ("-timeout", "5000000", "-use_wallclock_as_timestamps", "1")
QUIET = ("-v", "error", "-err_detect", "explode", "-xerror")


# ---------------------------------------------------------------- the network core
@pytest.mark.parametrize("path", ["/stream2", "/stream?tier=sub", "/?tier=sub"])
async def test_each_address_leads_to_the_small_stream_alone(path: str) -> None:
    camera = Camera()
    async with studio(camera) as port, Client(port, path) as client:
        described = await client.ask("DESCRIBE")
        assert described["content-base"] == f"rtsp://127.0.0.1:{port}/stream2/"
        assert camera.wanted_tiers == {Tier.SUB}
        client.path = "/stream2"  # as a player would, by the base
        assert (await client.set_up(0)).status == 200
        assert (await client.ask("PLAY")).status == 200
        frames = await client.collect(20)
        video = [header for channel, data in frames if channel == 0 and (header := parse_header(data))]
        [session] = camera.server.sessions.values()
        assert session.view(camera.server.now()).tier == Tier.SUB
        assert {header.ssrc for header in video} == {camera.server.streams[Tier.SUB].presentation.video.ssrc}


async def test_both_tiers_play_side_by_side_and_each_ends_for_itself() -> None:
    camera = Camera()
    async with studio(camera) as port, Client(port) as one:
        async with Client(port, "/stream2") as two:
            for client in (one, two):
                await client.set_up(0)
                assert (await client.ask("PLAY")).status == 200
            await two.collect(20)
            assert camera.wanted_tiers == {Tier.MAIN, Tier.SUB}
            assert (await two.ask("TEARDOWN")).status == 200
        before = len(one.frames)
        await one.collect(before + 20)
        assert [session.stream.tier for session in camera.server.sessions.values()] == [Tier.MAIN]


# ---------------------------------------------------------------- the real camera and encoder
@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActorHost]:
    with house(tmp_path_factory.mktemp("tiers")) as running:
        yield running


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def shown(house: ActorHost, url: str) -> tuple[int, int]:
    text = run("ffprobe", "-v", "error", "-show_streams", "-of", "json", "-rtsp_transport", "tcp", url)
    [video] = [one for one in json.loads(text)["streams"] if one["codec_type"] == "video"]
    return video["width"], video["height"]


def rings(house: ActorHost) -> set[str]:
    return {path.name for path in house.boot.shm_dir.iterdir() if "." not in path.name}


@pytest.mark.system
@pytest.mark.timeout(120)
def test_ffprobe_sees_each_size_and_what_nobody_asked_for_is_not_made(real: ActorHost) -> None:
    assert shown(real, real.url + "2") == (640, 360)
    assert "video_sub" in rings(real)
    assert not {"frames", "video", "jpeg", "jpeg_sub"} & rings(real)
    assert shown(real, real.url) == (1280, 720)
    assert real.control.ask("encoder", GetVideo()).readers == ("rtsp_session_0",)


@pytest.mark.system
@pytest.mark.timeout(120)
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_decodes_the_small_stream_without_an_error(real: ActorHost, transport: str) -> None:
    arguments = ("-rtsp_transport", transport, "-i", real.url + "2")
    run("ffmpeg", *QUIET, *arguments, "-frames:v", "15", "-an", "-enc_time_base", "1/90000", "-f", "null", "-")


@pytest.mark.system
@pytest.mark.timeout(120)
def test_as_frigate_asks_for_it(real: ActorHost, tmp_path: Path) -> None:
    """Its detect and record roles, with the arguments that it gives FFmpeg."""
    detect = ("-threads", "1", "-r", "5", "-s", "640x360", "-f", "rawvideo", "-pix_fmt", "yuv420p")
    record = (
        "-f",
        "segment",
        "-segment_time",
        "10",
        "-segment_format",
        "mp4",
        "-reset_timestamps",
        "1",
        "-strftime",
        "1",
    )
    record += ("-c:v", "copy", "-an")
    seen, kept = tmp_path / "seen.yuv", tmp_path / "%Y%m%d%H%M%S.mp4"
    outputs = ("-t", "4", *detect, str(seen), "-t", "4", *record, str(kept))
    run("ffmpeg", "-v", "fatal", *FRIGATE, "-i", real.url + "2", *outputs)
    assert 15 <= seen.stat().st_size // (640 * 360 * 3 // 2) <= 21
    [clip] = tmp_path.glob("*.mp4")
    with av.open(str(clip)) as container:
        pictures = list(container.decode(video=0))
    assert {(picture.width, picture.height) for picture in pictures} == {(640, 360)}
    assert len(pictures) > 30


@pytest.mark.system
@pytest.mark.timeout(120)
def test_gstreamer_plays_the_small_stream(real: ActorHost) -> None:
    if shutil.which("gst-launch-1.0") is None:
        pytest.skip("GStreamer is not installed")
    source = ("rtspsrc", f"location={real.url}2", "protocols=tcp", "latency=100")
    command = player(source, ("rtph264depay", "!", "h264parse", "!", "avdec_h264"), 15)
    done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    assert (arrived(done.stdout), complaint(done.stderr)) == (15, "")


@pytest.mark.system
@pytest.mark.timeout(120)
def test_another_size_and_a_turn_are_taken_while_it_runs(real: ActorHost) -> None:
    real.set(subResolution="320x180", rotation=90)
    real.wait_for(lambda: shown(real, real.url + "2") == (180, 320))
    refused = real.control.ask("settings", ChangeSettings({"subResolution": "641x360"}, "cli"))
    assert refused.errors[0].startswith("subResolution: Value must be one of 320x180, ")
    real.set(subResolution="640x360", rotation=0)
