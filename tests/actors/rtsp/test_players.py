"""Somebody else's clients against the network core."""

import asyncio
import json
import shutil
from itertools import pairwise
from urllib.parse import quote

import av
import cv2
import pytest

from tests.actors.rtsp.gstreamer import arrived, complaint, player
from tests.actors.rtsp.server_kit import HEIGHT, WIDTH, Camera, studio

TRANSPORTS = pytest.mark.parametrize("transport", ["tcp", "udp"])


async def run(*command: str, timeout_s: float = 30.0) -> tuple[int, str, str]:
    """Exit code and the two outputs of a program that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), timeout_s)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def url(port: int, login: str = "", query: str = "") -> str:
    return f"rtsp://{login}127.0.0.1:{port}/stream{query}"


@TRANSPORTS
async def test_ffprobe_sees_what_we_describe(transport: str) -> None:
    async with studio(Camera()) as port:
        show = ("-show_streams", "-of", "json", "-rtsp_transport", transport)
        code, out, err = await run("ffprobe", "-v", "error", *show, url(port))
        assert (code, err) == (0, "")
        video, sound = json.loads(out)["streams"]
        assert (video["codec_name"], video["width"], video["height"]) == ("h264", WIDTH, HEIGHT)
        assert (sound["codec_name"], sound["sample_rate"], sound["channels"]) == ("aac", "16000", 1)


@TRANSPORTS
async def test_ffmpeg_decodes_without_an_error(transport: str) -> None:
    async with studio(Camera()) as port:
        explode = ("-v", "warning", "-err_detect", "explode", "-xerror", "-rtsp_transport", transport)
        out = ("-t", "4", "-f", "null", "-")
        code, _, err = await run("ffmpeg", *explode, "-i", url(port), *out)
        assert (code, err) == (0, "")


@TRANSPORTS
async def test_pts_rise_evenly(transport: str) -> None:
    async with studio(Camera()) as port:
        show = ("-show_entries", "packet=pts_time", "-select_streams", "v", "-of", "csv=p=0", "-read_intervals", "%+4")
        code, out, err = await run("ffprobe", "-v", "error", "-rtsp_transport", transport, *show, url(port))
        assert (code, err) == (0, "")
        times = [float(line.strip(",")) for line in out.split() if line.strip(",") not in ("", "N/A")]
        steps = [b - a for a, b in pairwise(times)]
        assert len(times) > 60
        assert all(abs(step - 1 / 30) < 0.002 for step in steps)


@pytest.mark.parametrize("protocols", ["tcp", "udp"])
async def test_gstreamer(protocols: str) -> None:
    if shutil.which("gst-launch-1.0") is None:
        pytest.skip("GStreamer is not installed")
    async with studio(Camera()) as port:
        decode = ("rtph264depay", "!", "h264parse", "!", "avdec_h264")
        source = ("rtspsrc", f"location={url(port)}", f"protocols={protocols}", "latency=100")
        _, out, err = await run(*player(source, decode, 60))
        assert (arrived(out), complaint(err)) == (60, "")


@TRANSPORTS
async def test_mpv(transport: str) -> None:
    if shutil.which("mpv") is None:
        pytest.skip("mpv is not installed")
    async with studio(Camera()) as port:
        options = (
            "--no-config",
            "--vo=null",
            "--ao=null",
            "--frames=60",
            f"--rtsp-transport={transport}",
            "--msg-level=all=warn",
        )
        code, out, err = await run("mpv", *options, url(port))
        assert code == 0, out + err


async def test_opencv() -> None:
    def read(address: str) -> list[tuple[int, ...]]:
        capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG)
        shapes = [frame.shape for ok, frame in (capture.read() for _ in range(30)) if ok]
        capture.release()
        return shapes

    async with studio(Camera()) as port:
        shapes = await asyncio.to_thread(read, url(port))
        assert shapes == [(HEIGHT, WIDTH, 3)] * 30


# Frigate's preset-rtsp-generic
FRIGATE = ["-avoid_negative_ts", "make_zero", "-fflags", "+genpts+discardcorrupt", "-rtsp_transport", "tcp"]
FRIGATE += ["-timeout", "10000000", "-use_wallclock_as_timestamps", "1"]
PREFER_TCP = ["-rtsp_flags", "prefer_tcp", "-timeout", "5000000"]


@pytest.mark.parametrize("arguments", [pytest.param(FRIGATE, id="Frigate"), pytest.param(PREFER_TCP, id="prefer TCP")])
async def test_recorders_can_record(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("recording") / "clip.mp4"
    async with studio(Camera()) as port:
        record = ("-t", "4", "-c", "copy", "-y", str(target))
        code, _, err = await run("ffmpeg", "-v", "error", *arguments, "-i", url(port), *record)
        assert code == 0, err
    _, out, _ = await run("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(target))
    video = next(stream for stream in json.loads(out)["streams"] if stream["codec_type"] == "video")
    assert int(video["nb_read_frames"]) >= 90


async def test_home_assistant() -> None:
    """Its stream component opens a camera with these options, by PyAV."""

    def read(address: str) -> tuple[int, int]:
        options = {"rtsp_flags": "prefer_tcp", "timeout": "5000000"}
        kinds = []
        with av.open(address, options=options, timeout=10) as container:
            for packet in container.demux():
                kinds.append((packet.stream.type, packet.is_keyframe))
                if len(kinds) == 150:
                    break
        return kinds.count(("video", True)), sum(kind == "audio" for kind, _ in kinds)

    async with studio(Camera()) as port:
        keys, sounds = await asyncio.to_thread(read, url(port))
        assert keys >= 2
        assert sounds > 30


@TRANSPORTS
@pytest.mark.parametrize("password", ["secret", "p:ä/s@w"])
async def test_ffmpeg_logs_in(transport: str, password: str) -> None:
    async with studio(Camera(), "admin", password) as port:
        login = f"admin:{quote(password, safe='')}@"
        show = ("-show_streams", "-of", "json", "-rtsp_transport", transport)
        code, _, err = await run("ffprobe", "-v", "error", *show, url(port, login))
        assert (code, err) == (0, "")
        code, _, err = await run("ffprobe", "-v", "error", *show, url(port, "admin:wrong@"))
        assert code != 0
        assert "401" in err


async def test_gstreamer_logs_in() -> None:
    async with studio(Camera(), "admin", "secret") as port:
        source = ("rtspsrc", f"location={url(port)}", "user-id=admin", "user-pw=secret", "protocols=tcp")
        _, out, err = await run(*player(source, (), 20))
        assert (arrived(out), complaint(err)) == (20, "")


async def test_a_viewer_of_two_resolutions() -> None:
    """The encoder comes back with other parameter sets: they are in the band, and FFmpeg goes on."""
    camera = Camera()
    async with studio(camera) as port:
        scale = ("-vf", "scale=64:48", "-t", "5", "-f", "null", "-")
        viewer = asyncio.create_task(
            run("ffmpeg", "-v", "error", "-err_detect", "explode", "-rtsp_transport", "tcp", "-i", url(port), *scale)
        )
        await asyncio.sleep(3.0)
        camera.epoch, camera.width = 2, 352
        code, _, err = await viewer
        assert (code, err) == (0, "")
