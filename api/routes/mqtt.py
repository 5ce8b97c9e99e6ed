"""/api/mqtt/*: the connection to the broker and its configuration. Credentials go in here and never come out."""

from aiohttp import web

from api.context import Context
from api.json_body import json_object
from api.json_forms import mqtt_shape
from api.request_keys import CLIENT
from api.routing import Access, route
from config.setting import USE_MQTT
from config.settings import DOCUMENTED
from models.errors import Invalid
from models.messages.mqtt import MQTT, ApplyMqtt, GetMqtt, TestMqtt
from models.messages.settings import SETTINGS, GetSettings
from models.mqtt.options import CREDENTIAL_KEYS

FEATURE = "mqtt_integration"
CHANGE_TIMEOUT_S = 15.0  # a change waits for the disk, twice
TEST_TIMEOUT_S = 15.0  # the test itself ends after 10
DONE = {"success": True}
KEYS = tuple(setting.key for setting in DOCUMENTED if setting.group == "MQTT")
EXAMPLE = {"mqttEnabled": True, "mqttBrokerUrl": "192.168.1.100", "mqttPort": 1883, "mqttTopicPrefix": "ipcamera"}
CREDENTIALS_EXAMPLE = {**EXAMPLE, "mqttUsername": "newuser", "mqttPassword": "newpass"}


@route(
    "GET",
    "/api/mqtt/status",
    access=Access.PRO,
    feature=FEATURE,
    summary="MQTT connection status",
    gives="MqttStatus",
    answer={"enabled": True, "connected": True, "brokerUrl": "192.168.1.100", "port": 1883, "topicPrefix": "ipcamera"},
)
async def mqtt_status(_request: web.Request, context: Context) -> web.StreamResponse:
    view = await context.actor(MQTT).ask(GetMqtt())
    return web.json_response(mqtt_shape(view) | {"pinnedFingerprint": view.pinned_fingerprint or None})


@route(
    "GET",
    "/api/mqtt/settings",
    access=Access.PRO,
    feature=FEATURE,
    summary="MQTT settings, without credentials",
    gives="MqttSettings",
)
async def mqtt_settings(_request: web.Request, context: Context) -> web.StreamResponse:
    stored = (await context.actor(SETTINGS).ask(GetSettings())).stored
    return web.json_response({key: stored[key] for key in KEYS})


@route(
    "POST",
    "/api/mqtt/settings",
    access=Access.PRO,
    feature=FEATURE,
    summary="Change MQTT settings other than credentials",
    takes="MqttChange",
    body=EXAMPLE,
    gives="Done",
    answer=DONE,
)
async def change_mqtt_settings(request: web.Request, context: Context) -> web.StreamResponse:
    values = await json_object(request)
    errors = [f"{key}: {USE_MQTT}" for key in values if key in CREDENTIAL_KEYS]
    return _wrong(errors) if errors else await _apply(context, ApplyMqtt(values, client=request[CLIENT]))


@route(
    "POST",
    "/api/mqtt/apply-settings",
    access=Access.PRO,
    feature=FEATURE,
    summary="Change MQTT settings and credentials; changing stored credentials needs the current password",
    takes="MqttApply",
    body={"currentPassword": "existing_password", "settings": CREDENTIALS_EXAMPLE},
    gives="Done",
    answer=DONE,
)
async def apply_mqtt_settings(request: web.Request, context: Context) -> web.StreamResponse:
    body = await json_object(request)
    password = body.get("currentPassword")
    if password is not None and not isinstance(password, str):
        raise Invalid("currentPassword: Expected string")
    return await _apply(context, ApplyMqtt(_values(body), password, request[CLIENT]))


@route(
    "POST",
    "/api/mqtt/test",
    access=Access.PRO,
    feature=FEATURE,
    summary="Try to connect, with the stored settings or those in the body",
    takes="MqttTest",
    takes_nothing=True,
    body={"settings": CREDENTIALS_EXAMPLE},
    gives="MqttTested",
    answer={"success": True, "latencyMs": 12},
)
async def check_broker(request: web.Request, context: Context) -> web.StreamResponse:
    values = _values(await json_object(request, empty=True))
    try:
        result = await context.actor(MQTT).ask(TestMqtt(values or None), TEST_TIMEOUT_S)
    except Invalid as error:
        return _wrong(error.detail.splitlines())
    if not result.success:  # the test itself worked, the connection did not
        return web.json_response({"success": False, "error": result.error})
    return web.json_response({"success": True, "latencyMs": result.latency_ms})


async def _apply(context: Context, message: ApplyMqtt) -> web.StreamResponse:
    try:
        await context.actor(MQTT).ask(message, CHANGE_TIMEOUT_S)
    except Invalid as error:
        return _wrong(error.detail.splitlines())
    return web.json_response(DONE)


def _values(body: dict[str, object]) -> dict[str, object]:
    """The settings of a request, with or without their envelope."""
    values = body.get("settings", {key: value for key, value in body.items() if key != "currentPassword"})
    if not isinstance(values, dict):
        raise Invalid("settings: Expected object")
    return values


def _wrong(errors: list[str]) -> web.StreamResponse:
    return web.json_response({"success": False, "errors": errors}, status=400)
