import asyncio
import base64
from typing import Any

import pytest

from models.errors import Conflict, LimitReached, Unavailable
from models.http import limits
from models.messages.camera import Capture, CaptureReady, CaptureView
from models.messages.encoder import RequestKeyframe, SetVideoQuality
from models.messages.settings import ChangeSettings
from models.messages.speaker import Speak, SpeakResult, TalkChunk
from tests.api.live.conftest import Open, Surface
from tests.api.stage import FREE

STILL = CaptureView("c1", "/nowhere.jpg", 4032, 3024, 1_700_000_000_000, 12345)
SOUND = base64.b64encode(bytes(640)).decode()


def asked(here: Surface, kind: type) -> list[Any]:
    return [message for _, message in here.stage.asked if isinstance(message, kind)]


# ---------------------------------------------------------------- settings
async def test_a_setting_is_acknowledged_before_it_is_broadcast(surface: Open) -> None:
    here = await surface()

    def change(message: ChangeSettings) -> Any:
        return late(here.stage._change(message))  # the state overtakes the answer

    async def late(result: Any) -> Any:
        await asyncio.sleep(0.1)
        return result

    here.stage.answers[ChangeSettings] = change
    caller = await here.ready()
    await caller.send("setting", key="frameRate", value=20, requestId="a")
    while (ack := await caller.receive())["type"] != "setting_ack":
        assert ack["type"] == "status"
    assert ack == {"type": "setting_ack", "success": True, "key": "frameRate", "value": 20, "requestId": "a"}
    told = await caller.until("settings")
    assert (told["data"]["frameRate"], told["changed"], told["source"]) == (20, ["frameRate"], "ws")


async def test_a_wrong_setting_is_refused_in_its_ack(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("setting", key="nonsense", value=1)
    ack = await caller.until("setting_ack")
    assert ack == {"type": "setting_ack", "success": False, "key": "nonsense", "error": "Unknown setting"}


async def test_a_pro_switch_is_blocked_on_a_free_device(surface: Open) -> None:
    here = await surface(license=FREE)
    caller = await here.ready("cookie")
    await caller.send("setting", key="motionEnabled", value=True)
    ack = await caller.until("setting_ack")
    assert (ack["success"], ack["error"], ack["feature"], ack["proBlocked"]) == (
        False,
        "Pro license required",
        "motion_detection",
        ["motionEnabled"],
    )
    await caller.send("setting", key="motionEnabled", value=False)
    assert (await caller.until("setting_ack"))["success"] is True


async def test_a_batch_drops_what_needs_pro_and_applies_the_rest(surface: Open) -> None:
    here = await surface(license=FREE)
    caller = await here.ready("cookie")
    await caller.send("settings_batch", settings={"motionEnabled": True, "frameRate": 20})
    ack = await caller.until("settings_batch_ack")
    assert (ack["success"], ack["proBlocked"], ack["applied"]) == (True, ["motionEnabled"], ["frameRate"])


async def test_a_batch_with_an_error_changes_nothing(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("settings_batch", settings={"nonsense": 1, "frameRate": 20})
    ack = await caller.until("settings_batch_ack")
    assert (ack["success"], ack["errors"]) == (False, ["nonsense: Unknown setting"])
    await caller.send("settings_batch")
    assert (await caller.until("settings_batch_ack"))["error"] == "Missing settings object"


async def test_settings_that_are_away_are_said_to_be(surface: Open) -> None:
    here = await surface()
    here.stage.answers[ChangeSettings] = Unavailable("settings is restarting")
    caller = await here.ready()
    await caller.send("setting", key="frameRate", value=20)
    assert (await caller.until("setting_ack"))["error"] == "settings is restarting"


async def test_a_slider_may_be_drawn_but_not_for_ever(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    for number in range(limits.SETTINGS_BURST + 5):
        await caller.send("setting", key="jpegQuality", value=1 + number)
    late = await caller.until("error")
    assert (late["code"], late["inReplyTo"]) == ("RATE_LIMITED", "setting")
    assert late["retryAfterMs"] > 0


async def test_bursts_of_changes_are_told_together(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    for key, value in {"frameRate": 11, "jpegQuality": 12, "rotation": 90}.items():
        here.stage.settle("http", **{key: value})
    first = await caller.until("settings")
    assert (first["changed"], first["source"]) == (["frameRate", "jpegQuality", "rotation"], "http")
    assert (first["data"]["frameRate"], first["data"]["rotation"]) == (11, 90)
    assert len(first["data"]) > 44


# ---------------------------------------------------------------- capture
async def test_a_capture_is_announced_to_everybody(surface: Open) -> None:
    here = await surface()

    def take(_: Capture) -> CaptureView:
        here.app_state.news(CaptureReady(STILL))
        return STILL

    here.stage.answers[Capture] = take
    callers = [await here.ready(), await here.ready("cookie")]
    await callers[0].send("capture", quality=90)
    for caller in callers:
        ready = await caller.until("capture_ready")
        assert (ready["url"], ready["width"], ready["captureId"]) == ("/capture", 4032, "c1")
        assert ready["expiresAt"] == STILL.timestamp + 600_000
    assert asked(here, Capture) == [Capture(90)]


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (Conflict("a capture is under way"), "capture_busy", None),
        (Unavailable("The camera is away"), "error", "CAMERA_NOT_STARTED"),
        (LimitReached("disk full"), "error", "CAPTURE_FAILED"),
    ],
)
async def test_a_capture_that_fails(surface: Open, failure: Exception, kind: str, code: str | None) -> None:
    here = await surface()
    here.stage.answers[Capture] = failure
    caller = await here.ready()
    await caller.send("capture", requestId=4)
    answer = await caller.until(kind)
    assert (answer.get("code"), answer["requestId"]) == (code, 4)


# ---------------------------------------------------------------- video
async def test_quality_is_told_to_who_asked(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("h264_quality", value=30, requestId="q")
    ack = await caller.until("h264_ack")
    assert (ack["success"], ack["enabled"], ack["bitrateKbps"], ack["requestId"]) == (True, False, 1000, "q")
    assert asked(here, SetVideoQuality) == [SetVideoQuality(30)]
    await caller.send("h264_quality")
    assert (await caller.until("error"))["code"] == "BAD_MESSAGE"
    await caller.send("h264_quality", quality=101)
    assert (await caller.until("error"))["code"] == "INVALID_VALUE"


async def test_a_keyframe_is_for_who_watches_and_not_too_often(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("requestKeyframe")
    assert (await caller.until("error"))["code"] == "H264_UNAVAILABLE"
    await caller.send("requestKeyframe")
    assert (await caller.until("error"))["code"] == "RATE_LIMITED"
    assert not any(isinstance(message, RequestKeyframe) for _, message in here.stage.told)


@pytest.mark.parametrize(
    ("kind", "fields", "burst"),
    [
        ("h264_quality", {"quality": 30}, limits.QUALITIES_BURST),
        ("stream_control", {"action": "start"}, limits.STREAM_CONTROLS_BURST),
    ],
)
async def test_what_moves_the_whole_device_has_a_rate(
    surface: Open, kind: str, fields: dict[str, object], burst: int
) -> None:
    here = await surface()
    caller = await here.ready()
    for _ in range(3 * burst):
        await caller.send(kind, **fields)
    late = await caller.until("error")
    assert (late["code"], late["inReplyTo"]) == ("RATE_LIMITED", kind)
    assert late["retryAfterMs"] > 0


@pytest.mark.usefixtures("status_soon")
async def test_stream_control_is_answered_by_the_status(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.until("status")  # that it is there itself
    await caller.send("stream_control", action="stop")
    while (await caller.until("status"))["streaming"]:
        continue
    assert asked(here, ChangeSettings) == [ChangeSettings({"streaming": False}, "ws", internal=True)]
    await caller.send("stream_control", action="pause")
    assert (await caller.until("error"))["code"] == "INVALID_VALUE"


# ---------------------------------------------------------------- talking
async def test_talking_goes_to_the_speaker(surface: Open) -> None:
    here = await surface()
    here.stage.answers[TalkChunk] = None
    caller = await here.ready()
    await caller.send("audio", data=SOUND, seq=1)
    await caller.send("audio", data="", end=True)
    await caller.send("ping")
    await caller.until("pong")
    first, last = asked(here, TalkChunk)
    assert (first.pcm, first.end, last.pcm, last.end, first.talker == last.talker) == (
        bytes(640),
        False,
        b"",
        True,
        True,
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("not base64!", id="not base64"),
        pytest.param(base64.b64encode(b"odd").decode(), id="half a sample"),
        pytest.param(base64.b64encode(bytes(16_386)).decode(), id="too long"),
    ],
)
async def test_bad_sound_is_said_once_a_second(surface: Open, data: str) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("audio", data=data)
    assert (await caller.until("error"))["code"] == "BAD_AUDIO"
    assert not asked(here, TalkChunk)


async def test_only_one_may_talk(surface: Open) -> None:
    here = await surface()
    here.stage.answers[TalkChunk] = Conflict("Somebody else is talking")
    caller = await here.ready()
    for _ in range(5):
        await caller.send("audio", data=SOUND)
    assert (await caller.until("error"))["code"] == "TALK_BUSY"
    await caller.send("ping")
    await caller.expect("pong")  # and not four more errors


@pytest.mark.parametrize("kind", ["audio", "tts"])
async def test_talking_needs_pro(surface: Open, kind: str) -> None:
    here = await surface(license=FREE)
    caller = await here.ready("cookie")
    await caller.send(kind, data=SOUND, message="hello")
    refusal = await caller.until("error")
    assert (refusal["code"], refusal["feature"]) == ("PRO_REQUIRED", "two_way_audio")
    assert refusal["hint"] == "Upgrade to Pro to use this feature"


async def test_speech_is_said_and_acknowledged_to_who_wants_it(surface: Open) -> None:
    here = await surface()
    here.stage.answers[Speak] = SpeakResult(1200)
    caller = await here.ready()
    await caller.send("hello", want=["tts_ack", "unheard-of"])
    assert (await caller.until("hello"))["want"] == ["tts_ack"]
    await caller.send("tts", text="Hello\x07there", volume=50, requestId="t")
    ack = await caller.until("tts_ack")
    assert (ack["durationMs"], ack["requestId"]) == (1200, "t")
    assert asked(here, Speak) == [Speak("Hello there", "", 50)]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (LimitReached("Wait", retryAfterMs=2500), "TTS_RATE_LIMITED"),
        (Unavailable("espeak-ng is not installed"), "TTS_UNAVAILABLE"),
    ],
)
async def test_speech_that_fails(surface: Open, failure: Exception, code: str) -> None:
    here = await surface()
    here.stage.answers[Speak] = failure
    caller = await here.ready()
    await caller.send("tts", message="Hello")
    answer = await caller.until("error")
    assert (answer["code"], answer.get("retryAfterMs")) == (code, failure.fields.get("retryAfterMs"))  # type: ignore[attr-defined]


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "BAD_JSON"),
        ("NaN", "BAD_JSON"),
        ('{"type":"ping","timestamp":1e999}', "BAD_JSON"),
        (r'{"type":"setting","key":"\ud800","value":1}', "BAD_JSON"),
        ("[" * 50_000, "BAD_JSON"),
        ("[]", "BAD_MESSAGE"),
        ('{"type":5}', "BAD_MESSAGE"),
        ('{"type":"setting"}', "BAD_MESSAGE"),
        ('{"type":"recording_state"}', "UNKNOWN_TYPE"),
    ],
)
async def test_what_cannot_be_understood_is_said_so(surface: Open, raw: str, code: str) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.ws.send_str(raw)
    assert (await caller.until("error"))["code"] == code
    await caller.send("ping")
    await caller.until("pong")


async def test_ten_of_them_in_a_minute_close(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    for _ in range(10):
        await caller.ws.send_str("{")
    assert await caller.closed() == 1008


async def test_binary_closes(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.ws.send_bytes(b"\0")
    assert await caller.closed() == 1003


async def test_what_comes_after_the_end_is_not_answered(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.ws.send_bytes(b"\0")
    for _ in range(20):
        await caller.send("h264_quality", quality=50)
    while not isinstance(message := await caller.receive(), int):
        assert isinstance(message, dict)
        assert message["type"] != "error", message  # such as AUTH_REQUIRED, to somebody who is logged in
    assert message == 1003


async def test_too_long_a_message_closes(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.ws.send_str('"' + "x" * limits.MAX_TEXT + '"')
    assert await caller.closed() == 1009
