"""/api/rtsp/*: bodies and codes, against a real client."""

from typing import Any

import pytest

from models.errors import Conflict, Unavailable
from models.messages import Ok
from models.messages.rtsp import (
    ApplyRtsp,
    GetRtsp,
    RestartRtsp,
    RtspChange,
    RtspLogin,
    RtspSession,
    RtspView,
    StartRtsp,
    StopRtsp,
    StoreRtsp,
    TakeNewLogin,
)
from tests.api.surface import PASSWORD, TOKEN, Served, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
SESSION = RtspSession("192.0.2.7", "Lavf60", "tcp", "playing", 2500.0, 0.4, 12.3)
VIEW = RtspView(True, True, 8554, "/stream", 1, "", (SESSION,))
BUSY = Conflict("Port 8554 is in use")
DOCUMENTED = {"enabled": True, "running": True, "port": 8554, "path": "/stream", "clients": 1}
PATHS = {"start": StartRtsp, "stop": StopRtsp, "restart": RestartRtsp}


async def call(server: Served, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with server.request(method, path, headers=BEARER, json=body) as response:
        return response.status, await response.json()


async def test_status_has_the_five_fields_first_then_ours() -> None:
    async with served() as server:
        server.surface.answers[GetRtsp] = VIEW
        status, body = await call(server, "GET", "/api/rtsp/status")
    assert status == 200
    assert list(body)[:5] == list(DOCUMENTED)
    assert {key: body[key] for key in DOCUMENTED} == DOCUMENTED
    assert body["lastError"] is None
    assert body["sessions"][0]["userAgent"] == "Lavf60"


@pytest.mark.parametrize("action", PATHS)
async def test_actions(action: str) -> None:
    async with served() as server:
        server.surface.answers[PATHS[action]] = Ok()
        assert await call(server, "POST", f"/api/rtsp/{action}") == (200, {"success": True})
        server.surface.answers[PATHS[action]] = BUSY
        wrong = {"success": False, "error": "Port 8554 is in use"}
        assert await call(server, "POST", f"/api/rtsp/{action}") == (500, wrong)
        server.surface.answers[PATHS[action]] = Unavailable("rtsp is restarting")
        assert (await call(server, "POST", f"/api/rtsp/{action}"))[0] == 503


async def test_settings_say_whether_a_restart_is_needed() -> None:
    async with served() as server:
        server.surface.answers[StoreRtsp] = RtspChange(restart_required=True)
        answer = await call(server, "POST", "/api/rtsp/settings", {"rtspPort": 9000})
        assert answer == (200, {"success": True, "restartRequired": True})


@pytest.mark.parametrize(("path", "message"), [("settings", StoreRtsp), ("apply-settings", ApplyRtsp)])
async def test_wrong_values(path: str, message: type) -> None:
    error = "rtspPort: Value must be between 1024 and 65535"
    async with served() as server:
        server.surface.answers[message] = RtspChange((error,))
        answer = await call(server, "POST", f"/api/rtsp/{path}", {"rtspPort": 80})
        assert answer == (400, {"success": False, "errors": [error]})


async def test_apply_settings() -> None:
    async with served() as server:
        server.surface.answers[ApplyRtsp] = RtspChange()
        assert await call(server, "POST", "/api/rtsp/apply-settings", {}) == (200, {"success": True})
        server.surface.answers[ApplyRtsp] = BUSY
        status, body = await call(server, "POST", "/api/rtsp/apply-settings", {})
        assert (status, body) == (500, {"success": False, "error": "Port 8554 is in use"})


async def test_no_json_is_no_change() -> None:
    async with served() as server, server.request("POST", "/api/rtsp/settings", headers=BEARER, data=b"{") as response:
        assert response.status == 400


async def test_the_new_login_is_told() -> None:
    async with served() as server:
        server.surface.answers[TakeNewLogin] = RtspLogin("viewer", "secret")
        shown = {"login": {"username": "viewer", "password": "secret"}}
        assert await call(server, "POST", "/api/rtsp/new-login") == (200, shown)
        server.surface.answers[TakeNewLogin] = RtspLogin("", "")
        assert await call(server, "POST", "/api/rtsp/new-login") == (200, {"login": None})


@pytest.mark.parametrize(("path", "message"), [("settings", StoreRtsp), ("apply-settings", ApplyRtsp)])
async def test_the_password_confirms_and_goes_no_further(path: str, message: type) -> None:
    async with served() as server:
        server.surface.answers[message] = RtspChange()
        for body, confirmed in (({}, False), ({"currentPassword": PASSWORD}, True)):
            assert (await call(server, "POST", f"/api/rtsp/{path}", {"rtspOpen": True, **body}))[0] == 200
            asked = next(one for one in reversed(server.surface.asked) if isinstance(one, message))
            assert asked == message({"rtspOpen": True}, confirmed=confirmed)
        assert (await call(server, "POST", f"/api/rtsp/{path}", {"currentPassword": "wrong"}))[0] == 403
        assert (await call(server, "POST", f"/api/rtsp/{path}", {"currentPassword": 1}))[0] == 400
