"""Sessions, tokens, and what each role may do."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from api.routes import load_all
from api.routing import Access
from models.security.roles import ROLES
from tests.api.matrix import concrete
from tests.api.surface import PASSWORD, TOKEN, Served, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FOR_MEDIA = {"/stream", "/video.mjpg", "/snapshot", "/snapshot.jpg", "/capture"}
FOR_VIEWERS = FOR_MEDIA | {
    "/status", "/settings", "/api/settings/schema", "/capabilities", "/events", "/events/range",
    "/events/{id:[0-9]+}", "/events/{id}/thumbnail", "/events/{id}/picture", "/events/{id}/clip", "/api/events/export",
    "/clips", "/clips/{id:[0-9a-f]+}", "/clips/{id}/video", "/clips/{id}/boxes", "/recordings/playlist.m3u8",
}  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


async def call(server: Served, method: str, path: str, headers: Mapping[str, str], **more: Any) -> tuple[int, Any]:
    async with server.request(method, path, headers=headers, **more) as response:
        json = response.content_type == "application/json"
        return response.status, await response.json() if json else await response.read()


async def made(server: Served, role: str) -> Any:
    status, body = await call(server, "POST", "/api/tokens", BEARER, json={"name": f"for {role}", "role": role})
    assert status == 200, body
    return body


@pytest.mark.parametrize("role", ROLES)
async def test_what_each_role_may_do(server: Served, role: str) -> None:
    headers = {"Authorization": f"Bearer {(await made(server, role))['token']}"}
    for route in load_all():
        if route.access is Access.PUBLIC:
            continue
        status, body = await call(server, route.method, concrete(route.path), headers)
        allowed = role == "owner" or (
            route.method == "GET" and route.path in {"media": FOR_MEDIA, "viewer": FOR_VIEWERS}[role]
        )
        refused = (status, body) == (403, {"error": "This credential does not permit that", "role": role})
        assert refused is not allowed, (route.method, route.path, status, body)


async def test_a_token_for_the_picture_comes_with_its_urls(server: Served) -> None:
    body = await made(server, "media")
    assert body["streamUrl"] == f"{server.url('/stream')}?token={body['token']}"
    assert body["snapshotUrl"] == f"{server.url('/snapshot')}?token={body['token']}"
    assert (await call(server, "GET", f"/snapshot?token={body['token']}", {}))[0] == 503  # let in, and no camera here
    assert (await call(server, "GET", f"/settings?token={body['token']}", {}))[0] == 401
    assert "streamUrl" not in await made(server, "viewer")


async def test_the_list_and_the_end(server: Served) -> None:
    token = await made(server, "viewer")
    _, body = await call(server, "GET", "/api/sessions", BEARER)
    mine, theirs = body["sessions"]
    assert (mine["kind"], mine["current"], mine["role"]) == ("login", True, "owner")
    assert (theirs["kind"], theirs["current"], theirs["name"], theirs["expires"]) == (
        "token",
        False,
        "for viewer",
        None,
    )
    assert token["token"] not in str(body)
    headers = {"Authorization": f"Bearer {token['token']}"}
    assert (await call(server, "GET", "/settings", headers))[0] == 200
    assert await call(server, "DELETE", f"/api/sessions/{theirs['id']}", BEARER) == (200, {"success": True})
    assert await call(server, "DELETE", f"/api/sessions/{theirs['id']}", BEARER) == (404, {"error": "No such session"})
    assert (await call(server, "GET", "/settings", headers))[0] == 401


async def test_a_browser_needs_its_csrf_token(server: Served) -> None:
    cookie = {"Cookie": f"session={TOKEN}"}
    for method, path in (("POST", "/api/tokens"), ("DELETE", "/api/sessions/x")):
        assert await call(server, method, path, cookie) == (403, {"error": "Invalid CSRF token"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": 3, "role": "media"},
        {"name": "x", "role": []},
        {"name": "x", "role": "media", "days": True},
    ],
)
async def test_what_is_no_token(server: Served, body: dict[str, Any]) -> None:
    assert (await call(server, "POST", "/api/tokens", BEARER, json=body))[0] == 400


async def test_the_status_names_the_role(server: Served) -> None:
    token = (await made(server, "viewer"))["token"]
    _, body = await call(server, "GET", "/auth/status", {"Cookie": f"session={token}"})
    assert body["role"] == "viewer"
    assert PASSWORD not in str(body)
