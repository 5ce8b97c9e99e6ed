"""/api/mqtt/*: bodies and codes, against a real client."""

from collections.abc import Callable
from typing import Any

import pytest

from models.errors import Invalid, LimitReached, Refused
from models.messages.mqtt import ApplyMqtt, GetMqtt, MqttTestResult, MqttView
from models.messages.mqtt import TestMqtt as CheckBroker
from tests.api.surface import FREE, TOKEN, Served, Surface, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
VIEW = MqttView(True, True, "192.168.1.100", 1883, "ipcamera")


def with_answers(**answers: Any) -> Callable[[Surface], None]:
    kinds = {"get": GetMqtt, "apply": ApplyMqtt, "test": CheckBroker}

    def change(surface: Surface) -> None:
        surface.answers |= {GetMqtt: VIEW, ApplyMqtt: VIEW, CheckBroker: MqttTestResult(True, 12)}
        surface.answers |= {kinds[name]: answer for name, answer in answers.items()}

    return change


async def call(server: Served, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with server.request(method, path, headers=BEARER, **more) as response:
        return response.status, await response.json()


def asked(server: Served, kind: type) -> Any:
    return next(message for message in server.surface.asked if isinstance(message, kind))


async def test_status_has_the_documents_five_fields() -> None:
    async with served(with_answers()) as server:
        status, body = await call(server, "GET", "/api/mqtt/status")
    assert status == 200
    assert list(body)[:5] == ["enabled", "connected", "brokerUrl", "port", "topicPrefix"]
    assert body["lastError"] is None


async def test_settings_are_the_eleven_keys_and_no_secret() -> None:
    async with served(with_answers()) as server:
        status, body = await call(server, "GET", "/api/mqtt/settings")
    assert status == 200
    assert len(body) == 11
    assert all(key.startswith("mqtt") for key in body)
    assert not {"mqttUsername", "mqttPassword"} & set(body)


async def test_settings_can_be_changed() -> None:
    async with served(with_answers()) as server:
        answer = await call(server, "POST", "/api/mqtt/settings", json={"mqttPort": 1884})
        assert answer == (200, {"success": True})
        assert asked(server, ApplyMqtt).values == {"mqttPort": 1884}
        assert asked(server, ApplyMqtt).client == "127.0.0.1"


async def test_credentials_have_a_route_of_their_own() -> None:
    async with served(with_answers()) as server:
        status, body = await call(server, "POST", "/api/mqtt/settings", json={"mqttPort": 1884, "mqttPassword": "x"})
        assert status == 400
        assert body == {"success": False, "errors": ["mqttPassword: Use /api/mqtt/apply-settings"]}
        assert not [message for message in server.surface.asked if isinstance(message, ApplyMqtt)]


async def test_apply_passes_the_current_password_on() -> None:
    async with served(with_answers()) as server:
        request = {"currentPassword": "old", "settings": {"mqttUsername": "anna", "mqttPassword": "new"}}
        assert await call(server, "POST", "/api/mqtt/apply-settings", json=request) == (200, {"success": True})
        message = asked(server, ApplyMqtt)
        assert (message.current_password, message.values) == ("old", request["settings"])


@pytest.mark.parametrize(
    ("raised", "status", "body"),
    [
        (
            Refused("Current password required for credential changes"),
            403,
            {"error": "Current password required for credential changes"},
        ),
        (Refused("Current password is incorrect"), 403, {"error": "Current password is incorrect"}),
        (
            LimitReached("Too many attempts", lockout=True, lockoutRemaining=30),
            429,
            {"success": False, "error": "Too many attempts", "lockout": True, "lockoutRemaining": 30},
        ),
        (
            Invalid("mqttPort: Value must be between 1 and 65535\nfoo: Unknown setting"),
            400,
            {"success": False, "errors": ["mqttPort: Value must be between 1 and 65535", "foo: Unknown setting"]},
        ),
    ],
)
async def test_refusals(raised: Exception, status: int, body: Any) -> None:
    async with served(with_answers(apply=raised)) as server:
        assert await call(server, "POST", "/api/mqtt/apply-settings", json={"settings": {}}) == (status, body)


@pytest.mark.parametrize("body", [{"settings": 5}, {"currentPassword": 5, "settings": {}}])
async def test_bodies_of_another_shape(body: Any) -> None:
    async with served(with_answers()) as server:
        status, answer = await call(server, "POST", "/api/mqtt/apply-settings", json=body)
    assert status == 400
    assert "error" in answer


async def test_the_test_works_even_if_the_connection_does_not() -> None:
    async with served(with_answers(test=MqttTestResult(False, error="Connection refused"))) as server:
        answer = await call(server, "POST", "/api/mqtt/test")
        assert answer == (200, {"success": False, "error": "Connection refused"})
        assert asked(server, CheckBroker).values is None


async def test_a_good_test_and_one_too_many() -> None:
    async with served(with_answers()) as server:
        request = {"settings": {"mqttBrokerUrl": "broker"}}
        assert await call(server, "POST", "/api/mqtt/test", json=request) == (200, {"success": True, "latencyMs": 12})
        assert asked(server, CheckBroker).values == {"mqttBrokerUrl": "broker"}
        server.surface.answers[CheckBroker] = LimitReached("Rate limit exceeded")
        assert await call(server, "POST", "/api/mqtt/test") == (429, {"error": "Rate limit exceeded"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "status"),
        ("GET", "settings"),
        ("POST", "settings"),
        ("POST", "test"),
        ("POST", "apply-settings"),
    ],
)
async def test_all_of_it_is_pro(method: str, path: str) -> None:
    def free(surface: Surface) -> None:
        surface.license = FREE

    async with served(free) as server:
        status, body = await call(server, method, f"/api/mqtt/{path}")
    assert (status, body["feature"]) == (403, "mqtt_integration")
