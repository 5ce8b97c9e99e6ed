"""The whole program as an ONVIF camera: its addresses work for the clients that follow them."""

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import aiohttp
import onvif_parsers
import pytest
from zeep.exceptions import Fault

from models.messages.onvif import ONVIF, GetOnvif
from tests.actors.onvif.onvif_kit import PASSWORD, USER, WSDL
from tests.ports import free_port
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
FRIGATE = (  # its preset-rtsp-generic
    *("-avoid_negative_ts", "make_zero", "-fflags", "+genpts+discardcorrupt", "-rtsp_transport", "tcp"),
    *("-timeout", "10000000", "-use_wallclock_as_timestamps", "1"),
)


class Camera:
    def __init__(self, server: RunningServer) -> None:
        self.server, self.port, self.rtsp_port = server, free_port(), free_port()
        login = {"rtspUsername": USER, "rtspPassword": PASSWORD, "rtspPort": self.rtsp_port, "rtspEnabled": True}
        assert server.post("/api/rtsp/apply-settings", login)[0] == 200
        self.set(onvifPort=self.port, onvifEnabled=True, audioEnabled=True)
        server.wait_for(lambda: self.status()["running"])

    def set(self, **values: Any) -> None:
        assert self.server.post("/settings", values)[0] == 200

    def status(self) -> dict[str, Any]:
        return json.loads(self.server.request("GET", "/api/onvif/status")[1])  # type: ignore[no-any-return]

    def __call__(self) -> Any:
        import onvif

        return onvif.ONVIFCamera("127.0.0.1", self.port, USER, PASSWORD, WSDL, no_cache=True)


@pytest.fixture(scope="module")
def camera(server: RunningServer) -> Camera:
    return Camera(server)


async def stream_uri(camera: Camera, profile: str) -> str:
    client = camera()
    await client.update_xaddrs()
    media = await client.create_media_service()
    answer = await media.GetStreamUri({"StreamSetup": SETUP, "ProfileToken": profile})
    await client.close()
    return str(answer.Uri).replace("rtsp://", f"rtsp://{USER}:{PASSWORD}@")


@pytest.mark.parametrize("profile", ["main", "sub"])
async def test_ffmpeg_with_frigates_arguments_plays_the_stream(camera: Camera, profile: str) -> None:
    uri = await stream_uri(camera, profile)
    detect = ["-r", "5", "-vf", "scale=320:180", "-threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    command = ["ffmpeg", "-v", "error", *FRIGATE, "-i", uri, "-an", *detect, "-frames:v", "5", "pipe:"]
    played = subprocess.run(command, capture_output=True, timeout=60)
    assert (played.returncode, len(played.stdout)) == (0, 5 * 320 * 180 * 3 // 2)


@pytest.mark.parametrize("profile", ["main", "sub"])
async def test_gstreamer_plays_the_stream(camera: Camera, profile: str) -> None:
    uri = await stream_uri(camera, profile)
    source = ["rtspsrc", f"location={uri}", "protocols=tcp", "!", "rtph264depay", "!", "h264parse"]
    command = ["gst-launch-1.0", "-q", *source, "!", "identity", "eos-after=10", "!", "fakesink"]
    played = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert played.returncode == 0, played.stderr


async def test_the_snapshot_is_a_picture(camera: Camera) -> None:
    client = camera()
    await client.update_xaddrs()
    uri = await client.get_snapshot_uri("main")
    large, small = [await client.get_snapshot(profile) for profile in ("main", "sub")]
    assert large[:2] == small[:2] == b"\xff\xd8", "as Home Assistant fetches it"
    assert len(small) < len(large)
    await client.close()
    login = aiohttp.DigestAuthMiddleware(USER, PASSWORD)
    async with aiohttp.ClientSession(middlewares=(login,)) as session, session.get(uri) as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
    curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--digest", "-u", f"{USER}:{PASSWORD}", uri]
    assert subprocess.run(curl, capture_output=True, text=True, timeout=30).stdout == "200"


async def test_motion_is_told_and_who_is_told_is_shown(camera: Camera) -> None:
    client = camera()
    await client.update_xaddrs()
    manager = await client.create_pullpoint_manager(timedelta(minutes=10), lambda: None)
    camera.set(motionEnabled=True)  # the pattern moves
    told = False
    while not told:
        pulled = await manager.get_service().PullMessages({"MessageLimit": 100, "Timeout": timedelta(seconds=20)})
        for message in pulled.NotificationMessage:
            [entity] = await onvif_parsers.parse(message.Topic._value_1, "uid", message)
            told = told or (entity.name == "Cell Motion Detection" and entity.value)
    camera.set(motionEnabled=False)
    [subscriber] = camera.status()["subscribers"]
    assert (subscriber["client"], subscriber["kind"]) == ("127.0.0.1", "pull point")
    command = [sys.executable, "-m", "scripts.ipcamera", "status", "--data-dir", str(camera.server.data_dir)]
    shown = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
    assert f"ONVIF    port {camera.port}, 1 subscribed" in shown.stdout
    assert "127.0.0.1 (Zeep/" in shown.stdout
    await manager.shutdown()
    await client.close()


async def test_killed_it_is_back_and_its_clients_subscribe_anew(camera: Camera) -> None:
    client = camera()
    await client.update_xaddrs()
    manager = await client.create_pullpoint_manager(timedelta(minutes=10), lambda: None)
    former = camera.server.rows()["onvif"]
    camera.server.kill("onvif")
    camera.server.wait_for(lambda: camera.server.back_again("onvif", former.restarts))
    camera.server.wait_for(lambda: camera.status()["running"])
    with pytest.raises(Fault, match="Unknown subscription"):
        await manager.get_service().PullMessages({"MessageLimit": 1, "Timeout": timedelta(seconds=1)})
    await manager._renew_or_restart_subscription()
    await manager.get_service().PullMessages({"MessageLimit": 1, "Timeout": timedelta(seconds=1)})
    assert len(camera.status()["subscribers"]) == 1
    await manager.shutdown()
    await client.close()


def test_switched_off_there_is_no_process_and_no_port(camera: Camera) -> None:
    camera.set(onvifEnabled=False)
    server = camera.server
    server.wait_for(lambda: not server.rows()["onvif"].pid)
    assert camera.status() == {
        "enabled": False, "running": False, "port": camera.port, "lastError": None, "subscribers": []
    }  # fmt: skip
    camera.set(onvifEnabled=True)
    server.wait_for(lambda: camera.status()["running"])
    assert server.ask(ONVIF, GetOnvif()).running
    camera.set(rtspEnabled=False)
    server.wait_for(lambda: not server.rows()["onvif"].pid)
