"""What the page needs instead of a shell: Pro and protection by the code, licence keys, models."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from models.errors import Invalid, LimitReached, Refused
from models.messages import Ok
from models.messages.auth import AuthStatus, ProveOwner, StartProtection
from models.messages.detector import FetchModels, GetModels, ModelShelf, ModelView
from models.messages.license import ActivateLicense, IssueLicense
from tests.api.surface import PRO, TOKEN, Served, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
YAMNET = ModelView("yamnet", "dog bark", 4_126_810, "Apache-2.0", "fetching", 1_000_000)


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


async def post(server: Served, path: str, body: Any) -> tuple[int, Any]:
    async with server.request("POST", path, headers=BEARER, json=body) as response:
        return response.status, await response.json()


async def test_the_code_makes_it_pro(server: Served) -> None:
    server.surface.answers |= {ProveOwner: Ok(), IssueLicense: PRO}
    assert await post(server, "/api/license/issue", {"code": "4821 7733"}) == (200, {"success": True})
    proved, issued = [message for message in server.surface.asked if isinstance(message, ProveOwner | IssueLicense)]
    assert (proved.code, issued) == ("4821 7733", IssueLicense())


async def test_a_wrong_code_makes_nothing(server: Served) -> None:
    server.surface.answers |= {ProveOwner: Refused("This is not the code"), IssueLicense: PRO}
    status, body = await post(server, "/api/license/issue", {"code": "1"})
    assert (status, body["error"]) == (403, "This is not the code")
    assert not [message for message in server.surface.asked if isinstance(message, IssueLicense)]
    server.surface.answers[ProveOwner] = LimitReached("Too many attempts", lockout=True, lockoutRemaining=30)
    assert (await post(server, "/api/license/issue", {"code": "1"}))[0] == 429
    assert (await post(server, "/api/license/issue", {}))[0] == 400


async def test_a_key(server: Served) -> None:
    server.surface.answers[ActivateLicense] = Invalid("This is no licence key")
    status, body = await post(server, "/api/license/activate", {"key": "x"})
    assert (status, body["error"]) == (400, "This is no licence key")
    server.surface.answers[ActivateLicense] = PRO
    assert await post(server, "/api/license/activate", {"key": "IPC1.x"}) == (200, {"success": True})


async def test_protection(server: Served) -> None:
    server.surface.answers[StartProtection] = AuthStatus(True, True)
    assert (await post(server, "/auth/protection", {"code": "4821-7733", "new": "right horse"}))[0] == 200
    assert (await post(server, "/auth/protection", {"code": "4821-7733"}))[0] == 400


async def test_models(server: Served) -> None:
    server.surface.answers |= {GetModels: ModelShelf((YAMNET,)), FetchModels: ModelShelf((YAMNET,))}
    async with server.request("GET", "/api/models", headers=BEARER) as response:
        rows = (await response.json())["models"]
    assert {row["detector"] for row in rows} == {"sound_classifier", "object_detector"}
    assert rows[0]["serves"][:2] == ["dogBark", "babyCry"]
    status, body = await post(server, "/api/models/fetch", {"detector": "sound_classifier"})
    assert (status, body["models"][0]["done"]) == (200, 1_000_000)
    for wrong in ({"detector": "motion"}, {"detector": 1}, {}):
        assert (await post(server, "/api/models/fetch", wrong))[0] == 400
