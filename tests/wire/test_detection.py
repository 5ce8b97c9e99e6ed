"""Detection in the whole program: a video and a recording go in, events come out."""

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from config.weights.catalogue import MN04, YAMNET, YOLOX_NANO
from models.messages.detector import GetDetector
from tests.models.detect.samples import SAMPLES, WEIGHTS, weights
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
Run = Callable[..., RunningServer]

EVERYTHING = {
    "motionEnabled": True,
    "soundEnabled": True,
    "dogBarkClassificationEnabled": True,
    "babyCryClassificationEnabled": True,
    "objectPersonDetectionEnabled": True,
    "objectDogDetectionEnabled": True,
}
FIELDS = {
    "MOTION": {"changedPercent", "width", "height"},
    "ANY_SOUND": {"db", "rms"},
    "DOG_BARK": {"className", "confidence"},
    "BABY_CRY": {"className", "confidence"},
    "OBJECT_PERSON": {"objectClass", "confidence", "eventType"},
}


def sample(name: str) -> str:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"no sample {path}")
    return str(path)


def events(server: RunningServer, query: str = "") -> list[dict[str, Any]]:
    status, body = server.get(f"/events?since=1{query}")
    assert status == 200
    return list(body["events"])


def test_video_and_sound_become_events(run: Run) -> None:
    weights(YAMNET.file), weights(MN04.file), weights(YOLOX_NANO.file)
    server = run(
        source=sample("video/one_by_one_1-3.mp4"),
        audio_source=sample("audio/stream_dev.flac"),
        settings=EVERYTHING,
        environment={"IPCAMERA_MODELS_DIR": str(WEIGHTS)},
    )
    found = server.wait_for(lambda: _kinds(server, {*FIELDS}), 200)
    assert not [event for event in found if event["type"] == "OBJECT_DOG"]
    for event in found:
        assert FIELDS[event["type"]] <= event.keys()
        assert event["id"] == event["eventId"]
    ids = [event["eventId"] for event in found]
    assert len(set(ids)) == len(ids)
    person = next(event for event in found if event["type"] == "OBJECT_PERSON")
    status, picture, headers = server.request("GET", f"/events/{person['eventId']}/thumbnail")
    assert (status, headers["Content-Type"], picture[:2]) == (200, "image/jpeg", b"\xff\xd8")
    ended = server.wait_for(lambda: _ended(server, person["eventId"]), 60)
    assert ended["endTimestamp"] - person["timestamp"] == ended["durationMs"] > 0
    again = server.post("/api/detection/replay", {"day": "today"})[1]
    judged = sorted((alarm["timestamp"], alarm["type"]) for alarm in again["alarms"])
    assert {kind for _, kind in judged} >= {*FIELDS}
    server.wait_for(lambda: judged == sorted(_told_until(server, again["end"])))
    deaf = server.post("/api/detection/replay", {"day": "today", "settings": {"soundThreshold": 0}})[1]
    assert deaf["counts"].get("ANY_SOUND", 0) < again["counts"]["ANY_SOUND"]
    assert server.post("/api/detection/replay", {"settings": {"soundThreshold": 101}})[0] == 400
    assert server.get("/settings")[1]["soundThreshold"] == 50


def _told_until(server: RunningServer, end: int) -> list[tuple[int, str]]:
    return [(event["timestamp"], event["type"]) for event in events(server) if event["timestamp"] <= end]


def _kinds(server: RunningServer, wanted: set[str]) -> list[dict[str, Any]]:
    found = events(server)
    return found if {event["type"] for event in found} >= wanted else []


def _ended(server: RunningServer, event_id: int) -> dict[str, Any]:
    [visit] = [event for event in events(server, "&type=OBJECT_PERSON") if event["eventId"] == event_id]
    return visit if "endTimestamp" in visit else {}


def test_a_missing_model_is_said_and_found_when_it_comes(run: Run) -> None:
    source = weights(YOLOX_NANO.file)
    server = run(settings={"objectPersonDetectionEnabled": True}, environment={"IPCAMERA_MODELS_DIR": ""})
    view = server.wait_for(lambda: _fault(server))
    assert view == "The model yolox_nano is missing: fetch it under Detection"
    server.wait_for(lambda: server.rows()["object_detector"].state == "degraded")
    assert server.request("GET", "/health", token="")[0] in (200, 503)
    target = server.data_dir / "models" / YOLOX_NANO.file
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
    server.wait_for(lambda: not _fault(server))
    server.wait_for(lambda: server.ask("object_detector", GetDetector()).rate > 0)
    assert server.rows()["object_detector"].restarts == 0


def _fault(server: RunningServer) -> str:
    switches = server.ask("object_detector", GetDetector()).switches
    return next(switch.degraded for switch in switches if switch.key == "person")


def test_a_detector_costs_nothing_while_it_is_off(run: Run) -> None:
    server = run(audio_source="tone:", settings={"soundEnabled": True, "soundThreshold": 100})
    server.wait_for(lambda: _kinds(server, {"ANY_SOUND"}), 30)
    assert server.post("/settings", {"audioEnabled": False})[0] == 200
    server.wait_for(lambda: server.ask("sound", GetDetector()).rate == 0)
    server.wait_for(lambda: not server.ask("sound", GetDetector()).switches[0].enabled)
    assert server.post("/settings", {"audioEnabled": True})[0] == 200
    server.wait_for(lambda: server.ask("sound", GetDetector()).rate > 0)


def knocks(path: Path) -> str:
    """A minute with a short loud sound each 1.5 s: seldom enough never to become what is usual in the room."""
    wave = np.zeros(60 * 16_000, np.int16)
    for start in range(0, len(wave), 24_000):
        wave[start : start + 800] = np.random.default_rng(1).normal(0, 8_000, 800)
    soundfile.write(path, wave, 16_000)
    return str(path)


@pytest.mark.chaos
def test_a_killed_detector_leaves_the_others_alone(run: Run, tmp_path: Path) -> None:
    settings = {"motionEnabled": True, "motionCooldown": 0, "motionSensitivity": 10}
    sound = {"soundEnabled": True, "soundThreshold": 100, "soundCooldown": 0}
    server = run(audio_source=knocks(tmp_path / "knocks.wav"), settings=settings | sound)
    server.wait_for(lambda: _kinds(server, {"ANY_SOUND", "MOTION"}), 40)
    restarts = server.rows()["motion"].restarts
    began = time.time()
    server.kill("motion")
    server.wait_for(lambda: server.back_again("motion", restarts))
    server.wait_for(lambda: [e for e in events(server, "&type=MOTION") if e["timestamp"] / 1000 > began + 1], 40)
    moments = [e["timestamp"] for e in events(server, "&type=ANY_SOUND") if e["timestamp"] / 1000 > began - 2]
    assert max(b - a for a, b in pairwise(moments)) < 3500
    history = server.wait_for(lambda: [e for e in events(server, "&type=SYSTEM_RESTART") if e["actor"] == "motion"])
    assert "killed by signal 9" in history[-1]["text"]


@pytest.mark.chaos
def test_everything_is_killed_and_nothing_acknowledged_is_lost(run: Run) -> None:
    server = run(audio_source="tone:", settings={"soundEnabled": True, "soundThreshold": 100, "soundCooldown": 0})
    known = server.wait_for(lambda: len(found := events(server)) > 5 and found, 40)
    for pid in [server.process.pid, *json.loads((server.data_dir / "run.json").read_text())["actors"].values()]:
        _kill(pid)
    server.process.wait(10)
    server.start()
    server._token = ""
    after = {event["eventId"]: event for event in events(server)}
    assert all(after[event["eventId"]] == event for event in known)
    more = server.wait_for(lambda: [e for e in events(server) if e["eventId"] not in {k["eventId"] for k in known}])
    assert min(event["eventId"] for event in more) > max(event["eventId"] for event in known)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
