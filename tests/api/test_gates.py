"""The order of the gates, the carriers and the shapes of refusals."""

import asyncio
import json
import socket
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from api import middleware
from api.routes import load_all
from models.errors import (
    Conflict,
    Invalid,
    LimitReached,
    Missing,
    Overloaded,
    Refused,
    Restarted,
    ServerError,
    TimedOut,
    Unavailable,
)
from models.http import limits
from models.messages.auth import WhoIs
from models.messages.event_log import GetEventRange
from tests.api.matrix import PASSED, calls, concrete, expected, shown
from tests.api.surface import FREE, PASSWORD, PRO, TOKEN, Served, cookie, served, trusting

ENDLESS = ("/stream", "/video.mjpg", "/ws")


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


async def answer(server: Served, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with server.request(method, path, **more) as response:
        assert response.content_type == "application/json", (method, path, response.status)
        return response.status, await response.json()


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "open"])
@pytest.mark.parametrize("pro", [True, False], ids=["pro", "free"])
async def test_matrix(server: Served, pro: bool, protected: bool) -> None:
    server.surface.license = PRO if pro else FREE
    server.surface.door.enabled = protected
    for call in calls(load_all(), pro, protected):
        headers, query = shown(call.carrier, TOKEN, server.csrf, PASSWORD)
        path = f"{concrete(call.route.path)}?{query}"
        if call.route.path == "/auth/logout":
            continue  # it ends the session that the others use
        async with server.request(call.route.method, path, headers=headers) as response:
            status, body = expected(call)
            text = await response.text()
            if (status, body) == PASSED:
                refused = response.status == 401 or (response.status == 403 and "Pro license" in text)
                assert not refused, (str(call), text)
            else:
                assert (response.status, json.loads(text)) == (status, body), str(call)


async def test_unknown_paths_and_methods(server: Served) -> None:
    assert await answer(server, "GET", "/nowhere") == (404, {"error": "Not found"})
    async with server.request("PUT", "/settings") as response:
        assert response.status == 405
        assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
        assert await response.json() == {"error": "Method not allowed"}


async def test_every_route_refuses_other_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUESTS_BURST", 10_000)  # a stranger's budget is no matter here
    async with served() as server:
        await _refuses_other_methods(server)


async def _refuses_other_methods(server: Served) -> None:
    paths: dict[str, set[str]] = {}
    for route in load_all():
        paths.setdefault(route.path, set()).add(route.method)
    for path, methods in paths.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
            status, body = await answer(server, method, concrete(path), headers={"Authorization": f"Bearer {TOKEN}"})
            assert (status, body) == (405, {"error": "Method not allowed"}), (method, path)


@pytest.mark.parametrize(
    ("headers", "path", "status", "text"),
    [
        ({}, "/settings", 401, "Authentication required"),
        ({"Authorization": "Bearer nonsense"}, "/settings", 401, "Invalid token"),
        ({"Authorization": "Bearer "}, "/settings", 401, "Invalid token"),
        ({"Authorization": "Digest x"}, "/settings", 401, "Invalid token"),
        ({"Authorization": "Basic !!"}, "/snapshot", 401, "Invalid token"),
        (cookie("nonsense"), "/settings", 401, "Invalid token"),
        ({**cookie(), "Authorization": "Bearer nonsense"}, "/settings", 401, "Invalid token"),
        (cookie(), "/snapshot?token=nonsense", 401, "Invalid token"),
        (cookie(), "/settings?token=nonsense", 200, None),
        ({"Authorization": f"bearer {TOKEN}"}, "/settings", 200, None),
        ({"Authorization": f"Bearer {TOKEN}", **cookie("nonsense")}, "/settings", 200, None),
        ({"Authorization": f"Bearer {'x' * 5000}"}, "/settings", 401, "Invalid token"),
        ({"Cookie": f"a=b; session={TOKEN}; session=nonsense"}, "/settings", 200, None),
        ({"Cookie": f"sessions={TOKEN}"}, "/settings", 401, "Authentication required"),
    ],
)
async def test_which_carrier_decides(
    server: Served, headers: dict[str, str], path: str, status: int, text: str | None
) -> None:
    async with server.request("GET", path, headers=headers) as response:
        assert response.status == status
        if text is not None:
            assert await response.json() == {"error": text}
            assert "Bearer" in response.headers.getall("WWW-Authenticate")


@pytest.mark.parametrize(
    ("headers", "token_too", "status"),
    [
        (cookie(), False, 403),
        ({**cookie(), "X-CSRF-Token": "wrong"}, False, 403),
        ({**cookie(), "X-CSRF-Token": "é"}, False, 403),
        (cookie(), True, 400),
        ({"Authorization": f"Bearer {TOKEN}"}, False, 400),
        ({**cookie(), "Authorization": f"Bearer {TOKEN}"}, False, 400),
    ],
)
async def test_csrf(server: Served, headers: dict[str, str], token_too: bool, status: int) -> None:
    more = {"X-CSRF-Token": server.csrf} if token_too else {}
    got, body = await answer(server, "POST", "/settings", headers={**headers, **more}, data=b"not json")
    assert got == status
    assert body == {"error": "Invalid CSRF token" if status == 403 else "Invalid JSON"}


async def test_csrf_comes_before_pro(server: Served) -> None:
    server.surface.license = FREE
    status, body = await answer(server, "POST", "/torch", headers=cookie())
    assert (status, body) == (403, {"error": "Invalid CSRF token"})


async def test_without_protection_a_foreign_page_changes_nothing(server: Served) -> None:
    server.surface.door.enabled = False
    foreign = {"Origin": "https://elsewhere.example"}
    assert (await answer(server, "POST", "/settings", headers=foreign, data=b"{"))[0] == 403
    assert (await answer(server, "POST", "/settings", data=b"{"))[0] == 400
    ours = {"Origin": server.url("")}
    assert (await answer(server, "POST", "/settings", headers=ours, data=b"{"))[0] == 400


async def test_without_protection_a_foreign_page_asks_nothing(server: Served) -> None:
    """A read costs the device work, whether the page may look at the answer or not."""
    server.surface.door.enabled = False
    foreign = {"Origin": "https://elsewhere.example"}
    for headers in (foreign, {"Origin": "null"}, {**foreign, "Authorization": "Bearer x"}, {**foreign, **cookie()}):
        for path in ("/settings", "/snapshot", "/snapshot?token=x"):
            assert (await answer(server, "GET", path, headers=headers))[0] == 403
    for headers in ({}, {"Origin": server.url("")}):
        assert (await answer(server, "GET", "/settings", headers=headers))[0] == 200
    assert (await answer(server, "GET", "/auth/status", headers=foreign))[0] == 200, "what everybody may ask"


async def test_basic_is_offered_to_players_and_not_to_pages(server: Served) -> None:
    for headers, schemes in (({}, 2), ({"Sec-Fetch-Dest": "image"}, 1), ({"Sec-Fetch-Dest": "empty"}, 1)):
        async with server.request("GET", "/snapshot", headers=headers) as response:
            assert len(response.headers.getall("WWW-Authenticate")) == schemes


async def test_a_page_of_somebody_else_guesses_no_password_in_an_image(server: Served) -> None:
    wrong, _ = shown("basic", "", "", "wrong")
    for site in ("cross-site", "same-site"):
        for _ in range(6):
            status, _ = await answer(server, "GET", "/snapshot", headers={**wrong, "Sec-Fetch-Site": site})
            assert status == 401
    assert server.surface.door.lockouts.as_dict()["failures"] == {}
    good, _ = shown("basic", "", "", PASSWORD)
    assert (await answer(server, "GET", "/snapshot", headers={**good, "Sec-Fetch-Site": "none"}))[0] == 503


async def test_wrong_basic_passwords_lock_out(server: Served) -> None:
    headers, _ = shown("basic", "", "", "wrong")
    for _ in range(5):
        assert (await answer(server, "GET", "/snapshot", headers=headers))[0] == 401
    good, _ = shown("basic", "", "", PASSWORD)
    status, body = await answer(server, "GET", "/snapshot", headers=good)
    assert status == 429
    assert body["lockoutRemaining"] == 30


@pytest.mark.parametrize(
    ("problem", "status", "body"),
    [
        (Invalid("limit: Expected integer"), 400, {"error": "limit: Expected integer"}),
        (Refused("No"), 403, {"error": "No"}),
        (Missing("No capture available"), 404, {"error": "No capture available"}),
        (Conflict("Port 8554 is in use"), 500, {"success": False, "error": "Port 8554 is in use"}),
        (LimitReached("Slowly", retryAfterMs=1500), 429, {"error": "Slowly", "retryAfterMs": 1500}),
        (Unavailable("Camera not started"), 503, {"error": "Camera not started"}),
        (TimedOut("slow"), 503, {"error": "slow"}),
        (Restarted("gone"), 503, {"error": "gone"}),
        (Overloaded("much"), 503, {"error": "much"}),
        (ServerError("a secret of ours"), 500, {"error": "Internal server error"}),
        (RuntimeError("a secret of ours"), 500, {"error": "Internal server error"}),
        (TimeoutError(), 500, {"error": "Internal server error"}),
    ],
)  # fmt: skip
async def test_errors(server: Served, problem: Exception, status: int, body: dict[str, Any]) -> None:
    server.surface.answers[GetEventRange] = problem
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with server.request("GET", "/events/range", headers=headers) as response:
        assert (response.status, await response.json()) == (status, body)
        assert response.headers.get("Retry-After") == ("2" if status == 429 else None)


async def test_headers_everywhere(server: Served) -> None:
    for path in ("/settings", "/auth/status", "/nowhere", "/cert/info"):
        async with server.request("GET", path) as response:
            assert response.headers["Content-Type"] == "application/json; charset=utf-8"
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert "Server" not in response.headers
            assert not any(name.lower().startswith("access-control") for name in response.headers)
            assert "Strict-Transport-Security" not in response.headers


async def test_auth_that_is_away_lets_nobody_in(server: Served) -> None:
    server.surface.answers[WhoIs] = TimedOut("auth is not running within 5 s")
    assert (await answer(server, "GET", "/settings", headers=cookie()))[0] == 503
    assert (await answer(server, "GET", "/settings"))[0] == 401  # without a credential nobody need be asked
    assert (await answer(server, "GET", "/cert/info"))[0] == 200


class TestBodies:
    HEADERS = {"Authorization": f"Bearer {TOKEN}"}

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"3", b"\xff\xfe{}", b"[" * 60_000, b'{"a":1e999', b"null", b"\0"]
    )
    async def test_what_is_not_an_object(self, server: Served, body: bytes) -> None:
        status, answered = await answer(server, "POST", "/settings", headers=self.HEADERS, data=body)
        assert status == 400
        assert set(answered) == {"error"}

    async def test_too_large(self, server: Served) -> None:
        status, body = await answer(server, "POST", "/settings", headers=self.HEADERS, data=b" " * 65_537)
        assert (status, body) == (400, {"error": "Request body too large"})

    async def test_a_bomb(self, server: Served) -> None:
        headers = {**self.HEADERS, "Content-Encoding": "deflate"}
        bomb = zlib.compress(b" " * 50_000_000)
        status, body = await answer(server, "POST", "/settings", headers=headers, data=bomb)
        assert (status, body) == (400, {"error": "Request body too large"})

    async def test_too_slow(self, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(middleware, "BODY_S", 0.1)

        async def slow() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(30)

        async with server.request(
            "POST", "/auth", data=slow(), headers={"Content-Type": "application/json"}
        ) as response:
            assert (response.status, await response.json()) == (400, {"error": "Request body too slow"})

    async def test_strangers_are_refused_before_their_body_is_read(self, server: Served) -> None:
        async def endless() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(30)

        async with server.request("POST", "/settings", data=endless()) as response:
            assert response.status == 401


class TestBelowTheApplication:
    """What aiohttp refuses before any route is looked for."""

    async def raw(self, server: Served, request: bytes) -> tuple[int, dict[str, Any]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.https_port, ssl=trusting())
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return int(head.split()[1]), json.loads(body)

    @pytest.mark.parametrize(
        "request_",
        [
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\nAuthorization: Bearer secret\r\nbad header\r\n\r\n",
            b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
            b"GET / HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
        ],
    )
    async def test_malformed(self, server: Served, request_: bytes, capsys: pytest.CaptureFixture[str]) -> None:
        assert await self.raw(server, request_) == (400, {"error": "Malformed request"})
        captured = capsys.readouterr()
        assert "secret" not in captured.out + captured.err


async def test_nobody_takes_all_connections(server: Served) -> None:
    most = limits.CONNECTIONS_STRANGERS_PER_ADDRESS
    opened: list[socket.socket] = []
    for _ in range(most + 5):
        connection = socket.create_connection(("127.0.0.1", server.http_port))
        connection.setblocking(False)
        opened.append(connection)
        await asyncio.sleep(0.06)  # as fast as a stranger may
    assert [_is_cut_off(one) for one in opened] == [False] * most + [True] * 5
    for one in opened:
        one.close()
    async with asyncio.timeout(10):  # until their end has been seen
        while not await _is_served(server):
            await asyncio.sleep(0.05)


async def _is_served(server: Served) -> bool:
    try:
        return (await answer(server, "GET", "/auth/status"))[0] == 200
    except aiohttp.ClientError:
        return False


def _is_cut_off(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


async def test_a_client_that_goes_away_disturbs_nobody(server: Served) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", server.https_port, ssl=trusting())
        writer.write(b"POST /settings HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.transport.abort()
    assert (await answer(server, "GET", "/auth/status"))[0] == 200
