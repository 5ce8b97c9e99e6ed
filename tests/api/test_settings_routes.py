"""/settings, /status, /capabilities, /torch, /health, /api/actors: bodies and codes, against a real client."""

import json
import time
from typing import Any

import pytest

from config.settings import DOCUMENTED, REGISTRY, validate, without_pro
from models.errors import Unavailable
from models.messages.camera import CameraInfo, CameraView, Capabilities, SetTorch
from models.messages.encoder import VideoView
from models.messages.microphone import MicrophoneView
from models.messages.settings import ChangeResult, ChangeSettings, SettingsView
from models.messages.speaker import SpeakerView
from models.messages.supervisor import ActorRow, ActorState, ActorStates, ActorTable, GetActors
from tests.api.stage import States
from tests.api.surface import FREE, TOKEN, Served, Surface, cookie, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
CAMERA = CameraView("running", True, "USB camera (/dev/video0)", "v4l2", 1280, 720, 29.97)
UP = ActorRow("camera", "up", 100, 12.34, 1, "killed", 3.21, 1000, 0)
WITHOUT_MODEL = ActorRow("object_detector", "degraded", 101, 5.0, 0, "", 0.0, 1000, 0, "model missing")
DOWN = ActorRow("mqtt", "degraded", 0, 0.0, 6, "crashed 6 times", 0.0, 0, 0)
RESTARTING = ActorRow("rtsp", "restarting", 0, 0.0, 1, "hung", 0.0, 0, 0)


def settings_actor(surface: Surface) -> None:
    """As the settings actor answers, without keeping."""

    def change(message: ChangeSettings) -> ChangeResult:
        checked = validate(message.values, internal=message.internal)
        values, blocked = without_pro(checked.values) if not surface.license.is_pro else (checked.values, ())
        surface.settings |= values
        return ChangeResult(checked.errors, blocked, tuple(values), SettingsView(surface.settings, surface.settings))

    surface.answers[ChangeSettings] = change


async def call(server: Served, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with server.request(method, path, headers=more.pop("headers", BEARER), **more) as response:
        assert response.content_type == "application/json"
        return response.status, await response.json()


async def test_get_settings_has_44_keys_then_the_licence_then_ours() -> None:
    async with served() as server:
        status, body = await call(server, "GET", "/settings")
    keys = list(body)
    assert status == 200
    assert keys[:44] == [setting.key for setting in DOCUMENTED]
    assert keys[44] == "license"
    assert keys[45:] == [key for key, setting in REGISTRY.items() if setting.extension]
    assert body["license"] == {
        "isPro": True,
        "state": "ACTIVE",
        "source": "REAL_PURCHASE",
        "billing": {"available": True, "status": "CONNECTED"},
    }


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 30_000, b"1" * 5000])
async def test_what_is_not_an_object_is_invalid_json(body: bytes) -> None:
    async with served(settings_actor) as server:
        assert await call(server, "POST", "/settings", data=body) == (400, {"error": "Invalid JSON"})


async def test_the_documents_validation_error_and_atomicity() -> None:
    request = {"unknownKey": 1, "jpegQuality": 10, "frameRate": 61}
    async with served(settings_actor) as server:
        assert await call(server, "POST", "/settings", json=request) == (
            400,
            {
                "success": False,
                "errors": ["unknownKey: Unknown setting", "frameRate: Value must be between 1 and 60"],
            },
        )
        assert (await call(server, "GET", "/settings"))[1]["jpegQuality"] == 85


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
async def test_a_change(content_type: str) -> None:
    async with served(settings_actor) as server:
        headers = {**BEARER, "Content-Type": content_type}
        data = json.dumps({"frameRate": 20, "mqttBrokerUrl": "mqtts://host"})
        assert await call(server, "POST", "/settings", data=data, headers=headers) == (200, {"success": True})
        body = (await call(server, "GET", "/settings"))[1]
    assert (body["frameRate"], body["mqttBrokerUrl"], body["mqttPort"], body["mqttUseTls"]) == (20, "host", 8883, True)


async def test_nothing_to_change_is_a_success() -> None:
    async with served(settings_actor) as server:
        assert await call(server, "POST", "/settings", data=b"{}") == (200, {"success": True})


async def test_pro_switches_on_a_free_device() -> None:
    def free(surface: Surface) -> None:
        settings_actor(surface)
        surface.license = FREE

    async with served(free) as server:
        headers = {**cookie(), "X-CSRF-Token": server.csrf}
        request = {"motionEnabled": True, "rtspEnabled": True, "soundEnabled": False, "frameRate": 20}
        assert await call(server, "POST", "/settings", json=request, headers=headers) == (
            200,
            {"success": True, "proBlocked": ["motionEnabled", "rtspEnabled"]},
        )
        body = (await call(server, "GET", "/settings", headers=cookie()))[1]
    assert (body["motionEnabled"], body["frameRate"], body["license"]["isPro"]) == (False, 20, False)


async def test_the_disk_is_full() -> None:
    def full(surface: Surface) -> None:
        surface.answers[ChangeSettings] = Unavailable("The settings could not be saved: No space left on device")

    async with served(full) as server:
        status, body = await call(server, "POST", "/settings", json={"frameRate": 20})
    assert (status, body) == (503, {"error": "The settings could not be saved: No space left on device"})


async def test_the_form() -> None:
    async with served() as server:
        status, body = await call(server, "GET", "/api/settings/schema")
    keys = [field["key"] for group in body["groups"] for field in group["settings"]]
    assert status == 200
    assert sorted(keys) == sorted(REGISTRY)


def states(*rows: ActorRow) -> ActorStates:
    shown = {row.name: ActorState(row.state, row.detail or row.last_reason, row.pid > 0) for row in rows}
    return ActorStates(shown, time.monotonic() - 12.3)


def whole(surface: Surface) -> None:
    surface.settings["streaming"] = True
    surface.states.put(CAMERA)
    surface.states.put(states(UP, WITHOUT_MODEL))
    surface.answers[GetActors] = ActorTable((UP, WITHOUT_MODEL))


async def test_status() -> None:
    began = time.monotonic()
    async with served(whole) as server:
        status, body = await call(server, "GET", "/status")
        settings = (await call(server, "GET", "/settings"))[1]
    assert status == 200
    assert list(body)[:5] == ["clients", "wsClients", "streaming", "cameraRunning", "settings"]
    assert (body["clients"], body["wsClients"], body["streaming"], body["cameraRunning"]) == (0, 0, True, True)
    assert body["settings"] == settings
    assert (body["fps"], body["state"]) == (30.0, "ACTIVE")
    assert 12 <= body["uptimeSec"] <= round(12.3 + time.monotonic() - began)
    assert body["degraded"] == {"object_detector": "model missing"}


async def test_status_while_everybody_else_is_away() -> None:
    def alone(surface: Surface) -> None:
        surface.states = States()

    async with served(alone) as server:
        status, body = await call(server, "GET", "/status")
    assert (status, body["cameraRunning"], body["clients"]) == (200, False, 0)
    assert body["camera"]["reason"] == "The camera is starting"
    assert not {"uptimeSec", "degraded"} & set(body)


async def test_capabilities() -> None:
    def camera(surface: Surface) -> None:
        sizes = ("1280x720", "1920x1080")
        one = CameraInfo("0", "HD Webcam", sizes)
        surface.states = States(
            Capabilities(("0",), sizes, (15, 30), 30, (one,), torch=True),
            MicrophoneView("running", "ALSA", -60.0),
            SpeakerView("none", "", False),
            VideoView(True, "libx264", "avc1.42C01F", 1280, 720, 30.0, 60, 1.0, 1.0, 1, 1, 0),
        )

    async with served(camera) as server:
        status, body = await call(server, "GET", "/capabilities")
    assert status == 200
    assert list(body)[:4] == ["cameraIds", "resolutions", "frameRates", "maxFrameRate"]
    assert (body["cameraIds"], body["frameRates"], body["maxFrameRate"]) == (["0"], [15, 30], 30)
    assert body["cameras"] == [{"id": "0", "name": "HD Webcam", "resolutions": ["1280x720", "1920x1080"]}]
    assert (body["torch"], body["audioIn"], body["audioOut"], body["encoder"]) == (True, True, False, "libx264")


async def test_capabilities_before_the_camera_has_spoken() -> None:
    async with served() as server:
        assert await call(server, "GET", "/capabilities") == (503, {"error": "The camera is starting"})


async def test_torch() -> None:
    lit = False

    def lamp(surface: Surface) -> None:
        def switch(message: SetTorch) -> bool:
            nonlocal lit
            lit = not lit if message.on is None else message.on
            return lit

        settings_actor(surface)
        surface.answers[SetTorch] = switch

    async with served(lamp) as server:
        assert await call(server, "POST", "/torch") == (200, {"torchEnabled": True})
        assert (await call(server, "GET", "/settings"))[1]["torchEnabled"] is True
        assert await call(server, "POST", "/torch", json={}) == (200, {"torchEnabled": False})
        assert await call(server, "POST", "/torch", json={"enabled": False}) == (200, {"torchEnabled": False})
        assert await call(server, "POST", "/torch", json={"enabled": 1}) == (
            400,
            {"error": "enabled: Expected boolean"},
        )


async def test_no_torch() -> None:
    def dark(surface: Surface) -> None:
        surface.answers[SetTorch] = Unavailable("Torch not available")

    async with served(dark) as server:
        assert await call(server, "POST", "/torch") == (503, {"error": "Torch not available"})


@pytest.mark.parametrize(
    ("rows", "status", "word"),
    [
        ((UP,), 200, "ok"),
        ((UP, WITHOUT_MODEL), 200, "degraded"),
        ((UP, DOWN), 503, "unhealthy"),
        ((UP, RESTARTING), 503, "unhealthy"),
    ],
)
async def test_health(rows: tuple[ActorRow, ...], status: int, word: str) -> None:
    def table(surface: Surface) -> None:
        surface.states.put(states(*rows))
        surface.license = FREE

    async with served(table) as server:
        answer = await call(server, "GET", "/health", headers={})
    assert answer == (status, {"status": word, "actors": {row.name: row.state for row in rows}})


async def test_health_before_the_supervisor_has_spoken() -> None:
    async with served() as server:
        assert await call(server, "GET", "/health", headers={}) == (503, {"status": "unhealthy", "actors": {}})


async def test_actors() -> None:
    async with served(whole) as server:
        status, body = await call(server, "GET", "/api/actors")
    assert status == 200
    assert body["actors"][0] == {
        "name": "camera",
        "state": "up",
        "pid": 100,
        "uptimeSec": 12.3,
        "restarts": 1,
        "lastReason": "killed",
        "cpuPercent": 3.2,
        "pssBytes": 1000,
        "queue": 0,
        "detail": "",
    }
