"""The whole WebSocket protocol against the whole program."""

import asyncio
import base64
import itertools
import json
import math
import struct
import subprocess
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from models.http.websocket_frames import V1_HEADER
from tests.wire.live_client import SNAPSHOT, LiveClient
from tests.wire.server import RunningServer

pytestmark = pytest.mark.system
SPS, PPS, IDR, AUD = 7, 8, 5, 9


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[LiveClient]:
    live = await LiveClient.ready(server)
    yield live
    await live.close()


def nal_types(frame: bytes) -> list[int]:
    assert frame.startswith(b"\0\0\0\1")
    return [unit[0] & 0x1F for unit in frame.split(b"\0\0\0\1")[1:]]


# ---------------------------------------------------------------- who may
async def test_the_token_may_come_in_every_way(server: RunningServer) -> None:
    for credential in ("query", "bearer", "cookie"):
        await (await LiveClient.ready(server, credential)).close()


async def test_without_a_credential_it_is_asked_for(server: RunningServer) -> None:
    live = await LiveClient.open(server, "none")
    await live.expect("auth_required")
    await live.send("status")
    assert (await live.expect("error"))["code"] == "UNKNOWN_TYPE"
    await live.send("capture")
    assert await live.expect("error") | {"timestamp": 0} == {
        "type": "error",
        "message": "Authentication required",
        "code": "AUTH_REQUIRED",
        "inReplyTo": "capture",
        "timestamp": 0,
    }
    await live.send("auth", password=server.password)
    answer = await live.expect("auth")
    assert answer["success"] is True
    for kind in SNAPSHOT:
        await live.expect(kind)
    assert server.post("/auth/logout", token=answer["token"])[0] == 200
    assert await live.closed() == 4401


async def test_a_foreign_page_is_refused(server: RunningServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await LiveClient.open(server, "cookie", Origin="https://evil.example")
    assert refused.value.response.status_code == 403


async def test_ten_seconds_and_no_more(server: RunningServer) -> None:
    live = await LiveClient.open(server, "none")
    await live.expect("auth_required")
    assert (await live.until("error"))["code"] == "AUTH_TIMEOUT"
    assert await live.closed() == 4401


# ---------------------------------------------------------------- what is told
async def test_what_the_snapshot_says(server: RunningServer) -> None:
    live = await LiveClient.open(server)
    _, status, info, _, _ = [await live.expect(kind) for kind in SNAPSHOT]
    assert status["settings"]["license"]["isPro"] is True
    assert (status["cameraRunning"], status["streaming"]) == (True, True)
    assert status["settings"] == server.get("/settings")[1]
    assert {row["name"] for row in info["actors"]} == set(server.rows())
    assert info["memoryTotalBytes"] > 0
    assert info["battery"] is None or 0 <= info["battery"] <= 100
    await live.close()


async def test_a_change_by_http_is_told_to_every_socket(server: RunningServer) -> None:
    first, second = await LiveClient.ready(server), await LiveClient.ready(server, "cookie")
    assert server.post("/settings", {"jpegQuality": 71})[0] == 200
    for live in (first, second):
        told = await live.until("settings", lambda message: message["data"]["jpegQuality"] == 71)
        assert "jpegQuality" in told["changed"]
        await live.close()


async def test_a_setting_acknowledged_is_a_setting_stored(server: RunningServer, client: LiveClient) -> None:
    await client.send("setting", key="jpegQuality", value=66, requestId="r")
    ack = await client.until("setting_ack")
    assert (ack["success"], ack["value"], ack["requestId"]) == (True, 66, "r")
    assert server.get("/settings")[1]["jpegQuality"] == 66
    told = await client.until("settings")
    assert (told["source"], told["changed"]) == ("ws", ["jpegQuality"])
    await client.send("settings_batch", settings={"frameRate": 0, "nonsense": 1})
    ack = await client.until("settings_batch_ack")
    assert ack["errors"] == ["frameRate: Value must be between 1 and 60", "nonsense: Unknown setting"]
    await client.send("settings_batch", settings={"jpegQuality": 85, "motionCooldown": 6})
    assert (await client.until("settings_batch_ack"))["success"] is True


async def test_pings_and_nonsense(client: LiveClient) -> None:
    await client.send("ping", timestamp=123)
    assert (await client.until("pong"))["clientTimestamp"] == 123
    await client.connection.send("{")
    assert (await client.until("error"))["code"] == "BAD_JSON"
    await (await client.connection.ping())


async def test_binary_from_a_client_closes(server: RunningServer) -> None:
    live = await LiveClient.ready(server)
    await live.connection.send(b"\0")
    assert await live.closed() == 1003


# ---------------------------------------------------------------- pictures
async def test_h264_is_announced_and_decodes(server: RunningServer, client: LiveClient, tmp_path: Path) -> None:
    await client.send("enableH264", enable=True)
    ack = await client.until("h264_ack", lambda message: "codec" in message)
    assert not client.frames  # not one before it
    assert (ack["success"], ack["framing"]) == (True, "raw")
    frames = [await client.frame() for _ in range(45)]
    kinds = nal_types(frames[0])
    assert kinds[:2] == [SPS, PPS]
    assert IDR in kinds
    assert AUD not in kinds
    assert ack["codec"] == "avc1." + frames[0][5:8].hex().upper()
    dump = tmp_path / "dump.h264"
    dump.write_bytes(b"".join(frames))
    command = ("ffmpeg", "-v", "error", "-i", str(dump), "-f", "framecrc", "-")
    decoded = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert decoded.stderr == ""
    pictures = [line for line in decoded.stdout.splitlines() if not line.startswith("#")]
    assert len(pictures) == len(frames)
    assert len({line.split(",")[-1] for line in pictures}) > len(frames) / 2  # it moves
    probe = ("ffprobe", "-v", "error", "-show_streams", "-of", "json", str(dump))
    [video] = json.loads(subprocess.run(probe, capture_output=True, check=True, timeout=60).stdout)["streams"]
    assert (video["width"], video["height"], video["has_b_frames"]) == (ack["width"], ack["height"], 0)
    await client.send("enableH264", enable=False)
    await client.until("h264_ack", lambda message: not message["enabled"])


async def test_v1_numbers_every_access_unit(client: LiveClient) -> None:
    await client.send("enableH264", framing="v1")
    ack = await client.until("h264_ack", lambda message: "codec" in message)
    heads = [V1_HEADER.unpack((await client.frame())[:24]) for _ in range(20)]
    assert heads[0][:2] == (1, 3)
    assert {head[2] for head in heads} == {ack["generation"]}
    assert [head[3] for head in heads] == list(range(heads[0][3], heads[0][3] + 20))
    steps = [later[4] - earlier[4] for earlier, later in itertools.pairwise(heads)]
    assert min(steps) > 0


async def test_a_keyframe_can_be_asked_for(client: LiveClient) -> None:
    await client.send("enableH264")
    await client.until("h264_ack")
    asked_again = time.monotonic() + 1.2  # one forced IDR a second for the whole device
    while time.monotonic() < asked_again:
        await client.frame()
    await client.send("requestKeyframe")
    for _ in range(20):
        if IDR in nal_types(await client.frame()):
            return
    pytest.fail("no IDR among the next 20 pictures")


async def test_quality_and_viewers(client: LiveClient) -> None:
    await client.send("enableH264")
    await client.until("h264_ack")
    await client.until("status", lambda message: message["clients"] == 1)
    await client.send("h264_quality", quality=40)
    assert (await client.until("h264_ack"))["quality"] == 40
    await client.send("h264_quality", quality=60)
    assert (await client.until("h264_ack"))["quality"] == 60


async def test_another_size_is_another_generation(client: LiveClient) -> None:
    await client.send("enableH264")
    before = await client.until("h264_ack", lambda message: "codec" in message)
    await client.send("setting", key="rotation", value=90)
    after = await client.until("h264_ack", lambda message: message["width"] != before["width"])
    client.frames.clear()
    assert after["generation"] > before["generation"]
    assert (after["width"], after["height"]) == (before["height"], before["width"])
    assert nal_types(await client.frame())[0] == SPS
    await client.send("setting", key="rotation", value=0)
    await client.until("h264_ack", lambda message: message["width"] == before["width"])


async def test_stop_and_start(server: RunningServer, client: LiveClient) -> None:
    await client.send("enableH264")
    await client.until("h264_ack")
    await client.send("stream_control", action="stop")
    await client.until("h264_ack", lambda message: not message["enabled"])
    await client.until("status", lambda message: not message["streaming"])
    assert server.request("GET", "/snapshot")[0] == 503
    await client.send("stream_control", action="start")
    await client.until("status", lambda message: message["streaming"] and message["cameraRunning"])
    assert server.request("GET", "/snapshot")[0] == 200


async def test_a_still(server: RunningServer, client: LiveClient) -> None:
    await client.send("capture")
    ready = await client.until("capture_ready")
    status, body, headers = server.request("GET", ready["url"])
    assert (status, headers["Content-Type"], body[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert len(body) == ready["size"]


# ---------------------------------------------------------------- sound
async def test_listening_is_a_tone_without_gaps(client: LiveClient) -> None:
    await client.send("audio_subscribe")
    assert (await client.until("audio_ack"))["success"] is True
    chunks = [await client.until("audio") for _ in range(25)]
    assert [chunk["seq"] for chunk in chunks] == list(range(chunks[0]["seq"], chunks[0]["seq"] + 25))
    sound = b"".join(base64.b64decode(chunk["data"]) for chunk in chunks)
    assert len(sound) == 25 * 1280
    samples = struct.unpack(f"<{len(sound) // 2}h", sound)
    rms = math.sqrt(sum(sample * sample for sample in samples) / len(samples)) / 32768
    level = 20 * math.log10(rms)
    assert abs(level - sum(chunk["level"] for chunk in chunks) / len(chunks)) < 1.0
    await client.send("audio_subscribe", enabled=False)
    assert (await client.until("audio_ack"))["subscribed"] is False


async def test_talking_arrives_in_the_speaker(server: RunningServer, client: LiveClient) -> None:
    tone = b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * 440 * n / 16000))) for n in range(640))
    for number in range(25):
        await client.send("audio", data=base64.b64encode(tone).decode(), seq=number)
        await asyncio.sleep(0.04)
    other = await LiveClient.ready(server)
    await client.send("audio", data=base64.b64encode(tone).decode(), seq=25)
    await asyncio.sleep(0.05)
    await other.send("audio", data=base64.b64encode(tone).decode())
    assert (await other.until("error"))["code"] == "TALK_BUSY"
    await client.send("audio", data="", end=True)
    await other.close()
    spoken = server.wait_for(lambda: [path for path in server.data_dir.glob("spoken/*.wav") if seconds(path) > 0.8])
    assert spoken


async def test_speech(server: RunningServer, client: LiveClient) -> None:
    await client.send("hello", want=["tts_ack", "talk_state"])
    assert (await client.until("hello"))["want"] == ["talk_state", "tts_ack"]
    await client.send("tts", message="Hello, this is the camera; $(reboot) `reboot`", volume=50)
    answer = await client.receive()
    while isinstance(answer, bytes) or answer["type"] not in {"tts_ack", "error"}:
        answer = await client.receive()
    if answer["type"] == "error":
        assert answer["code"] == "TTS_UNAVAILABLE", answer
        pytest.skip(answer["message"])
    assert answer["durationMs"] > 500
    await client.send("tts", message="Again")
    late = await client.until("error")
    assert late["code"] == "TTS_RATE_LIMITED"
    assert 0 < late["retryAfterMs"] <= 5000


def seconds(path: Path) -> float:
    try:
        with wave.open(str(path)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (EOFError, wave.Error):  # it is being written
        return 0.0
