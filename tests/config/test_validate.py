"""The error texts, letter by letter, their order, and what a good request becomes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import REGISTRY, ValidationContext, effective, validate, without_pro
from config.settings import defaults as all_defaults

DEVICE = ValidationContext(
    resolutions={"0": ("640x480", "1280x720"), "1": ("320x240",)},
    camera_ids=("0", "1"),
    torch=False,
    own_ports=frozenset({8443, 8080}),
)
ONE_CAMERA = ValidationContext(resolutions={"0": ("640x480",)}, camera_ids=("0",), torch=True)
LONG = "a" * 300


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("unknownKey", 1, "Unknown setting"),
        ("", 1, "Unknown setting"),
        ("frameRate", 99, "Value must be between 1 and 60"),
        ("frameRate", 0, "Value must be between 1 and 60"),
        ("frameRate", -(10**30), "Value must be between 1 and 60"),
        ("frameRate", True, "Expected integer"),
        ("frameRate", 30.0, "Expected integer"),
        ("frameRate", "30", "Expected integer"),
        ("frameRate", None, "Expected integer"),
        ("frameRate", [], "Expected integer"),
        ("frameRate", float("nan"), "Expected integer"),
        ("motionEnabled", 1, "Expected boolean"),
        ("motionEnabled", "true", "Expected boolean"),
        ("motionEnabled", None, "Expected boolean"),
        ("rotation", 45, "Value must be one of 0, 90, 180, 270"),
        ("rotation", "90", "Expected integer"),
        ("motionCooldown", 31, "Value must be between 0 and 30"),
        ("soundThreshold", 101, "Value must be between 0 and 100"),
        ("rtspPort", 1023, "Value must be between 1024 and 65535"),
        ("rtspPort", 8443, "Port already in use by this server"),
        ("resolution", 5, "Expected string"),
        ("resolution", "1920x1080", "Unsupported resolution"),
        ("resolution", "huge", "Unsupported resolution"),
        ("resolution", LONG, "Unsupported resolution"),
        ("cameraId", 0, "Expected string"),
        ("cameraId", "7", "Value must be one of 0, 1"),
        ("torchEnabled", True, "Torch not available"),
        ("rtspPath", "/" + "a" * 64, "Too long (max 64)"),
        ("rtspPath", "a" * 64, "Too long (max 64)"),
        ("rtspPath", "/a//b", "Invalid format"),
        ("rtspPath", "/", "Invalid format"),
        ("rtspPath", "/a b", "Invalid format"),
        ("rtspPath", "/a\n", "Invalid format"),
        ("rtspUsername", "a:b", "Invalid format"),
        ("rtspUsername", "a\x00", "Invalid format"),
        ("rtspUsername", "\ud800", "Invalid format"),
        ("rtspUsername", "a" * 65, "Too long (max 64)"),
        ("rtspHasPassword", True, "Read-only setting"),
        ("rtspHasPassword", "x", "Read-only setting"),
        ("mqttHasUsername", False, "Read-only setting"),
        ("mqttHasPassword", False, "Read-only setting"),
        ("authEnabled", False, "Read-only setting"),
        ("license", {}, "Read-only setting"),
        ("rtspPassword", "x", "Use /api/rtsp/apply-settings"),
        ("mqttPassword", "x", "Use /api/mqtt/apply-settings"),
        ("mqttUsername", "x", "Use /api/mqtt/apply-settings"),
        ("mqttBrokerUrl", LONG, "Too long (max 255)"),
        ("mqttBrokerUrl", "mqtt://user:secret@host", "Invalid format"),
        ("mqttBrokerUrl", "http://host", "Invalid format"),
        ("mqttBrokerUrl", "host:99999", "Invalid format"),
        ("mqttBrokerUrl", "ho st", "Invalid format"),
        ("mqttPort", 0, "Value must be between 1 and 65535"),
        ("mqttClientId", "", "Invalid format"),
        ("mqttClientId", "a/b", "Invalid format"),
        ("mqttTopicPrefix", "", "Invalid format"),
        ("mqttTopicPrefix", "a/", "Invalid format"),
        ("mqttTopicPrefix", "a/#", "Invalid format"),
        ("mqttTopicPrefix", "$SYS", "Invalid format"),
        ("mqttTelemetryIntervalSec", 4, "Value must be between 5 and 3600"),
        ("trustedProxies", "10.0.0.0/8, nonsense", "Invalid format"),
        ("eventRetentionDays", 6, "Value must be between 7 and 90"),
        ("deviceName", " ", "Invalid format"),
    ],
)
def test_error_text(key: str, value: object, text: str) -> None:
    assert validate({key: value}, DEVICE).errors == (f"{key}: {text}",)


def test_the_documents_own_example() -> None:
    checked = validate({"unknownKey": 1, "frameRate": 61})
    assert checked.errors == ("unknownKey: Unknown setting", "frameRate: Value must be between 1 and 60")
    assert checked.values == {}


def test_errors_stand_in_the_order_of_the_request_and_nothing_is_taken() -> None:
    request = {"frameRate": 0, "motionEnabled": True, "zzz": 1, "aaa": 1, "rotation": 1}
    assert [error.partition(":")[0] for error in validate(request).errors] == ["frameRate", "zzz", "aaa", "rotation"]
    assert validate(request).values == {}


@pytest.mark.parametrize(
    ("request_", "values"),
    [
        ({}, {}),
        ({"frameRate": 60}, {"frameRate": 60}),
        ({"resolution": "1280x720"}, {"resolution": "1280x720"}),
        ({"cameraId": "1"}, {"cameraId": "1", "useFrontCamera": True}),
        ({"cameraId": "0"}, {"cameraId": "0", "useFrontCamera": False}),
        ({"useFrontCamera": True}, {"cameraId": "1", "useFrontCamera": True}),
        ({"useFrontCamera": False}, {"cameraId": "0", "useFrontCamera": False}),
        ({"useFrontCamera": True, "cameraId": "0"}, {"cameraId": "0", "useFrontCamera": False}),
        (
            {"cameraId": "1", "resolution": "320x240"},
            {"cameraId": "1", "useFrontCamera": True, "resolution": "320x240"},
        ),
        ({"rtspPath": "cam"}, {"rtspPath": "/cam"}),
        ({"rtspPath": "/a/b/c/d"}, {"rtspPath": "/a/b/c/d"}),
        ({"torchEnabled": False}, {"torchEnabled": False}),
        ({"mqttBrokerUrl": "10.0.0.1"}, {"mqttBrokerUrl": "10.0.0.1"}),
        ({"mqttBrokerUrl": ""}, {"mqttBrokerUrl": ""}),
        ({"mqttBrokerUrl": "host:1884"}, {"mqttBrokerUrl": "host", "mqttPort": 1884}),
        ({"mqttBrokerUrl": "mqtt://host"}, {"mqttBrokerUrl": "host", "mqttPort": 1883, "mqttUseTls": False}),
        ({"mqttBrokerUrl": "mqtts://host/"}, {"mqttBrokerUrl": "host", "mqttPort": 8883, "mqttUseTls": True}),
        ({"mqttBrokerUrl": "ssl://host:99"}, {"mqttBrokerUrl": "host", "mqttPort": 99, "mqttUseTls": True}),
        ({"mqttBrokerUrl": "ssl://host", "mqttPort": 5}, {"mqttBrokerUrl": "host", "mqttPort": 5, "mqttUseTls": True}),
        ({"mqttBrokerUrl": "::1"}, {"mqttBrokerUrl": "::1"}),
        ({"mqttBrokerUrl": "tcp://[::1]:1"}, {"mqttBrokerUrl": "::1", "mqttPort": 1, "mqttUseTls": False}),
        ({"mqttTopicPrefix": "home/cam 1"}, {"mqttTopicPrefix": "home/cam 1"}),
        ({"trustedProxies": "10.0.0.7,::1"}, {"trustedProxies": "10.0.0.7/32, ::1/128"}),
        ({"trustedProxies": ""}, {"trustedProxies": ""}),
    ],
)
def test_normal_form_and_coupled_keys(request_: dict[str, Any], values: dict[str, Any]) -> None:
    assert validate(request_, DEVICE).errors == ()
    assert validate(request_, DEVICE).values == values


def test_one_camera_has_no_front() -> None:
    assert validate({"useFrontCamera": True}, ONE_CAMERA).errors == ("useFrontCamera: No front camera",)
    assert validate({"useFrontCamera": False}, ONE_CAMERA).errors == ()
    assert validate({"torchEnabled": True}, ONE_CAMERA).errors == ()


def test_a_resolution_is_that_of_the_camera_asked_for() -> None:
    assert validate({"resolution": "320x240"}, DEVICE).errors == ("resolution: Unsupported resolution",)
    assert validate({"resolution": "640x480", "useFrontCamera": True}, DEVICE).errors != ()
    assert validate({"resolution": "99x99", "useFrontCamera": True}, ONE_CAMERA).errors == (
        "resolution: Unsupported resolution",
        "useFrontCamera: No front camera",
    )


def test_without_a_camera_to_ask_what_looks_right_is_taken() -> None:
    assert validate({"resolution": "1920x1080", "cameraId": "3", "torchEnabled": True}).errors == ()


def test_internal_opens_read_only_keys_but_not_unknown_ones() -> None:
    assert validate({"authEnabled": False}, internal=True).values == {"authEnabled": False}
    assert validate({"nonsense": 1, "mqttPassword": "x"}, internal=True).errors != ()


def test_without_pro_only_switching_on_is_dropped() -> None:
    request = {"motionEnabled": True, "soundEnabled": False, "motionSensitivity": 3, "rtspEnabled": True}
    values, blocked = without_pro(validate(request).values)
    assert blocked == ("motionEnabled", "rtspEnabled")
    assert values == {"soundEnabled": False, "motionSensitivity": 3}


def test_effective_values() -> None:
    stored = all_defaults() | {"motionEnabled": True, "soundEnabled": True, "rtspEnabled": True}
    free, pro = effective(stored, pro=False), effective(stored, pro=True)
    assert not any(free[key] for key in REGISTRY if REGISTRY[key].pro)
    assert pro == stored
    deaf = effective(stored | {"audioEnabled": False}, pro=True)
    assert {key for key in stored if deaf[key] != stored[key]} == {"audioEnabled", "soundEnabled", "rtspAudioEnabled"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS = st.sampled_from([*REGISTRY, "license", "rtspPassword", "nonsense"]) | st.text()


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_any_request_gets_errors_for_some_of_its_keys_or_values_for_all(request_: dict[str, Any]) -> None:
    checked = validate(request_, DEVICE)
    if checked.errors:
        assert checked.values == {}
    else:
        assert checked.values.keys() >= request_.keys()
        assert all(REGISTRY[key].problem(value) == "" for key, value in checked.values.items())
        assert validate(checked.values, internal=True).values == checked.values  # a normal form is one
