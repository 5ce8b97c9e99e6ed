"""The registry of settings, and what is generated from it: checks, schemas, the form, the manual.

A request is checked as a whole (``validate``): every error in the order of its keys, and nothing is applied if there is
one. What a value means beyond its own range (the camera's sizes, our own ports) comes in as ``ValidationContext``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.camera_settings import CAMERA, DETECTION, DEVICE
from config.clip_settings import CLIPS
from config.device_settings import DEVICE_EXTENSIONS
from config.event_kind_settings import MORE_KINDS
from config.network.interfaces import parse_broker
from config.network_settings import EXTENSIONS, MQTT, RTSP
from config.onvif_settings import ONVIF
from config.pool_settings import POOL
from config.setting import (
    NO_FRONT_CAMERA,
    NO_TORCH,
    PORT_IN_USE,
    READ_ONLY,
    UNKNOWN,
    UNSUPPORTED_RESOLUTION,
    USE_MQTT,
    USE_RTSP,
    Setting,
    Value,
    one_of,
)
from config.zone_settings import PLACES

DOCUMENTED: tuple[Setting, ...] = CAMERA + DEVICE + DETECTION + RTSP + MQTT  # the API document's 44, in its order
OURS = PLACES + DEVICE_EXTENSIONS + EXTENSIONS + CLIPS + ONVIF + POOL + MORE_KINDS
REGISTRY: dict[str, Setting] = {setting.key: setting for setting in DOCUMENTED + OURS}

# Never settable here: each has its own route, which requires what it needs.
CREDENTIALS = {"rtspPassword": USE_RTSP, "mqttPassword": USE_MQTT, "mqttUsername": USE_MQTT, "license": READ_ONLY}
FIRST, SECOND = "0", "1"  # camera ids; the second one is what useFrontCamera means


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """The device's current capabilities. None: unknown (yet), and then not checked."""

    resolutions: Mapping[str, tuple[str, ...]] | None = None  # by camera id
    camera_ids: tuple[str, ...] | None = None
    torch: bool | None = None
    own_ports: frozenset[int] = frozenset()
    camera_id: str = FIRST  # the one in use


@dataclass(frozen=True, slots=True)
class Checked:
    """``values``: the request in normal form, with coupled keys added; empty if there are ``errors`` ("key: text")."""

    errors: tuple[str, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)


UNKNOWN_SURROUNDINGS = ValidationContext()


def validate(
    request: Mapping[str, object],
    surroundings: ValidationContext = UNKNOWN_SURROUNDINGS,
    internal: bool = False,
    confirmed: bool = False,
) -> Checked:
    """Check a request of one or more keys. ``internal`` opens the read-only keys to the program itself, ``confirmed``
    the guarded ones to an owner who has given the password or uses the command line."""
    around = _Asking(surroundings, internal, internal or confirmed)
    problems = ((key, _problem(key, value, request, around)) for key, value in request.items())
    errors = tuple(f"{key}: {problem}" for key, problem in problems if problem)
    return Checked(errors) if errors else Checked(values=_coupled(request))


@dataclass(frozen=True, slots=True)
class _Asking:
    surroundings: ValidationContext
    internal: bool
    confirmed: bool


def _problem(key: str, value: object, request: Mapping[str, object], asking: _Asking) -> str:
    setting = REGISTRY.get(key)
    if setting is None:
        return CREDENTIALS.get(key, UNKNOWN)
    if setting.read_only and not asking.internal:
        return READ_ONLY
    if setting.guarded and value is True and not asking.confirmed:
        return setting.guarded
    if problem := setting.problem(value):
        return UNSUPPORTED_RESOLUTION if key == "resolution" and isinstance(value, str) else problem
    return _device_problem(key, value, request, asking.surroundings)


def _device_problem(key: str, value: object, request: Mapping[str, object], around: ValidationContext) -> str:
    if key == "resolution":
        return _resolution_problem(value, request, around)
    if key == "cameraId" and around.camera_ids is not None and value not in around.camera_ids:
        return one_of(around.camera_ids)
    if key == "useFrontCamera" and value is True and around.camera_ids is not None and SECOND not in around.camera_ids:
        return "" if "cameraId" in request else NO_FRONT_CAMERA
    if key == "torchEnabled" and value is True and around.torch is False:
        return NO_TORCH
    if key in ("rtspPort", "rtspTlsPort", "onvifPort") and value in around.own_ports:
        return PORT_IN_USE
    return ""


def _resolution_problem(value: object, request: Mapping[str, object], around: ValidationContext) -> str:
    sizes = around.resolutions or {}
    known = sizes.get(_wanted_camera(request)) or sizes.get(around.camera_id)
    return UNSUPPORTED_RESOLUTION if known is not None and value not in known else ""


def _wanted_camera(request: Mapping[str, object]) -> str:
    """The camera that a request asks for, "" if it does not; cameraId takes precedence over useFrontCamera."""
    camera_id, front = request.get("cameraId"), request.get("useFrontCamera")
    if isinstance(camera_id, str):
        return camera_id
    return "" if not isinstance(front, bool) else SECOND if front else FIRST


def _coupled(request: Mapping[str, object]) -> dict[str, Value]:
    """The checked request in normal form, with implied values. Explicit values take precedence over implied ones."""
    values: dict[str, Value] = {}
    for key, value in request.items():
        assert isinstance(value, str | int)
        values[key] = REGISTRY[key].normal(value)
    broker = parse_broker(str(request.get("mqttBrokerUrl", "")))
    if broker is not None and broker.port is not None:
        values.setdefault("mqttPort", broker.port)
    if broker is not None and broker.use_tls is not None:
        values.setdefault("mqttUseTls", broker.use_tls)
    if camera_id := _wanted_camera(request):
        values |= {"cameraId": camera_id, "useFrontCamera": camera_id == SECOND}
    return values


def without_pro(values: Mapping[str, Value]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """The part of a checked request that a Free device accepts, and the keys of Pro switches that it refuses."""
    blocked = tuple(key for key, value in values.items() if REGISTRY[key].pro and value is True)
    return {key: value for key, value in values.items() if key not in blocked}, blocked


def effective(stored: Mapping[str, Value], pro: bool) -> dict[str, Value]:
    """The values in effect: Pro switches are off without Pro, and so are switches that need one that is off."""
    result = dict(stored)
    for setting in REGISTRY.values():
        if (setting.pro and not pro) or (setting.needs and result[setting.needs] is False):
            result[setting.key] = False
    return result


def defaults(device_id: str = "", host_name: str = "") -> dict[str, Value]:
    """Every key with its default on this device."""
    values = {setting.key: setting.default for setting in REGISTRY.values()}
    values["mqttClientId"] = f"ipcamera-{(device_id or '000000')[:6]}"
    values["deviceName"] = host_name or "ipcamera"
    return values


def json_schema(documented_only: bool = False) -> dict[str, object]:
    """JSON Schema of the settings object."""
    settings = DOCUMENTED if documented_only else tuple(REGISTRY.values())
    return {"type": "object", "properties": {setting.key: setting.json_schema() for setting in settings}}


def form() -> list[dict[str, object]]:
    """The groups of the dashboard's form with their fields, in order."""
    groups: dict[str, list[dict[str, object]]] = {}
    for setting in REGISTRY.values():
        groups.setdefault(setting.group, []).append(_field(setting))
    return [{"group": group, "settings": fields} for group, fields in groups.items()]


def _field(setting: Setting) -> dict[str, object]:
    shown: dict[str, object] = {
        "key": setting.key,
        "type": setting.kind,
        "title": setting.title,
        "help": setting.help,
        "unit": setting.unit,
        "default": setting.default_note or setting.default,
        "pro": setting.pro or None,
        "needs": setting.needs or None,
        "live": setting.applies == "live",
        "readOnly": setting.read_only,
        "extension": setting.extension,
    }
    if setting.choices:
        shown |= {"choices": list(setting.choices)}
    elif setting.kind == "int":
        shown |= {"min": setting.minimum, "max": setting.maximum}
    elif setting.kind == "string":
        shown |= {"maxLength": setting.max_length, "optionsFrom": setting.options_from or None}
    return shown
