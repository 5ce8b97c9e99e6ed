import asyncio
import base64
from dataclasses import replace
from typing import Any

import pytest

from models.events import Event
from models.http import limits
from models.http.websocket_frames import V1_HEADER
from models.media.ring import Entry
from models.media.tier import Tier
from models.messages.camera import CameraView, Capabilities
from models.messages.detector import (
    DetectionFrame,
    DetectorView,
    Level,
    SwitchView,
    TrackedObject,
)
from models.messages.encoder import RequestKeyframe
from models.messages.event_log import EventRecorded
from models.messages.microphone import MicrophoneView
from models.messages.mqtt import MqttView
from models.messages.rtsp import RtspView
from models.messages.speaker import Speaking
from models.messages.supervisor import ActorChanged, ActorRow, ActorTable, GetActors
from tests.api.live.conftest import Caller, Open, Surface
from tests.api.stage import CAMERA, DELTA, IDR, delta, entry, idr

T = 1_700_000_000_000


def event(kind: str, details: dict[str, Any], phase: Any = "appeared", **more: Any) -> Event:
    return Event(1, 1001, kind, T, details, more.get("confidence"), more.get("metadata", {}), phase)


# ---------------------------------------------------------------- events
@pytest.mark.parametrize(
    ("happened", "message"),
    [
        (
            event("MOTION", {"changedPercent": 12.5, "width": 64, "height": 48}),
            {"type": "motion_detected", "changedPercent": 12.5, "width": 64, "height": 48},
        ),
        (event("ANY_SOUND", {"db": -25.5, "rms": 0.053}), {"type": "sound_detected", "db": -25.5, "rms": 0.053}),
        (
            event("DOG_BARK", {"className": "Bark"}, confidence=92),
            {"type": "sound_classified", "className": "Bark", "confidence": 92},
        ),
        (
            event("BABY_CRY", {"className": "Baby cry, infant cry"}, confidence=88),
            {"type": "baby_cry_classified", "className": "Baby cry, infant cry", "confidence": 88},
        ),
        (
            event("OBJECT_DOG", {"objectClass": "dog"}, phase="disappeared", confidence=85, metadata={"trackId": 7}),
            {
                "type": "object_detected",
                "objectClass": "dog",
                "confidence": 85,
                "eventType": "disappeared",
                "trackId": 7,
            },
        ),
    ],
)
async def test_each_event_has_its_message(surface: Open, happened: Event, message: dict[str, Any]) -> None:
    here = await surface()
    caller = await here.ready()
    here.app_state.news(EventRecorded(happened))
    assert await caller.until(message["type"]) == {"eventId": 1001, "timestamp": T} | message


async def test_the_servers_own_history_is_not_told(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    here.app_state.news(EventRecorded(event("SYSTEM_RESTART", {})))
    assert set(await caller.said()) <= {"status", "pong"}


async def test_a_client_that_does_not_read_events_is_closed(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SOCKET_BACKLOG", -1)  # nothing may be written any more
    here = await surface()
    caller = await here.connect()
    sound = event("ANY_SOUND", {"db": -20.0, "rms": 0.1})
    for number in range(limits.QUEUED_MESSAGES + 1):
        here.app_state.news(EventRecorded(replace(sound, event_id=number)))
    assert await caller.closed() == 1013


async def test_an_event_that_is_told_again_is_passed_on_once(surface: Open) -> None:
    """An event log that was restarted cannot know who has heard its last words."""
    here = await surface()
    caller = await here.ready()
    seen = event("OBJECT_PERSON", {"objectClass": "person"}, confidence=80)
    for told in (seen, seen, replace(seen, phase="disappeared"), seen, replace(seen, event_id=1002)):
        here.app_state.news(EventRecorded(told))
    phases = [(await caller.until("object_detected"))["eventType"] for _ in range(3)]
    assert phases == ["appeared", "disappeared", "appeared"]


# ---------------------------------------------------------------- state
async def test_states_reach_everybody(surface: Open) -> None:
    here = await surface()
    callers = [await here.ready(), await here.ready("cookie")]
    here.stage.state(RtspView(True, True, 8554, "/stream", 2))
    here.stage.state(MqttView(True, True, "192.168.1.100", 1883, "ipcamera"))
    here.stage.state(Capabilities(("0",), ("1280x720",), (15, 30), 30))
    for caller in callers:
        assert (await caller.until("rtsp_status"))["clients"] == 2
        assert (await caller.until("mqtt_status"))["connected"] is True
        assert (await caller.until("capabilitiesChanged"))["capabilities"]["maxFrameRate"] == 30


@pytest.mark.usefixtures("status_soon")
async def test_status_says_what_detects(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    here.stage.state(DetectorView("motion", (SwitchView("motion", True, True, 9),), 10, 1), "motion")
    dogs = DetectorView("sound_classifier", (SwitchView("dog_bark", True, False, 0, "model missing"),), 1, 1)
    here.stage.state(dogs, "sound_classifier")
    while not (detection := (await caller.until("status"))["detection"])["motion"]["enabled"]:
        continue
    assert detection["motion"] == {"enabled": True, "active": True, "lastEventId": 9}
    assert detection["dogBark"]["degraded"] == "model missing"
    assert detection["person"] == {"enabled": False, "active": False}


@pytest.mark.usefixtures("status_soon")
async def test_a_degraded_actor_is_a_warning_and_told_to_who_wants_it(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("hello", want=["actor_event"])
    await caller.until("hello")
    here.stage.answers[GetActors] = ActorTable((ActorRow("motion", "up", 1, 2.0, 3, "", 0.0, 0, 0, "model missing"),))
    here.app_state.news(ActorChanged("motion", "up", "motion: model missing"))
    told = await caller.until("actor_event")
    assert (told["actor"], told["state"], told["text"]) == ("motion", "up", "motion: model missing")
    while (await caller.until("status"))["state"] != "WARNING":
        continue


async def test_status_is_told_at_most_once_a_second(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = await surface()
    caller = await here.ready()
    for _ in range(20):
        here.stage.state(CAMERA)
        await asyncio.sleep(0.01)
    assert (await caller.said()).count("status") <= 1


async def test_levels_and_talk_state_are_for_who_wants_them(surface: Open) -> None:
    here = await surface()
    wants, plain = await here.ready(), await here.ready()
    await wants.send("hello", want=["levels", "talk_state"])
    await wants.until("hello")
    here.app_state.news(Level("motion", 1.3, 1.9, "%"))
    here.app_state.news(Level("sound", -40.0, -30.0, "dB", "muted: speaking"))
    here.stage.state(Speaking(True, T))
    assert (await wants.until("talk_state"))["speaking"] is True
    levels = await wants.until("levels")
    assert [row["key"] for row in levels["levels"]] == ["motion", "sound"]
    assert set(await plain.said()) <= {"status", "pong"}


@pytest.mark.usefixtures("quick_ticks")
async def test_system_info_comes_at_intervals(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SYSTEM_INFO_EVERY_S", 0.1)
    here = await surface()
    caller = await here.ready()
    info = await caller.until("system_info")
    assert info["stream"]["encoder"] == "libx264"
    assert info["cpuProcess"] == 1.5


# ---------------------------------------------------------------- pictures
async def watching(here: Surface, framing: str = "raw") -> tuple[Caller, dict[str, Any]]:
    caller = await here.ready()
    await caller.send("enableH264", framing=framing, requestId="h")
    await here.stage.followed("video")
    here.stage.put("video", idr(1))
    return caller, await caller.until("h264_ack")


async def test_h264_begins_with_its_description_and_an_idr(surface: Open) -> None:
    here = await surface()
    caller, ack = await watching(here)
    assert (ack["codec"], ack["width"], ack["generation"], ack["requestId"]) == ("avc1.42C01F", 64, 3, "h")
    here.stage.put("video", delta(2))
    assert [await caller.receive(), await caller.receive()] == [IDR, DELTA]
    assert ("encoder", RequestKeyframe()) in here.stage.told


@pytest.mark.usefixtures("status_soon")
async def test_viewers_are_counted(surface: Open) -> None:
    here = await surface()
    caller, _ = await watching(here)
    status = await caller.until("status")
    assert (status["clients"], status["viewerCount"], status["wsClients"]) == (1, 1, 1)
    await caller.send("enableH264", enable=False)
    assert (await caller.until("h264_ack"))["enabled"] is False
    assert (await caller.until("status"))["clients"] == 0
    assert not here.stage.followers["video"]


async def test_a_new_generation_is_described_before_its_first_frame(surface: Open) -> None:
    here = await surface()
    caller, _ = await watching(here, "v1")
    assert isinstance(await caller.receive(), bytes)
    here.stage.put("video", idr(1, generation=4, epoch=8))
    ack = await caller.until("h264_ack")
    assert (ack["generation"], "requestId" in ack) == (4, False)
    frame = await caller.receive()
    assert isinstance(frame, bytes)
    kind, flags, generation, sequence, _, wall = V1_HEADER.unpack(frame[:24])
    assert (kind, flags, generation, sequence) == (1, 7, 4, 1)
    assert wall == 1_700_000_000_123_456


async def test_without_a_picture_the_ack_comes_all_the_same(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.video.FIRST_PICTURE_S", 0.05)
    here = await surface()
    caller = await here.ready()
    await caller.send("enableH264")
    ack = await caller.until("h264_ack")
    assert (ack["enabled"], "codec" in ack) == (True, False)
    here.stage.put("video", idr(1))
    assert (await caller.until("h264_ack"))["codec"] == "avc1.42C01F"


@pytest.mark.usefixtures("status_soon")
async def test_streaming_that_is_stopped_ends_the_pictures(surface: Open) -> None:
    here = await surface()
    caller, _ = await watching(here)
    here.stage.settle("http", streaming=False)
    here.stage.state(CameraView("stopped", False, "", "pattern", 0, 0, 0.0, streaming=False))
    assert (await caller.until("h264_ack"))["enabled"] is False
    assert (await caller.until("status"))["streaming"] is False
    await caller.send("enableH264")
    refused = await caller.until("h264_ack")
    assert (refused["success"], refused["error"]) == (False, "Camera not started")


async def test_each_watches_his_tier_and_may_change_it(surface: Open) -> None:
    here = await surface()
    large, _ = await watching(here)
    assert await large.receive() == IDR
    small = await here.ready()
    await small.send("enableH264", tier="sub")
    await here.stage.followed("video_sub")
    here.stage.put("video_sub", idr(1, generation=9, data=IDR + b"s"))
    ack = await small.until("h264_ack")
    assert (ack["tier"], ack["generation"], ack["quality"]) == ("sub", 9, 55)
    assert await small.receive() == IDR + b"s"
    assert here.app_state.viewers().sub_clients == 1
    await small.send("requestKeyframe")
    await small.said()
    assert here.stage.told.count(("encoder", RequestKeyframe(Tier.SUB))) == 2
    await small.send("enableH264", tier="main")
    await small.said()
    here.stage.put("video", idr(2))
    ack = await small.until("h264_ack")
    assert ("tier" in ack, ack["generation"]) == (False, 3)
    assert await small.receive() == IDR
    assert not here.stage.followers["video_sub"]
    assert here.app_state.viewers().sub_clients == 0


async def test_boxes_are_for_who_sees_the_picture(surface: Open) -> None:
    here = await surface()
    blind = await here.ready()
    seen = DetectionFrame(T, 64, 48, (TrackedObject(7, "person", 85, 0.1, 0.2, 0.3, 1.2),), 41.04, 5)
    here.stage.state(seen)
    assert "detection_frame" not in await blind.said()
    caller, _ = await watching(here)
    here.stage.state(seen)
    box = (await caller.until("detection_frame"))["objects"][0]["box"]
    assert box == {"x": 0.1, "y": 0.2, "w": 0.3, "h": 1.0}


# ---------------------------------------------------------------- sound
def block(number: int, spare: int = 3500) -> Entry:
    return entry(number, bytes([number % 256]) * 640, spare=spare)


async def test_two_blocks_make_a_chunk_of_40_ms(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("audio_subscribe", requestId=1)
    ack = await caller.until("audio_ack")
    assert (ack["subscribed"], ack["sampleRate"], ack["chunkMs"], ack["requestId"]) == (True, 16000, 40, 1)
    await here.stage.followed("pcm")
    for number in (1, 2, 3, 4, 6, 7, 8):  # the fifth is lost
        here.stage.put("pcm", block(number, spare=2000 if number == 2 else 10_000))
    chunks = [await caller.until("audio") for _ in range(3)]
    assert [base64.b64decode(chunk["data"])[::640] for chunk in chunks] == [b"\1\2", b"\3\4", b"\6\7"]
    assert [chunk["seq"] for chunk in chunks] == [1, 2, 3]
    assert [chunk["level"] for chunk in chunks] == [-23.0, -100.0, -100.0]
    assert chunks[0]["timestamp"] == 1_700_000_000_123
    await caller.send("audio_subscribe", enabled=False)
    assert (await caller.until("audio_ack"))["subscribed"] is False
    assert not here.stage.followers["pcm"]


async def test_sound_that_is_switched_off(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    await caller.send("audio_subscribe")
    await caller.until("audio_ack")
    here.stage.settle("http", audioEnabled=False)
    assert (await caller.until("audio_ack"))["code"] == "AUDIO_DISABLED"
    await caller.send("audio_subscribe", subscribe=True)
    ack = await caller.until("audio_ack")
    assert (ack["success"], ack["code"]) == (False, "AUDIO_DISABLED")


async def test_sound_that_is_not_there(surface: Open) -> None:
    here = await surface()
    here.stage.state(MicrophoneView("none", "", -100.0, "No sound card"))
    caller = await here.ready()
    await caller.send("audio_subscribe")
    ack = await caller.until("audio_ack")
    assert (ack["code"], ack["error"]) == ("AUDIO_UNAVAILABLE", "No sound card")
