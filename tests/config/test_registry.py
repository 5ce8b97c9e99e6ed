"""The registry against the interface: keys, types, ranges, defaults and features as the API document has them."""

import json

import pytest

from config.settings import DOCUMENTED, REGISTRY, defaults, form, json_schema
from models.event_kinds import MORE

# key, type, (minimum, maximum) or choices or None, default, Pro feature
DOCUMENT = (
    ("resolution", "string", None, "1280x720", ""),
    ("frameRate", "int", (1, 60), 30, ""),
    ("jpegQuality", "int", (1, 100), 85, ""),
    ("cameraId", "string", None, "0", ""),
    ("useFrontCamera", "boolean", None, False, ""),
    ("torchEnabled", "boolean", None, False, ""),
    ("rotation", "int", (0, 90, 180, 270), 0, ""),
    ("keepScreenOn", "boolean", None, True, ""),
    ("showPreview", "boolean", None, True, ""),
    ("runInBackground", "boolean", None, True, ""),
    ("cameraStandbyMode", "boolean", None, False, ""),
    ("audioEnabled", "boolean", None, True, ""),
    ("motionEnabled", "boolean", None, False, "motion_detection"),
    ("motionSensitivity", "int", (1, 10), 5, ""),
    ("motionCooldown", "int", (0, 30), 5, ""),
    ("soundEnabled", "boolean", None, False, "sound_detection"),
    ("soundThreshold", "int", (0, 100), 50, ""),
    ("soundCooldown", "int", (0, 30), 3, ""),
    ("dogBarkClassificationEnabled", "boolean", None, False, "sound_detection"),
    ("dogBarkClassificationConfidence", "int", (1, 100), 60, ""),
    ("babyCryClassificationEnabled", "boolean", None, False, "sound_detection"),
    ("babyCryClassificationConfidence", "int", (1, 100), 60, ""),
    ("objectPersonDetectionEnabled", "boolean", None, False, "object_detection"),
    ("objectPersonDetectionConfidence", "int", (1, 100), 60, ""),
    ("objectDogDetectionEnabled", "boolean", None, False, "object_detection"),
    ("objectDogDetectionConfidence", "int", (1, 100), 60, ""),
    ("objectDetectionSamplingRate", "int", (1, 30), 2, ""),
    ("eventHistoryEnabled", "boolean", None, True, "event_history"),
    ("rtspEnabled", "boolean", None, False, "rtsp_streaming"),
    ("rtspPort", "int", (1024, 65535), 8554, ""),
    ("rtspPath", "string", 64, "/stream", ""),
    ("rtspUsername", "string", 64, "", ""),
    ("rtspHasPassword", "boolean", None, False, ""),
    ("mqttEnabled", "boolean", None, False, "mqtt_integration"),
    ("mqttBrokerUrl", "string", 255, "", ""),
    ("mqttPort", "int", (1, 65535), 1883, ""),
    ("mqttHasUsername", "boolean", None, False, ""),
    ("mqttHasPassword", "boolean", None, False, ""),
    ("mqttClientId", "string", 64, "ipcamera-0a1b2c", ""),
    ("mqttTopicPrefix", "string", 128, "ipcamera", ""),
    ("mqttUseTls", "boolean", None, False, ""),
    ("mqttAcceptSelfSigned", "boolean", None, False, ""),
    ("mqttTelemetryIntervalSec", "int", (5, 3600), 60, ""),
    ("mqttCommandsEnabled", "boolean", None, False, ""),
)
EXTENSIONS = {
    "devicePlace": "",
    "setupDone": False,
    "h264Quality": 60,
    "subResolution": "640x360",
    "subFrameRate": 10,
    "subQuality": 60,
    "streaming": True,
    "reverseProxyEnabled": False,
    "trustedProxies": "",
    "poolObjectsEnabled": True,
    "poolSoundsEnabled": False,
    "eventRetentionDays": 30,
    "rtspOpen": False,
    "rtspTlsEnabled": False,
    "rtspTlsPort": 8322,
    "rtspMaxClients": 10,
    "rtspMaxClientsPerIp": 3,
    "rtspAudioEnabled": True,
    "mqttDiscoveryEnabled": True,
    "mqttDiscoveryPrefix": "homeassistant",
    "privacyMask": "",
    "zones": "",
    "schedules": "",
    "location": "",
    "onvifEnabled": False,
    "onvifPort": 8000,
    "onvifUsernameToken": True,
    "deviceName": "porch",
    "mdnsEnabled": True,
    "notificationsEnabled": False,
    "publicAddress": "",
    "authEnabled": True,
    "clipsEnabled": False,
    "clipEventTypes": "",
    "clipRunUpSec": 8,
    "clipRunOutSec": 6,
    "clipMaxSec": 120,
    "clipRetentionDays": 14,
    "clipMaxGb": 8,
    "recordContinuously": False,
}


def test_the_44_keys_stand_first_and_in_the_documents_order() -> None:
    assert [setting.key for setting in DOCUMENTED] == [row[0] for row in DOCUMENT]
    assert len(DOCUMENT) == 44
    assert list(REGISTRY)[:44] == [row[0] for row in DOCUMENT]


@pytest.mark.parametrize("row", DOCUMENT, ids=lambda row: row[0])
def test_a_key_is_as_the_document_says(row: tuple[str, str, object, object, str]) -> None:
    key, kind, limits, default, feature = row
    setting = REGISTRY[key]
    value = defaults("0a1b2c3d", "porch")[key]
    assert (setting.kind, value, type(value), setting.pro) == (kind, default, type(default), feature)
    assert not setting.extension
    if isinstance(limits, int):
        assert setting.max_length == limits
    elif limits is not None:
        assert limits in ((setting.minimum, setting.maximum), setting.choices)


def test_exactly_three_documented_keys_are_read_only() -> None:
    assert [s.key for s in DOCUMENTED if s.read_only] == ["rtspHasPassword", "mqttHasUsername", "mqttHasPassword"]


def test_extensions() -> None:
    values = defaults("0a1b2c3d", "porch")
    more = {kind.switch: False for kind in MORE} | {kind.confidence: 60 for kind in MORE if kind.classes}
    assert {key: values[key] for key, setting in REGISTRY.items() if setting.extension} == EXTENSIONS | more
    assert REGISTRY["reverseProxyEnabled"].pro == "reverse_proxy"


def test_a_default_is_valid() -> None:
    for key, value in defaults("0a1b2c3d", "porch").items():
        assert REGISTRY[key].problem(value) == "", key


def test_every_setting_is_explained() -> None:
    for setting in REGISTRY.values():
        assert setting.title, setting.key
        assert setting.help.endswith((".", "%.")), setting.key


def test_form_holds_every_key_once_with_all_that_a_page_needs() -> None:
    fields = [field for group in form() for field in group["settings"]]  # type: ignore[attr-defined]
    assert sorted(field["key"] for field in fields) == sorted(REGISTRY)
    by_key = {field["key"]: field for field in fields}
    assert by_key["frameRate"]["min"] == 1
    assert by_key["frameRate"]["max"] == 60
    assert by_key["rotation"]["choices"] == [0, 90, 180, 270]
    assert by_key["resolution"]["optionsFrom"] == "resolutions"
    json.dumps(form())


def test_json_schema_accepts_the_defaults_and_refuses_what_the_validator_refuses() -> None:
    from jsonschema import Draft202012Validator

    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(defaults("0a1b2c3d", "porch"))
    for wrong in ({"frameRate": 61}, {"frameRate": "30"}, {"rotation": 45}, {"motionEnabled": 1}):
        assert not validator.is_valid(wrong), wrong
    assert len(json_schema(documented_only=True)["properties"]) == 44  # type: ignore[arg-type]
