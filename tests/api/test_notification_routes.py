"""/api/notifications: bodies and codes, against a real client."""

from typing import Any

import pytest

from models.errors import Invalid, LimitReached, Missing, Refused, SwitchedOff
from models.messages import Ok
from models.messages.notifier import (
    DeleteChannel,
    DeleteRule,
    GetNotifications,
    NotificationsView,
    NotificationTested,
    PutChannel,
    PutRule,
    Stored,
)
from models.messages.notifier import TestChannel as SendTest
from tests.api.surface import FREE, TOKEN, Served, Surface, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
CHANNEL = {"id": "c1", "kind": "push", "name": "phone", "target": "push.example", "lastDelivered": 5, "lastError": None}
VIEW = NotificationsView("BNc", ({"id": "r1", "name": "night"},), (CHANNEL,), 2)
ANSWERS = {
    GetNotifications: VIEW,
    PutRule: Stored("r2"),
    PutChannel: Stored("c2", "whsec_1"),
    DeleteRule: Ok(),
    DeleteChannel: Ok(),
    SendTest: NotificationTested(False, "410 Gone", 12),
}


def prepared(surface: Surface) -> None:
    surface.answers |= ANSWERS


async def call(server: Served, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with server.request(method, f"/api/notifications{path}", headers=BEARER, **more) as response:
        return response.status, await response.json()


async def test_what_is_set_up_is_shown() -> None:
    async with served(prepared) as server:
        status, body = await call(server, "GET", "")
    assert status == 200
    assert (body["publicKey"], body["waiting"], body["channels"]) == ("BNc", 2, [CHANNEL])
    assert body["freeTypes"] == ["MOTION"]
    assert "BABY_CRY" in body["types"]


async def test_while_they_are_off_there_is_nothing_to_show() -> None:
    off = SwitchedOff("notifier is switched off")
    async with served(lambda surface: surface.answers.update({GetNotifications: off, PutRule: off})) as server:
        status, body = await call(server, "GET", "")
        answer = await call(server, "POST", "/rules", json={})
        assert answer == (400, {"error": "Notifications are switched off: set notificationsEnabled"})
    assert status == 200
    assert (body["enabled"], body["rules"], body["channels"]) == (False, [], [])


async def test_what_is_put_is_handed_on_as_it_is() -> None:
    async with served(prepared) as server:
        assert await call(server, "POST", "/rules", json={"types": []}) == (200, {"success": True, "id": "r2"})
        answer = await call(server, "POST", "/channels", json={"kind": "webhook", "url": "https://a.example"})
        assert answer == (200, {"success": True, "id": "c2", "secret": "whsec_1"})
        assert await call(server, "DELETE", "/rules/r1") == (200, {"success": True})
        assert await call(server, "DELETE", "/channels/c1") == (200, {"success": True})
        asked = server.surface.asked
    assert PutRule({"types": []}) in asked
    assert PutChannel({"kind": "webhook", "url": "https://a.example"}) in asked
    assert DeleteRule("r1") in asked
    assert DeleteChannel("c1") in asked


async def test_a_test_that_worked_shows_an_other_side_that_did_not() -> None:
    async with served(prepared) as server:
        answer = await call(server, "POST", "/test", json={"channel": "c1"})
        assert answer == (200, {"success": False, "answer": "410 Gone", "latencyMs": 12})
        assert (await call(server, "POST", "/test", json={}))[0] == 400


@pytest.mark.parametrize(
    ("problem", "status"),
    [(Invalid("url: Not a URL"), 400), (Missing("No such channel"), 404), (LimitReached("Rate limit exceeded"), 429)],
)
async def test_what_is_refused_says_why(problem: Exception, status: int) -> None:
    async with served(lambda surface: surface.answers.update({SendTest: problem})) as server:
        assert await call(server, "POST", "/test", json={"channel": "x"}) == (status, {"error": str(problem)})


async def test_what_needs_pro_says_so_as_every_feature_does() -> None:
    refused = Refused("Pro license required", feature="notifications")

    def free(surface: Surface) -> None:
        prepared(surface)
        surface.license = FREE
        surface.answers |= {PutRule: refused, PutChannel: refused, SendTest: refused}

    async with served(free) as server:
        cookie = {"Cookie": f"session={TOKEN}", "X-CSRF-Token": server.csrf}
        for path, body in (("rules", {}), ("channels", {}), ("test", {"channel": "c"})):
            async with server.request("POST", f"/api/notifications/{path}", headers=cookie, json=body) as response:
                assert response.status == 403
                assert await response.json() == {
                    "error": "Pro license required",
                    "feature": "notifications",
                    "hint": "Upgrade to Pro to use this feature",
                }
