"""Clips of the whole program, read by other people's clients: HTTP, ffprobe, ffmpeg."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.events import Detection
from models.messages.event_log import EVENT_LOG, RecordEvent
from models.messages.supervisor import ActorRow
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
SHORT = {"clipsEnabled": True, "clipRunUpSec": 2, "clipRunOutSec": 1, "clipMaxSec": 10}
MS = 1_000_000
NOWHERE = ("-enc_time_base:v", "1:90000", "-f", "null", "-")  # else two pictures close together have the same time


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("server") / "data", audio_source="tone:", settings=SHORT)
    running.wait_for(lambda: running.post("/clips/record", {"seconds": 1})[0] == 200)
    running.wait_for(lambda: running.get("/clips")[1]["clips"])  # video and sound flow
    yield running
    running.stop()


def view(server: RunningServer) -> ActorRow:
    return server.rows()["recorder"]


def happens(server: RunningServer, kind: str = "MOTION") -> int:
    """An event of this moment; its id."""
    detection = Detection(secrets.token_hex(16), kind, time.time_ns() // MS)
    return server.ask(EVENT_LOG, RecordEvent(detection)).event_id


def clip_of(server: RunningServer, event_id: int) -> dict[str, Any]:
    """Once it is there."""

    def look() -> dict[str, Any]:
        status, body = server.get("/clips")
        assert status == 200, body
        return next((clip for clip in body["clips"] if event_id in clip["events"]), {})

    return server.wait_for(look, 40)


def probe(path: Path) -> dict[str, Any]:
    """Its streams by kind; the whole file is decoded, and nothing in it is wrong."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert found.stderr == ""
    strict = ["ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-i", str(path), *NOWHERE]
    decoded = subprocess.run(strict, capture_output=True, text=True, timeout=120)
    assert (decoded.returncode, decoded.stderr) == (0, "")
    return {stream["codec_type"]: stream for stream in json.loads(found.stdout)["streams"]}


def test_an_event_has_a_clip_that_others_can_play(server: RunningServer, tmp_path: Path) -> None:
    event_id = happens(server)
    status, body = server.get(f"/events/{event_id}/clip")
    assert (status, body["reason"]) in ((404, "not_yet"), (404, "none"))
    clip = clip_of(server, event_id)
    status, video, headers = server.request("GET", f"/clips/{clip['id']}/video")
    assert (status, headers["Content-Type"], len(video)) == (200, "video/mp4", clip["bytes"])
    path = tmp_path / "clip.mp4"
    path.write_bytes(video)
    streams = probe(path)
    assert (streams["video"]["codec_name"], streams["audio"]["codec_name"]) == ("h264", "aac")
    assert (streams["video"]["width"], streams["video"]["height"]) == (clip["width"], clip["height"])
    assert abs(float(streams["video"]["duration"]) * 1000 - clip["durationMs"]) < 100
    assert video.index(b"moov") < video.index(b"mdat"), "the index stands in front"

    status, part, headers = server.request("GET", f"/clips/{clip['id']}/video", headers={"Range": "bytes=100-199"})
    assert (status, part, headers["Content-Range"]) == (206, video[100:200], f"bytes 100-199/{len(video)}")
    assert headers["Etag"]
    status, _, _ = server.request("GET", f"/clips/{clip['id']}/video", headers={"Range": f"bytes={len(video)}-"})
    assert status == 416
    _, _, headers = server.request("GET", f"/clips/{clip['id']}/video?download=1")
    assert headers["Content-Disposition"].startswith("attachment")

    [event] = [one for one in server.get("/events?since=1")[1]["events"] if one["eventId"] == event_id]
    assert event["clipId"] == clip["id"]
    status, redirected, _ = server.request("GET", f"/events/{event_id}/clip")  # urllib follows it
    assert (status, redirected) == (200, video)
    status, jpeg, headers = server.request("GET", f"/events/{event_id}/picture")
    assert (status, headers["Content-Type"], jpeg[:2]) == (200, "image/jpeg", b"\xff\xd8")


def test_a_clip_is_kept_and_deleted_by_hand(server: RunningServer) -> None:
    first, second = happens(server), 0
    clip = clip_of(server, first)
    assert server.post(f"/clips/{clip['id']}/keep", {"keep": True})[1]["keep"] is True
    assert server.get("/clips")[1]["storage"]["keptBytes"] == clip["bytes"]
    assert server.request("DELETE", f"/clips/{clip['id']}")[0] == 200
    status, body = server.get(f"/events/{first}/clip")
    assert (status, body["reason"]) == (404, "expired")
    assert not (server.data_dir / "clips" / f"{clip['id']}.mp4").exists()

    second = happens(server)
    clip = clip_of(server, second)
    (server.data_dir / "clips" / f"{clip['id']}.mp4").unlink()
    status, body = server.get(f"/clips/{clip['id']}")
    assert (status, body) == (404, {"error": "The file of this clip is missing"})
    assert server.get(f"/events/{second}/clip")[1]["reason"] == "expired"


@pytest.mark.parametrize("name", ["..%2f..%2fevents.db", "0" * 23, "0" * 24, "ZZ", "%00", "open"])
def test_an_id_is_no_path(server: RunningServer, name: str) -> None:
    assert server.request("GET", f"/clips/{name}/video")[0] == 404
    assert server.request("GET", f"/clips/{name}")[0] == 404


@pytest.mark.parametrize("body", [{}, {"seconds": 0}, {"seconds": 601}, {"seconds": "9"}, {"seconds": True}])
def test_seconds_are_checked(server: RunningServer, body: dict[str, Any]) -> None:
    status, answer = server.post("/clips/record", body)
    assert status == 400
    assert answer["error"].startswith("seconds: ")


def test_the_command_line_lists_exports_and_laps(server: RunningServer, tmp_path: Path) -> None:
    clip = clip_of(server, happens(server))
    listed = ipcamera(server, "clips", "list")
    assert clip["id"] in listed
    assert "MOTION" in listed
    ipcamera(server, "clips", "export", clip["id"], str(tmp_path / "out.mp4"))
    assert set(probe(tmp_path / "out.mp4")) == {"video", "audio"}
    lapse = tmp_path / "day.mp4"
    ipcamera(server, "timelapse", "today", str(lapse), "--seconds", "1")
    assert probe(lapse)["video"]["codec_name"] == "h264"
    ipcamera(server, "clips", "delete", clip["id"])
    assert server.get(f"/clips/{clip['id']}")[0] == 404


def ipcamera(server: RunningServer, *arguments: str) -> str:
    command = [sys.executable, "-m", "scripts.ipcamera", *arguments, "--data-dir", str(server.data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_continuous_recording_is_played_as_hls(server: RunningServer, tmp_path: Path) -> None:
    assert server.get("/recordings/playlist.m3u8")[0] == 404
    server.post("/settings", {"recordContinuously": True})
    server.wait_for(lambda: (server.data_dir / "clips" / "open").glob("*.mp4"))
    clip_of(server, happens(server))  # both at once, from one store
    server.post("/settings", {"recordContinuously": False})
    clips = server.wait_for(lambda: server.get("/clips?type=CONTINUOUS")[1]["clips"])
    status, playlist, _ = server.request("GET", f"/recordings/playlist.m3u8?token={server.token}")
    assert status == 200
    assert f"clips/{clips[0]['id']}/video" in playlist.decode()
    url = f"{server.url}/recordings/playlist.m3u8?token={server.token}"
    player = ["ffmpeg", "-v", "error", "-tls_verify", "0", "-i", url, *NOWHERE]
    played = subprocess.run(player, capture_output=True, text=True, timeout=60)
    assert played.returncode == 0, played.stderr
    for clip in clips:
        path = tmp_path / f"{clip['id']}.mp4"
        path.write_bytes(server.request("GET", clip["video"])[1])
        assert set(probe(path)) == {"video", "audio"}


@pytest.mark.parametrize("victim", ["recorder", "encoder", "event_log"])
def test_what_is_killed_in_the_middle_leaves_nothing_that_cannot_be_played(server: RunningServer, victim: str) -> None:
    event_id = happens(server)
    server.wait_for(lambda: list((server.data_dir / "clips" / "open").glob("*.mp4")))
    before = server.rows()[victim]
    server.kill(victim)
    server.wait_for(lambda: server.back_again(victim, before.restarts))
    clip_of(server, event_id)
    server.wait_for(lambda: not list((server.data_dir / "clips" / "open").glob("*.mp4")))
    clips = server.get("/clips?limit=500")[1]["clips"]
    ids = [clip["id"] for clip in clips]
    assert len(ids) == len(set(ids))
    listed = {*ids, *(clip["id"] for clip in server.get("/clips?type=CONTINUOUS")[1]["clips"])}
    assert listed == {path.stem for path in (server.data_dir / "clips").glob("*.mp4")}
    for clip in clips[-3:]:
        probe(server.data_dir / "clips" / f"{clip['id']}.mp4")


def test_switched_off_it_costs_nothing_and_says_so(server: RunningServer) -> None:
    server.post("/settings", {"clipsEnabled": False})
    server.wait_for(lambda: view(server).state == "off")
    assert view(server).pid == 0
    assert server.post("/clips/record", {"seconds": 1})[0] == 503
    assert server.get("/clips")[1]["storage"]["recording"] is False
    assert server.get("/health", token="")[1]["actors"]["recorder"] == "off"
    server.post("/settings", {"clipsEnabled": True})
    server.wait_for(lambda: view(server).state == "up")
