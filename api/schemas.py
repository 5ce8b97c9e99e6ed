"""Every schema of the HTTP API as JSON Schema, by name: the components of the OpenAPI document.

Written for generators of clients: objects with names and types, ``anyOf`` only between named objects, and no ``const``
(openapi-python-client generates invalid code for ``{"const": false}``). Answers may have additional fields.
"""

from collections.abc import Callable, Mapping

from api.clip_schemas import CLIPS
from api.schema_words import (
    BOOL,
    FAILED,
    INT,
    INT_OR_NULL,
    NUM,
    PERCENT,
    SUCCESS,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    TIME_OR_NULL,
    Schema,
    ref,
    whole,
)
from api.schema_words import listed as _list
from api.schema_words import one_of as _one
from api.schema_words import said as _said
from api.schema_words import shaped as _object
from config.setting import Setting
from config.settings import REGISTRY
from models.events import EVENT_TYPES
from models.notify.channel import KINDS
from models.notify.limits import EVERY_MAX_MIN, NAME_MAX, URL_MAX
from models.notify.rule import DAYS, TYPES
from models.security.roles import ROLES


def _settings(which: Callable[[Setting], bool]) -> dict[str, Schema]:
    return {setting.key: setting.json_schema() for setting in REGISTRY.values() if which(setting)}


def _writable(setting: Setting) -> bool:
    return not setting.read_only


def _of_mqtt(setting: Setting) -> bool:
    return setting.group == "MQTT" and not setting.extension


def _optional(properties: Mapping[str, Schema]) -> Schema:
    """For a request: what is absent stays unchanged, so there are no defaults to fill in."""
    plain = {key: {name: value for name, value in one.items() if name != "default"} for key, one in properties.items()}
    return {"type": "object", "properties": plain}


_CREDENTIALS: dict[str, Schema] = {
    "mqttUsername": _said(TEXT, "Empty removes it"),
    "mqttPassword": _said(TEXT, "Empty removes it; never returned"),
}
_STATUS: dict[str, Schema] = {
    "clients": _said(INT, "Viewers of live video"),
    "wsClients": _said(INT, "Open WebSockets"),
    "streaming": BOOL,
    "cameraRunning": BOOL,
    "settings": ref("Settings"),
}
_CODE = _said(TEXT, "As the device printed it at its start; dashes are ignored")
_RULE: dict[str, Schema] = {
    "types": _list(_one(*TYPES)),
    "channels": _said(_list(TEXT), "IDs of channels"),
}
_RULE_MORE: dict[str, Schema] = {
    "name": {**TEXT, "maxLength": NAME_MAX},
    "enabled": BOOL,
    "days": _said(_list(_one(*DAYS)), "Local time; every day if omitted"),
    "from": _said(TEXT, "HH:MM, local time; the same as `to`: all day. A span over midnight belongs to its first day"),
    "to": _said(TEXT, "HH:MM"),
    "everyMin": _said(whole(0, EVERY_MAX_MIN), "At most once in this many minutes; 0: every event"),
    "unwatched": _said(BOOL, "Only while nobody is watching live"),
    "zones": _said(_list(TEXT), "Only in one of these zones; empty: anywhere"),
}
_MQTT = _settings(lambda setting: _of_mqtt(setting) and not setting.read_only)

COMPONENTS: dict[str, Schema] = {
    "Error": {
        **_object(
            {"error": TEXT},
            success=FAILED,
            feature=_said(TEXT, "The Pro feature that was requested"),
            hint=TEXT,
            lockout=BOOL,
            lockoutRemaining=_said(INT, "Seconds until the next attempt is allowed"),
            retryAfterMs=INT,
            httpsPort=INT,
            role=_said(TEXT, "The role of the credential, which does not permit this"),
            reason=_said(_one("not_yet", "none", "expired"), "Why an event has no clip"),
        ),
        "examples": [{"error": "Description of the error"}],
    },
    "Errors": {
        **_object({"success": FAILED, "errors": _list(TEXT)}),
        "description": "All errors in settings, as `key: message`, in the order of the request",
        "examples": [
            {"success": False, "errors": ["unknownKey: Unknown setting", "frameRate: Value must be between 1 and 60"]}
        ],
    },
    "Description": {"type": "object"},
    "Done": _object({"success": SUCCESS}),
    "License": _object(
        {
            "isPro": BOOL,
            "state": _one("ACTIVE", "INACTIVE", "UNKNOWN"),
            "source": _one("REAL_PURCHASE", "DEBUG_OVERRIDE", "NONE"),
            "billing": ref("Billing"),
        }
    ),
    "Billing": _object({"available": BOOL, "status": _one("CONNECTED", "UNAVAILABLE_RECOVERABLE", "UNAVAILABLE_HARD")}),
    "Settings": _object({}, **_settings(lambda setting: True), license=ref("License")),
    "SettingsChange": _optional(_settings(_writable)),
    "SettingsChanged": _object(
        {"success": SUCCESS}, proBlocked=_said(_list(TEXT), "Keys that need Pro and were not changed")
    ),
    "SettingsForm": _object({"groups": _list(ref("SettingsGroup"))}),
    "SettingsGroup": _object({"group": TEXT, "settings": _list(ref("SettingDescription"))}),
    "SettingDescription": _object(
        {"key": TEXT, "type": _one("boolean", "int", "string"), "title": TEXT, "help": TEXT},
        unit=TEXT,
        pro=TEXT_OR_NULL,
        needs=TEXT_OR_NULL,
        live=BOOL,
        readOnly=BOOL,
        extension=BOOL,
        choices=_list({"type": ["integer", "string"]}),
        min=INT,
        max=INT,
        maxLength=INT,
        optionsFrom=TEXT_OR_NULL,
    ),
    "Status": _object(
        _STATUS,
        fps=_said(NUM, "VideoBroadcast per second that come from the source"),
        source=TEXT,
        camera=ref("CameraState"),
        state=_one("ACTIVE", "STANDBY", "WARNING"),
        licenseOrigin=_said(TEXT, "Why it is Pro: local (issued on this device), issuer or flag; empty while Free"),
        version=TEXT,
        deviceId=TEXT,
        uptimeSec=INT,
    ),
    "CameraState": _object({"state": TEXT, "kind": TEXT, "width": INT, "height": INT}, reason=TEXT),
    "Capabilities": _object(
        {"cameraIds": _list(TEXT), "resolutions": _list(TEXT), "frameRates": _list(INT), "maxFrameRate": INT},
        cameras=_list(ref("CameraInfo")),
        torch=BOOL,
        jpegPassthrough=BOOL,
        videoPassthrough=BOOL,
        audioIn=BOOL,
        audioOut=BOOL,
        tts=BOOL,
        h264=BOOL,
        encoder=TEXT,
    ),
    "CameraControls": _object({"controls": _list(ref("CameraControl"))}),
    "CameraControl": _object(
        {"name": TEXT, "title": TEXT, "kind": _one("int", "boolean", "menu"), "value": INT, "default": INT},
        min=INT,
        max=INT,
        step=INT,
        choices=_list(ref("CameraChoice")),
        active=_said(BOOL, "false while another control overrides it"),
    ),
    "CameraChoice": _object({"value": INT, "title": TEXT}),
    "CameraControlChange": _object({}, name=TEXT, value=INT),
    "CameraInfo": _object({"id": TEXT, "name": TEXT, "resolutions": _list(TEXT)}),
    "TorchChange": _object({}, enabled=_said(BOOL, "Without it the torch is toggled")),
    "Torch": _object({"torchEnabled": BOOL}),
    "Health": _object({"status": _one("ok", "degraded", "unhealthy"), "actors": {"type": "object"}}),
    "ActorTableCache": _object({"actors": _list(ref("Actor"))}),
    "Actor": _object(
        {"name": TEXT, "state": TEXT, "pid": INT, "uptimeSec": NUM, "restarts": INT},
        lastReason=TEXT,
        cpuPercent=NUM,
        pssBytes=INT,
        queue=INT,
        detail=TEXT,
    ),
    "Password": _object({"password": TEXT}),
    "LoginSession": _object({"success": SUCCESS, "token": TEXT, "csrfToken": TEXT}),
    "AuthStatus": _object(
        {"enabled": BOOL, "configured": BOOL},
        authenticated=_said(BOOL, "Only with a valid session cookie"),
        csrfToken=_said(TEXT, "Only with a valid session cookie"),
    ),
    "Sessions": _object({"sessions": _list(ref("SessionInfo"))}),
    "SessionInfo": _object(
        {"id": TEXT, "kind": _one("token", "login"), "role": TEXT, "name": TEXT, "current": BOOL},
        address=TEXT,
        agent=TEXT,
        created=TIME,
        lastUsed=TIME,
        expires=TIME_OR_NULL,
    ),
    "TokenRequest": _object(
        {"name": TEXT, "role": _one(*ROLES)},
        days=_said(INT, "Days until it expires; 0 or omitted: until it is revoked"),
    ),
    "Token": _object(
        {"success": SUCCESS, "id": TEXT, "role": TEXT, "token": _said(TEXT, "Shown only here")},
        streamUrl=TEXT,
        snapshotUrl=TEXT,
    ),
    "PasswordChange": _object({"current": TEXT, "new": TEXT}),
    "ProtectionStart": _object({"code": _CODE, "new": TEXT}),
    "OwnerCode": _object({"code": _CODE}),
    "LicenseKey": _object({"key": TEXT}),
    "Models": _object({"models": _list(ref("Model"))}),
    "Model": _object(
        {
            "id": TEXT,
            "detector": TEXT,
            "serves": _said(_list(TEXT), "The keys of status.detection that need it"),
            "role": TEXT,
            "bytes": INT,
            "licence": TEXT,
            "state": _one("good", "missing", "broken", "waiting", "fetching"),
        },
        done=_said(INT, "Bytes downloaded so far"),
        problem=_said(TEXT, "Why the last download failed; empty if it did not"),
    ),
    "ModelFetch": _object({"detector": TEXT}),
    "Certificate": _object(
        {
            "subject": TEXT,
            "issuer": TEXT,
            "notBefore": TIME,
            "notAfter": TIME,
            "serialNumber": TEXT,
            "status": TEXT,
            "downloadUrl": TEXT,
        },
        fingerprintSha256=TEXT,
        subjectAltNames=_list(TEXT),
        trustFingerprintSha256=_said(TEXT, "Licence of what is downloaded and installed"),
        trustNotAfter=TIME,
    ),
    "Event": {
        **_object(
            {"id": INT, "eventId": INT, "timestamp": TIME, "type": TEXT},
            changedPercent=_said(NUM, "MOTION"),
            width=_said(INT, "MOTION"),
            height=_said(INT, "MOTION"),
            db=_said(NUM, "ANY_SOUND, dBFS"),
            rms=_said(NUM, "ANY_SOUND, 0–1"),
            className=_said(TEXT, "DOG_BARK, BABY_CRY"),
            confidence=_said(PERCENT, "All but MOTION and ANY_SOUND"),
            objectClass=_said(TEXT, "OBJECT_PERSON, OBJECT_DOG"),
            eventType=_said(TEXT, "OBJECT_PERSON, OBJECT_DOG: appeared"),
            zones=_list(_said(TEXT, "Names of the zones it was in; for a visit that has ended, of the whole visit")),
            thumbnail=_said(BOOL, "Whether /events/{id}/thumbnail has a picture"),
            clipId=_said(TEXT_OR_NULL, "Its clip; null until there is one, and after it was deleted"),
        ),
        "description": f"``type``: {', '.join(EVENT_TYPES)}, or SYSTEM_… for the server's own history",
    },
    "EventCount": _object({"type": TEXT, "count": INT}, lastTimestamp=TIME_OR_NULL),
    "EventPage": _object(
        {"serverNow": TIME, "dayStart": TIME, "events": _list(ref("Event")), "summary": _list(ref("EventCount"))}
    ),
    **CLIPS,
    "ReplayRequest": _object({}, day=_said(TEXT, "yesterday, today or YYYY-MM-DD"), settings={"type": "object"}),
    "Replay": _object(
        {
            "day": TEXT,
            "start": TIME,
            "end": TIME,
            "counts": {"type": "object", "additionalProperties": INT},
            "alarms": _list(
                _object(
                    {"type": TEXT, "timestamp": TIME, "confidence": {"type": ["integer", "null"]}, "zones": _list(TEXT)}
                )
            ),
        }
    ),
    "EventBuckets": _object(
        {"buckets": _list(ref("EventBucket")), "bucketMs": INT, "timeRange": ref("TimeRange")},
    ),
    "EventBucket": _object({"timestamp": TIME, "counts": {"type": "object", "additionalProperties": INT}}),
    "TimeRange": _object({"start": TIME, "end": TIME}),
    "EventRange": _object({"minTimestamp": TIME_OR_NULL, "maxTimestamp": TIME_OR_NULL, "totalEvents": INT}),
    "EventsCleared": _object({"success": SUCCESS, "cleared": INT}),
    "StorageStats": _object(
        {
            "databaseSize": TEXT,
            "databaseSizeBytes": INT,
            "totalEvents": INT,
            "motionEvents": INT,
            "soundEvents": INT,
            "eventsByType": {"type": "object", "additionalProperties": INT},
        },
        minTimestamp=TIME_OR_NULL,
        maxTimestamp=TIME_OR_NULL,
        deviceStorageTotal=TEXT,
        deviceStorageAvailable=TEXT,
        deviceStorageTotalBytes=INT,
        deviceStorageAvailableBytes=INT,
    ),
    "RtspStatus": _object(
        {"enabled": BOOL, "running": BOOL, "port": INT, "path": TEXT, "clients": INT},
        lastError=TEXT_OR_NULL,
        login=_said(TEXT_OR_NULL, "The user name of the login; null: none"),
        newLogin=_said(BOOL, "A login was created and has not been shown yet"),
        tlsPort=_said(INT_OR_NULL, "Of RTSP over TLS; null while it is off"),
        sessions=_list(ref("RtspSession")),
    ),
    "OnvifStatus": _object(
        {"enabled": BOOL, "running": BOOL, "port": INT, "subscribers": _list(ref("OnvifSubscriber"))},
        lastError=TEXT_OR_NULL,
    ),
    "OnvifSubscriber": _object(
        {"client": TEXT, "kind": _said(TEXT, "pull point, webhook")},
        userAgent=TEXT,
        seconds=_said(NUM, "Since it subscribed"),
        expiresInSec=NUM,
        delivered=_said(INT, "States delivered to it"),
        dropped=_said(INT, "States that newer ones replaced in its queue"),
    ),
    "RtspNewLogin": _object(
        {
            "login": {
                "anyOf": [_object({"username": TEXT, "password": TEXT}), {"type": "null"}],
                "description": "Returned once; then null",
            }
        }
    ),
    "RtspSession": _object(
        {"client": TEXT, "transport": TEXT, "state": TEXT},
        tier=_said(_one("main", "sub"), "sub is the small stream"),
        userAgent=TEXT,
        bitrateKbps=NUM,
        lossPercent=NUM,
        seconds=NUM,
    ),
    "RtspSettings": _optional(
        _settings(lambda setting: setting.group == "RTSP" and not setting.read_only and not setting.extension)
        | _settings(lambda setting: setting.key in ("rtspOpen", "rtspTlsEnabled", "rtspTlsPort"))
        | {
            "rtspPassword": _said(TEXT, "Empty removes it; never returned"),
            "currentPassword": _said(TEXT, "The dashboard's password; required for rtspOpen"),
        }
    ),
    "RtspStored": _object({"success": SUCCESS, "restartRequired": BOOL}),
    "MqttStatus": _object(
        {"enabled": BOOL, "connected": BOOL, "brokerUrl": TEXT, "port": INT, "topicPrefix": TEXT},
        lastError=_said(TEXT_OR_NULL, "Why it is not connected, or what the broker does not accept"),
        reconnectInSec=INT,
        pinnedFingerprint=TEXT_OR_NULL,
    ),
    "MqttSettings": _object({}, **_settings(_of_mqtt)),
    "MqttChange": _optional(_MQTT),
    "MqttChangeWithCredentials": _optional(_MQTT | _CREDENTIALS),
    "MqttApply": _object(
        {"settings": ref("MqttChangeWithCredentials")},
        currentPassword=_said(TEXT, "Needed to change stored credentials"),
    ),
    "MqttTest": _object({}, settings=ref("MqttChangeWithCredentials")),
    "MqttTested": _object({"success": BOOL}, latencyMs=INT, error=TEXT),
    "Notifications": _object(
        {
            "enabled": _said(BOOL, "The setting notificationsEnabled; while it is off, nothing is shown"),
            "publicKey": _said(TEXT, "The applicationServerKey for browsers (RFC 8292), base64url"),
            "rules": _list(ref("NotificationRule")),
            "channels": _list(ref("NotificationChannel")),
            "waiting": _said(INT, "Messages in the outbox"),
            "types": _said(_list(TEXT), "Event types that a rule can name"),
            "freeTypes": _said(_list(TEXT), "Types that do not need Pro"),
        }
    ),
    "NotificationRule": _object({"id": TEXT, **_RULE, **_RULE_MORE}),
    "NotificationRuleChange": _object(
        _RULE, id=_said(TEXT, "ID of the rule to replace; omitted: a new rule"), **_RULE_MORE
    ),
    "NotificationChannel": _object(
        {"id": TEXT, "kind": _one(*KINDS), "name": TEXT, "target": _said(TEXT, "Its target, without secrets")},
        lastDelivered=TIME_OR_NULL,
        lastError=_said(TEXT_OR_NULL, "Why the last attempt failed, as the receiver put it"),
    ),
    "NotificationChannelNew": _object(
        {"kind": _one(*KINDS)},
        name={**TEXT, "maxLength": NAME_MAX},
        url=_said({**TEXT, "maxLength": URL_MAX}, "webhook: https:// or http://; apprise: its URL. Never returned"),
        subscription=_said({"type": "object"}, "push: the browser's PushSubscription, as returned by toJSON()"),
        replaces=_said(TEXT, "push: the endpoint of the subscription that this one replaces"),
    ),
    "NotificationStored": _object(
        {"success": SUCCESS, "id": TEXT}, secret=_said(TEXT, "Key to verify a webhook's signature; shown only here")
    ),
    "NotificationTest": _object({"channel": _said(TEXT, "Its id")}),
    "NotificationTested": _object({"success": BOOL, "answer": _said(TEXT, "The receiver's answer")}, latencyMs=INT),
}
