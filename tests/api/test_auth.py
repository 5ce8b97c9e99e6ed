"""Logging in and out as the API document shows it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from models.errors import TimedOut
from models.messages.auth import LogOut
from tests.api.surface import PASSWORD, TOKEN, Served, cookie, served

JSON = {"Content-Type": "application/json"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


async def log_in(server: Served, password: object = PASSWORD) -> tuple[int, Any]:
    async with server.request("POST", "/auth", json={"password": password}) as response:
        return response.status, await response.json()


async def test_the_right_password(server: Served) -> None:
    async with server.request("POST", "/auth", json={"password": PASSWORD}) as response:
        body = await response.json()
        set_cookie, own = response.headers.getall("Set-Cookie")
    assert body.keys() == {"success", "token", "csrfToken"}
    assert body["success"] is True
    assert len(body["token"]) * 4 >= 128
    for part in (f"session={body['token']}", "HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=604800"):
        assert part in set_cookie.split("; ")
    assert own == set_cookie.replace("session=", f"session_{server.https_port}=")
    async with server.request("GET", "/settings", headers={"Authorization": f"Bearer {body['token']}"}) as response:
        assert response.status == 200


async def test_the_sixth_try_is_refused_even_with_the_right_password(server: Served) -> None:
    for _ in range(5):
        assert await log_in(server, "wrong") == (401, {"success": False, "error": "Invalid password"})
    locked = {"success": False, "error": "Too many attempts", "lockout": True}
    async with server.request("POST", "/auth", json={"password": PASSWORD}) as response:
        assert (response.status, await response.json()) == (
            429,
            {**locked, "lockoutRemaining": response_wait(response)},
        )
        assert 25 < response_wait(response) <= 30
    server.surface.door.lockouts = type(server.surface.door.lockouts)()
    assert (await log_in(server))[0] == 200


def response_wait(response: Any) -> int:
    return int(response.headers["Retry-After"])


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        (JSON, b"{", "Invalid JSON"),
        (JSON, b"[]", None),
        (JSON, b"{}", "password: Expected string"),
        (JSON, b'{"password": 5}', "password: Expected string"),
        (JSON, b'{"password": null}', "password: Expected string"),
        ({"Content-Type": "text/plain"}, b'{"password": "x"}', "Content-Type must be application/json"),
        ({}, b'{"password": "x"}', "Content-Type must be application/json"),
    ],
)
async def test_what_is_no_login(server: Served, headers: dict[str, str], body: bytes, text: str | None) -> None:
    async with server.request("POST", "/auth", headers=headers, data=body) as response:
        answered = await response.json()
    assert response.status == 400
    assert answered["success"] is False
    assert text is None or answered["error"] == text
    assert server.surface.door.lockouts.as_dict()["failures"] == {}


async def test_status(server: Served) -> None:
    for headers, more in (
        ({}, {}),
        (BEARER, {}),
        (cookie("nonsense"), {}),
        (cookie(), {"authenticated": True, "csrfToken": server.csrf, "role": "owner"}),
    ):
        async with server.request("GET", "/auth/status", headers=headers) as response:
            assert await response.json() == {"enabled": True, "configured": True, **more}


async def test_logging_out_ends_the_session_that_is_shown(server: Served) -> None:
    async with server.request("POST", "/auth/logout", headers=BEARER) as response:
        assert (response.status, await response.json()) == (200, {"success": True})
        assert 'session=""' in response.headers["Set-Cookie"]
    async with server.request("GET", "/settings", headers=BEARER) as response:
        assert (response.status, await response.json()) == (401, {"error": "Invalid token"})


async def test_logging_out_needs_csrf_with_a_cookie_and_nothing_without(server: Served) -> None:
    for headers, status in (
        (cookie(), 403),
        ({**cookie(), "X-CSRF-Token": server.csrf}, 200),
        (cookie(), 200),  # ended by now
        ({}, 200),
        ({"Authorization": "Bearer nonsense"}, 200),
    ):
        async with server.request("POST", "/auth/logout", headers=headers) as response:
            assert response.status == status, headers


async def test_a_logout_that_did_not_happen_is_not_called_one(server: Served) -> None:
    server.surface.answers[LogOut] = TimedOut("auth did not answer")
    async with server.request("POST", "/auth/logout", headers=BEARER) as response:
        assert response.status == 503


@pytest.mark.parametrize(
    ("body", "status", "answered"),
    [
        ({"current": PASSWORD, "new": "another horse"}, 200, {"success": True}),
        ({"current": "wrong", "new": "another horse"}, 403, {"success": False, "error": "Invalid password"}),
        ({"new": "another horse"}, 400, {"success": False, "error": "current: Expected string"}),
        ({"current": None, "new": "another horse"}, 400, {"success": False, "error": "current: Expected string"}),
        ({"current": PASSWORD}, 400, {"success": False, "error": "new: Expected string"}),
    ],
)
async def test_changing_the_password(server: Served, body: dict[str, Any], status: int, answered: Any) -> None:
    async with server.request("POST", "/auth/password", headers=BEARER, json=body) as response:
        assert (response.status, await response.json()) == (status, answered)
    async with server.request("GET", "/settings", headers=BEARER) as response:
        assert (response.status == 401) == (status == 200)


async def test_the_page_brings_a_session_while_protection_is_off(server: Served) -> None:
    async with server.request("GET", "/") as response:
        assert response.status == 200
        assert "Set-Cookie" not in response.headers
    server.surface.door.enabled = False
    async with server.request("GET", "/") as response:
        assert "HttpOnly" in response.headers["Set-Cookie"]
        assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
        token = response.cookies["session"].value
    async with server.request("GET", "/auth/status", headers=cookie(token)) as response:
        assert (await response.json())["authenticated"] is True
    async with server.request("GET", "/", headers=cookie(token)) as response:
        assert "Set-Cookie" not in response.headers
