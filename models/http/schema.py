"""Every text message of the WebSocket, in both directions: the one source for checking, tests and documents.

``CLIENT`` and ``SERVER``: type → JSON Schema 2020-12. ``EXTENSIONS``: server messages outside the API document, sent
only to who asked for them by ``hello``. Field helpers take the least and the greatest value.
"""

from typing import Any

from models.http.json_schema import Schema
from models.media.tier import Tier

DIALECT = "https://json-schema.org/draft/2020-12/schema"

ERROR_CODES = (
    "AUTH_REQUIRED",
    "INVALID_TOKEN",
    "AUTH_TIMEOUT",
    "BAD_JSON",
    "BAD_MESSAGE",
    "UNKNOWN_TYPE",
    "INVALID_VALUE",
    "PRO_REQUIRED",
    "RATE_LIMITED",
    "TTS_RATE_LIMITED",
    "TTS_UNAVAILABLE",
    "AUDIO_DISABLED",
    "AUDIO_UNAVAILABLE",
    "TALK_BUSY",
    "BAD_AUDIO",
    "CAMERA_NOT_STARTED",
    "CAPTURE_FAILED",
    "H264_UNAVAILABLE",
    "TORCH_UNAVAILABLE",
    "TOO_LARGE",
    "INTERNAL",
    "FORBIDDEN",  # extension: a viewer's credential
)


def _bounded(kind: Any, names: tuple[str, str], low: float | None, high: float | None) -> Schema:
    limits = {name: limit for name, limit in zip(names, (low, high), strict=True) if limit is not None}
    return {"type": kind, **limits}


def _int(low: int | None = None, high: int | None = None, kind: Any = "integer") -> Schema:
    return _bounded(kind, ("minimum", "maximum"), low, high)


def _num(low: float | None = None, high: float | None = None, kind: Any = "number") -> Schema:
    return _bounded(kind, ("minimum", "maximum"), low, high)


def _text(low: int | None = None, high: int | None = None, **more: object) -> Schema:
    return {**_bounded("string", ("minLength", "maxLength"), low, high), **more}


def _one(*values: str) -> Schema:
    return {"enum": list(values)}


def _list(items: Schema, **more: object) -> Schema:
    return {"type": "array", "items": items, **more}


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    shape: Schema = {"type": "object", "properties": {**required, **optional}}
    return {**shape, "required": list(required)} if required else shape


def _message(kind: str, required: dict[str, Schema] | None = None, **optional: Schema) -> tuple[str, Schema]:
    shape = _object({"type": {"const": kind}, **(required or {})}, **optional)
    return kind, {**shape, "additionalProperties": True}


BOOL: Schema = {"type": "boolean"}
TEXT = _text()
INT = _int()
NUM = _num()
MAP: Schema = {"type": "object"}
TIME = _int(0)  # Unix ms
PERCENT = _int(0, 100)
VALUE: Schema = {"type": ["string", "integer", "boolean", "number"]}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUM_OR_NULL: Schema = {"type": ["number", "null"]}
REQUEST_ID: Schema = {"type": ["string", "integer"]}  # chosen by the client, echoed in the answer
FRACTION = _num(0, 1)
BOX: Schema = {**_object({side: FRACTION for side in "xywh"}), "additionalProperties": False}

MAX_TALK_BYTES = 16_384  # 512 ms of s16le at 16 kHz, 21,848 characters in base64
MAX_SPEECH_CHARS = 500

CLIENT: dict[str, Schema] = dict(
    (
        _message("auth", token=_text(1, 512), password=_text(None, 1024), requestId=REQUEST_ID),
        _message("ping", timestamp=TIME, requestId=REQUEST_ID),
        _message("setting", {"key": _text(1, 64), "value": VALUE}, requestId=REQUEST_ID),
        _message(
            "settings_batch",
            {"settings": {"type": "object", "minProperties": 1, "maxProperties": 64, "additionalProperties": VALUE}},
            requestId=REQUEST_ID,
        ),
        _message("capture", requestId=REQUEST_ID, quality=_int(1, 100)),
        _message(
            "enableH264",
            enable={**BOOL, "default": True},
            enabled=BOOL,  # a synonym
            framing={**_one("raw", "v1"), "default": "raw"},
            tier={**_one(*Tier), "default": Tier.MAIN},
            maxFps=_int(1, 60),  # accepted but ignored: one stream is encoded for all
            requestId=REQUEST_ID,
        ),
        _message("requestKeyframe", requestId=REQUEST_ID),
        _message("h264_quality", quality=PERCENT, value=PERCENT, requestId=REQUEST_ID),
        _message("stream_control", {"action": _one("start", "stop")}, requestId=REQUEST_ID),
        _message(
            "audio_subscribe", enabled={**BOOL, "default": True}, enable=BOOL, subscribe=BOOL, requestId=REQUEST_ID
        ),
        _message(
            "audio", {"data": _text(None, MAX_TALK_BYTES // 3 * 4 + 4, contentEncoding="base64")}, seq=_int(0), end=BOOL
        ),
        _message(
            "tts",
            {"message": _text(1, MAX_SPEECH_CHARS)},
            text=TEXT,  # a synonym
            voice=TEXT,
            volume=PERCENT,
            requestId=REQUEST_ID,
        ),
    )
)
CLIENT["auth"]["anyOf"] = [{"required": ["token"]}, {"required": ["password"]}]

_EVENT: dict[str, Schema] = {"eventId": _int(1), "timestamp": TIME}
_CLASSIFIED: dict[str, Schema] = {**_EVENT, "className": TEXT, "confidence": PERCENT}
_TRACKED = _object({"trackId": INT, "objectClass": TEXT, "confidence": PERCENT, "box": BOX}, ageMs=INT)
_STREAM_FIELDS = {
    "codec": TEXT,
    "encoder": TEXT,
    "width": INT,
    "height": INT,
    "fps": NUM,
    "bitrateKbps": NUM,
    "framesEncoded": INT,
    "framesDropped": INT,
}
_STREAM = _object({}, **_STREAM_FIELDS)
_TIER = _object({"tier": _one(*Tier), "readers": _list(TEXT)}, **_STREAM_FIELDS)  # extension
_LICENSE = _object(
    {"isPro": BOOL, "state": _one("ACTIVE", "INACTIVE", "UNKNOWN")},
    source=_one("REAL_PURCHASE", "DEBUG_OVERRIDE", "NONE"),
    billing=_object({"available": BOOL, "status": _one("CONNECTED", "UNAVAILABLE_RECOVERABLE", "UNAVAILABLE_HARD")}),
)
_CAPABILITIES = _object(
    {
        "cameraIds": _list(TEXT),
        "resolutions": _list(_text(pattern="^[0-9]+x[0-9]+$")),
        "frameRates": _list(INT),
        "maxFrameRate": INT,
    }
)
DETECTION_KEYS = ("motion", "sound", "dogBark", "babyCry", "person", "dog")
_DETECTION = {**_object({}, **{key: MAP for key in DETECTION_KEYS}), "additionalProperties": True}

SERVER: dict[str, Schema] = dict(
    (
        _message(
            "connected",
            {"authenticated": BOOL, "timestamp": TIME},
            server=MAP,
            features={"type": "object", "additionalProperties": BOOL},
        ),
        _message("auth_required", {"timestamp": TIME}),
        _message(
            "auth",
            {"success": BOOL},
            token=TEXT,
            csrfToken=TEXT,
            error=TEXT,
            lockout=BOOL,
            lockoutRemaining=_int(0),
            timestamp=TIME,
            requestId=REQUEST_ID,
        ),
        _message(
            "error",
            {"message": TEXT},
            code=_one(*ERROR_CODES),
            details=MAP,
            feature=TEXT,
            hint=TEXT,
            inReplyTo=TEXT,
            retryAfterMs=_int(0),
            timestamp=TIME,
            requestId=REQUEST_ID,
        ),
        _message("pong", {"timestamp": TIME}, clientTimestamp=TIME, requestId=REQUEST_ID),
        _message(
            "settings",
            {"data": MAP},
            changed=_list(TEXT),
            source=_one("ws", "http", "mqtt", "cli", "system", "license", "onvif"),
            timestamp=TIME,
        ),
        _message(
            "setting_ack",
            {"success": BOOL, "key": TEXT},
            value=VALUE,
            error=TEXT,
            proBlocked=_list(TEXT),
            feature=TEXT,
            requestId=REQUEST_ID,
        ),
        _message(
            "settings_batch_ack",
            {"success": BOOL},
            error=TEXT,
            errors=_list(_text(pattern="^[^:]+: .+")),
            proBlocked=_list(TEXT),
            applied=_list(TEXT),
            requestId=REQUEST_ID,
        ),
        _message(
            "status",
            {"streaming": BOOL, "cameraRunning": BOOL, "clients": _int(0), "wsClients": _int(0), "settings": MAP},
            viewerCount=_int(0),
            fps=NUM,
            detection=_DETECTION,
            state=_one("STANDBY", "ACTIVE", "WARNING", "CRITICAL"),
            timestamp=TIME,
        ),
        _message(
            "system_info",
            {name: _num(0, 100, kind=["number", "null"]) for name in ("cpu", "memory")},
            memoryUsedBytes=_int(kind=["integer", "null"]),
            memoryTotalBytes=_int(kind=["integer", "null"]),
            battery=_int(0, 100, kind=["integer", "null"]),
            batteryCharging={"type": ["boolean", "null"]},
            batteryTemp=NUM_OR_NULL,
            temperature=NUM_OR_NULL,
            cpuProcess=NUM,
            throttle=_one("none", "cpu", "thermal", "undervoltage"),
            uptimeSec=_int(0),
            device=TEXT,
            os=TEXT,
            version=TEXT,
            stream=_STREAM,
            streams=_list(_TIER),
            actors=_list(MAP),
            timestamp=TIME,
        ),
        _message(
            "h264_ack",
            {"success": BOOL, "enabled": BOOL},
            codec=_text(pattern=r"^avc1\.[0-9A-F]{6}$"),
            width=INT,
            height=INT,
            fps=NUM,
            quality=PERCENT,
            bitrateKbps=NUM,
            framing=_one("raw", "v1"),
            tier=_one(*Tier),  # extension: missing for main
            generation=_int(0),
            error=TEXT,
            requestId=REQUEST_ID,
        ),
        _message(
            "motion_detected", {**_EVENT, "changedPercent": _num(0, 100)}, width=INT, height=INT, zones=_list(TEXT)
        ),
        _message("sound_detected", {**_EVENT, "db": _num(None, 0), "rms": FRACTION}),
        _message("sound_classified", _CLASSIFIED, durationMs=INT),
        _message("baby_cry_classified", _CLASSIFIED, durationMs=INT),
        _message(
            "object_detected",
            {
                **_EVENT,
                "objectClass": _one("person", "dog"),
                "confidence": PERCENT,
                "eventType": _one("appeared", "disappeared"),
            },
            trackId=INT,
            box=BOX,
            zones=_list(TEXT),
        ),
        _message(
            "detection_frame",
            {"timestamp": TIME, "width": INT, "height": INT, "objects": _list(_TRACKED, maxItems=64)},
            inferenceMs=NUM,
            pts=INT,
        ),
        _message(
            "capture_ready",
            {"url": TEXT, "width": INT, "height": INT},
            timestamp=TIME,
            size=INT,
            captureId=TEXT,
            expiresAt=TIME,
        ),
        _message("capture_busy", timestamp=TIME, retryAfterMs=INT, requestId=REQUEST_ID),
        _message(
            "mqtt_status",
            {"enabled": BOOL, "connected": BOOL, "brokerUrl": TEXT, "port": INT, "topicPrefix": TEXT},
            lastError=TEXT_OR_NULL,
            reconnectInSec=INT,
        ),
        _message(
            "rtsp_status",
            {"enabled": BOOL, "running": BOOL, "port": INT, "path": TEXT, "clients": _int(0)},
            lastError=TEXT_OR_NULL,
            url=TEXT,
            login=TEXT_OR_NULL,
            newLogin=BOOL,
            tlsPort=NUM_OR_NULL,
        ),
        _message("license:changed", {"license": _LICENSE}, isPro=BOOL, timestamp=TIME),
        _message("capabilitiesChanged", {"capabilities": _CAPABILITIES}, timestamp=TIME),
        _message(
            "audio_ack",
            {"success": BOOL, "subscribed": BOOL},
            sampleRate={"const": 16000},
            channels={"const": 1},
            format=_one("pcm_s16le"),
            chunkMs=INT,
            error=TEXT,
            code=TEXT,
            requestId=REQUEST_ID,
        ),
        _message("audio", {"data": _text(contentEncoding="base64")}, timestamp=TIME, seq=_int(0), level=NUM),
    )
)

WANTS = ("levels", "actor_event", "tts_ack", "talk_state", "clip_ready", "detected")
HELLO: Schema = _message("hello", {"want": _list(TEXT, maxItems=32)}, requestId=REQUEST_ID)[1]
_LEVEL = _object({"key": TEXT, "value": NUM, "threshold": NUM, "unit": TEXT, "note": TEXT})
EXTENSIONS: dict[str, Schema] = dict(
    (
        _message("hello", {"want": _list(_one(*WANTS))}, requestId=REQUEST_ID),  # those that are granted
        _message("levels", {"levels": _list(_LEVEL), "timestamp": TIME}),
        _message("actor_event", {"actor": TEXT, "state": TEXT, "text": TEXT, "timestamp": TIME}),
        _message("tts_ack", {"success": BOOL, "durationMs": _int(0)}, requestId=REQUEST_ID),
        _message("talk_state", {"speaking": BOOL, "untilMs": TIME}),
        _message(
            "clip_ready",
            {"clipId": TEXT, "start": TIME, "durationMs": _int(0), "runUpMs": _int(0), "url": TEXT, "timestamp": TIME},
            types=_list(TEXT),
            events=_list(_int(1)),
        ),
        _message(  # what the API document has no message for, see models.event_kinds
            "detected",
            {**_EVENT, "detection": TEXT, "title": TEXT, "kind": TEXT, "confidence": PERCENT},
            eventType=_one("appeared", "disappeared"),
            zones=_list(TEXT),
            trackId=INT,
            box=BOX,
        ),
    )
)
