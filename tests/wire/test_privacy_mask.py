"""The privacy mask through the whole program: what it covers reaches no output, from the answer on, whoever is killed.

The source is a network camera whose own H.264 is passed through until the mask is on. What moves in it is bright.
"""

import asyncio
import contextlib
import io
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray

from models.messages.camera import CAMERA, Capture, GetCamera
from tests.actors.mqtt.broker import AVAILABLE, SUBSCRIBE, Broker
from tests.actors.shared.media.clips import clip
from tests.actors.shared.media.rtsp_stand_in import StandIn
from tests.wire.live_client import LiveClient
from tests.wire.server import INSECURE, RunningServer
from tests.wire.test_clips import clip_of, happens
from tests.wire.test_mqtt import record
from tests.wire.test_network_camera import served

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not AVAILABLE, reason="mosquitto and mosquitto-clients are not installed"),
]
Run = Callable[..., RunningServer]
Gray = NDArray[np.uint8]
MASK = "[[[0.05,0.05],[0.95,0.05],[0.95,0.6],[0.05,0.6]]]"
DARK = 60  # of 255: the bars and the ball behind it are brighter


def inside(gray: Gray) -> Gray:
    """The part of a picture that is covered, but for the blocks at its edge."""
    height, width = gray.shape
    return gray[round(height * 0.13) : round(height * 0.52), round(width * 0.12) : round(width * 0.88)]


def covered(gray: Gray) -> bool:
    dark = bool(inside(gray).max() < DARK)
    assert gray.max() > DARK, "the rest of the picture is there"
    return dark


def of_jpeg(data: bytes) -> Gray:
    return np.asarray(simplejpeg.decode_jpeg(data, "GRAY"))[:, :, 0]


def of_rtsp(url: str, count: int) -> list[Gray]:
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(20, 20)) as container:
        frames = container.decode(container.streams.video[0])
        return [next(frames).to_ndarray(format="gray") for _ in range(count)]


async def of_live(server: RunningServer, count: int) -> list[Gray]:
    client = await LiveClient.ready(server)
    await client.send("enableH264", enable=True)
    context = av.CodecContext.create("h264", "r")
    found: list[Gray] = []
    assert isinstance(context, av.VideoCodecContext)
    while len(found) < count:
        frames = context.decode(av.Packet(await client.frame()))
        found += [frame.to_ndarray(format="gray") for frame in frames]
    await client.close()
    return found


def of_mqtt(server: RunningServer, broker: Broker) -> Gray:
    """The picture that an event of now brings to the broker."""
    command = [SUBSCRIBE, *broker.arguments(), "-t", "ipcamera/image/event", "-F", "%x", "-R", "-C", "1", "-W", "40"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as listener:
        while listener.poll() is None:  # nobody tells from when on it listens
            record(server, 1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                listener.wait(1)
        assert listener.stdout is not None
        return of_jpeg(bytes.fromhex(listener.stdout.read().decode()))


def everywhere(server: RunningServer, rtsp: str, broker: Broker) -> dict[str, list[Gray]]:
    """Pictures of every output, each asked for anew."""
    found = {"rtsp": of_rtsp(rtsp, 5), "small rtsp": of_rtsp(f"{rtsp}2", 3), "live": asyncio.run(of_live(server, 5))}
    found["snapshot"] = [snapshot(server)]
    server.ask(CAMERA, Capture(), 15)
    found["capture"] = [of_jpeg(server.request("GET", "/capture")[1])]
    found["mqtt"] = [of_mqtt(server, broker)]
    path = f"/events/{server.get('/events')[1]['events'][-1]['eventId']}/thumbnail"
    server.wait_for(lambda: server.request("GET", path)[0] == 200)
    found["thumbnail"] = [of_jpeg(server.request("GET", path)[1])]
    return found


class Stream:
    """A viewer of /stream that keeps its pictures."""

    def __init__(self, server: RunningServer) -> None:
        request = urllib.request.Request(f"{server.url}/stream?token={server.token}")
        self._answer = urllib.request.urlopen(request, timeout=20, context=INSECURE)
        self._stopping = threading.Event()
        self.pictures: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stopping.is_set():
            line = self._answer.readline().lower()
            if line.startswith(b"content-length:"):
                while self._answer.readline().strip():
                    pass
                self.pictures.append(self._answer.read(int(line.split(b":")[1])))

    def stop(self) -> list[Gray]:
        self._stopping.set()
        self._thread.join(20)
        self._answer.close()
        return [of_jpeg(one) for one in self.pictures]


def uncovered(found: dict[str, list[Gray]]) -> set[str]:
    return {name for name, pictures in found.items() if not all(covered(one) for one in pictures)}


@pytest.fixture
def broker(tmp_path: Any) -> Any:
    started = Broker(tmp_path / "broker").start()
    yield started
    started.stop()


def test_nothing_of_what_is_covered_reaches_any_output(run: Run, broker: Broker) -> None:
    with StandIn(clip(size=(320, 240), pictures=100)) as camera:
        address = {"mqttEnabled": True, "mqttBrokerUrl": "127.0.0.1", "mqttPort": broker.port}
        server = run(source=camera.url, audio_source="none", settings={**address, "rtspMaxClientsPerIp": 9})
        rtsp = served(server, "320x240")
        assert server.ask(CAMERA, GetCamera()).passthrough == ("video",)
        before = everywhere(server, rtsp, broker)
        assert uncovered(before) == before.keys()

        stream = Stream(server)
        server.wait_for(lambda: len(stream.pictures) > 3)
        assert server.post("/settings", {"privacyMask": MASK}) == (200, {"success": True})
        assert covered(snapshot(server))
        assert server.request("GET", "/capture")[0] == 404  # of before: gone
        assert server.ask(CAMERA, GetCamera()).passthrough == ()
        assert uncovered(everywhere(server, rtsp, broker)) == set()
        seen = [covered(one) for one in stream.stop()]
        assert seen == sorted(seen)  # not one after the first that is covered
        assert (seen[0], seen[-1]) == (False, True)

        for actor in ("camera", "encoder", "settings"):
            restarts = server.rows()[actor].restarts
            server.kill(actor)
            server.wait_for(lambda actor=actor, restarts=restarts: server.back_again(actor, restarts), 40)
            assert uncovered(everywhere(server, rtsp, broker)) == set(), actor
        assert server.post("/settings", {"rotation": 180}) == (200, {"success": True})
        server.wait_for(lambda: not covered(snapshot(server)), 20)
        assert covered(snapshot(server)[::-1, ::-1])
        assert server.post("/settings", {"rotation": 0, "privacyMask": ""}) == (200, {"success": True})
        server.wait_for(lambda: server.ask(CAMERA, GetCamera()).passthrough == ("video",), 20)
        assert server.post("/settings", {"privacyMask": "closed"}) == (200, {"success": True})
        assert server.request("GET", "/snapshot")[0] == 503
        assert server.ask(CAMERA, GetCamera()).reason == "the privacy mask covers everything"


def test_nothing_of_what_is_covered_reaches_a_clip_or_a_recording(run: Run) -> None:
    """Not by the run-up either. All is encoded here, before and after: nothing but the mask tells pictures apart."""
    with StandIn(clip("mjpeg", size=(320, 240), pictures=100, huffman="default")) as camera:
        recording = {"clipsEnabled": True, "clipRunUpSec": 8, "recordContinuously": True}
        server = run(source=camera.url, audio_source="none", settings=recording)
        server.wait_for(lambda: server.post("/clips/record", {"seconds": 1})[0] == 200, 40)
        before = clip_of(server, happens(server))
        assert not any(covered(picture) for _, picture in of_clip(server, before))
        assert server.post("/settings", {"privacyMask": MASK}) == (200, {"success": True})
        answered = time.time_ns() // 1_000_000
        after = clip_of(server, happens(server))
        assert all(covered(picture) for _, picture in of_clip(server, after))

        server.kill("recorder")
        again = clip_of(server, happens(server))
        assert all(covered(picture) for _, picture in of_clip(server, again))
        assert server.post("/settings", {"recordContinuously": False}) == (200, {"success": True})
        server.wait_for(lambda: not list((server.data_dir / "clips" / "open").iterdir()), 40)
        whole = server.get("/clips?type=CONTINUOUS")[1]["clips"]
        seen = [(at, covered(picture)) for one in whole for at, picture in of_clip(server, one)]
        assert {dark for _, dark in seen} == {True, False}
        assert all(dark for at, dark in seen if at >= answered)
        playlist = server.request("GET", "/recordings/playlist.m3u8")[1].decode()
        assert set(re.findall("/clips/([0-9a-f]+)/video", playlist)) == {one["id"] for one in whole}  # ranges of them


def of_clip(server: RunningServer, one: dict[str, Any]) -> list[tuple[float, Gray]]:
    """(Unix ms, picture)."""
    with av.open(io.BytesIO(server.request("GET", one["video"])[1])) as container:
        return [
            (one["start"] + 1000 * (frame.time or 0), frame.to_ndarray(format="gray"))
            for frame in container.decode(video=0)
        ]


def snapshot(server: RunningServer) -> Gray:
    return of_jpeg(server.request("GET", "/snapshot")[1])
