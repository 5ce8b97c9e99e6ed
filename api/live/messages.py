"""Server messages, as defined by ``models.http.schema.SERVER``. All times are Unix ms."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.errors import DASHBOARD_HINT, DIRECT_HINT
from api.json_forms import license_shape, mqtt_shape, rtsp_shape, settings_shape, status_shape
from api.latest_states import LatestStates
from config.clock import unix_ms
from models.clips import Clip
from models.errors import ServerError
from models.event_kinds import MORE
from models.events import Event
from models.http.limits import CAPTURE_KEPT_S, SOUND_CHUNK_MS
from models.http.schema import DETECTION_KEYS
from models.media.tier import Tier
from models.messages.camera import Capabilities, CaptureView
from models.messages.detector import DetectionFrame, DetectorView, Level, SwitchView
from models.messages.encoder import VideoView
from models.messages.facade import ViewersView
from models.messages.license import LicenseView
from models.messages.settings import SettingsView

Message = dict[str, Any]
MORE_KINDS = {kind.event_type: kind for kind in MORE}
PRO_MESSAGE = "Pro license required"
PRO_FEATURES = (
    "motion_detection",
    "sound_detection",
    "object_detection",
    "event_history",
    "event_export",
    "storage_analytics",
    "rtsp_streaming",
    "mqtt_integration",
    "certificate_download",
    "two_way_audio",
    "reverse_proxy",
    "api_access",
)


def connected(name: str, version: str, device: str, pro: bool) -> Message:
    return {
        "type": "connected",
        "authenticated": True,
        "timestamp": unix_ms(),
        "server": {"name": name, "version": version, "deviceId": device},
        "features": dict.fromkeys(PRO_FEATURES, pro),
    }


def error(message: str, code: str, **more: object) -> Message:
    return {"type": "error", "message": message, "code": code, "timestamp": unix_ms()} | more


def pro_required(feature: str, dashboard: bool, **more: object) -> Message:
    hint = DASHBOARD_HINT if dashboard else DIRECT_HINT
    return error(PRO_MESSAGE, "PRO_REQUIRED", feature=feature, hint=hint, **more)


def auth_failure(failure: ServerError) -> Message:
    """With ``lockout`` and ``lockoutRemaining`` if the address is locked out."""
    answer: Message = {"type": "auth", "success": False, "error": failure.detail, "timestamp": unix_ms()}
    if "lockoutRemaining" in failure.fields:
        answer |= {"lockout": True, "lockoutRemaining": failure.fields["lockoutRemaining"]}
    return answer


def settings(view: SettingsView, license: LicenseView, changed: Iterable[str], source: str) -> Message:
    data = settings_shape(view.stored, license)
    return {"type": "settings", "data": data, "changed": list(changed), "source": source, "timestamp": unix_ms()}


def status(states: LatestStates, viewers: ViewersView, license: LicenseView, warning: bool) -> Message:
    """``warning``: some actor is degraded or restarting."""
    shape = status_shape(states.camera, viewers, states.settings.stored, license)
    state = "STANDBY" if states.camera.standby else "ACTIVE"
    if states.camera.state == "failed":
        state = "CRITICAL"
    elif warning or states.camera.state == "waiting":
        state = "WARNING"
    more = {"viewerCount": viewers.clients, "detection": detection(states.detectors), "state": state}
    return {"type": "status", **shape, **more, "timestamp": unix_ms()}


def detection(detectors: Mapping[str, DetectorView]) -> Message:
    """The state of each switch; a kind that no detector reports is off."""
    found: Message = {key: {"enabled": False, "active": False} for key in DETECTION_KEYS}
    for view in detectors.values():
        for switch in view.switches:
            found[camel(switch.key)] = _switch(view, switch)
    return found


def _switch(view: DetectorView, switch: SwitchView) -> Message:
    shown: Message = {"enabled": switch.enabled, "active": switch.active}
    if switch.last_event_id:
        shown["lastEventId"] = switch.last_event_id
    if switch.degraded:
        shown["degraded"] = switch.degraded
    if view.where and switch.enabled:
        shown |= {"where": view.where, "whereNote": view.where_note}
    return shown


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def h264_ack(video: VideoView | None, framing: str, tier: Tier = Tier.MAIN, **more: object) -> Message:
    """``more`` overrides the encoder's values: codec, width, height and generation of the current access unit."""
    answer: Message = {"type": "h264_ack", "success": True, "enabled": True, "framing": framing}
    answer |= {"tier": tier} if tier != Tier.MAIN else {}
    if video is not None:
        answer |= {"quality": video.quality, "width": video.width, "height": video.height}
        answer |= {"generation": video.generation}
        measured = {"fps": round(video.fps, 1), "bitrateKbps": round(video.target_kbps), "codec": video.codec}
        answer |= {key: value for key, value in measured.items() if value}  # unknown values are omitted
    return answer | more


def event(happened: Event) -> Message | None:
    """The message of a detection; None for events without a message in the API document (SYSTEM_*)."""
    base: Message = {"eventId": happened.event_id, "timestamp": happened.timestamp}
    details, metadata = happened.details, happened.metadata
    confidence = happened.confidence or 0
    match happened.type:
        case "MOTION":
            return {"type": "motion_detected", **base, **_some(details, "changedPercent", "width", "height", "zones")}
        case "ANY_SOUND":
            return {"type": "sound_detected", **base, **_some(details, "db", "rms")}
        case "DOG_BARK" | "BABY_CRY":
            kind = "sound_classified" if happened.type == "DOG_BARK" else "baby_cry_classified"
            heard = {"className": str(details.get("className", "")), "confidence": confidence}
            return {"type": kind, **base, **heard, **_some(metadata, "durationMs")}
        case "OBJECT_PERSON" | "OBJECT_DOG":
            seen = happened.type.removeprefix("OBJECT_").lower()
            about = {"objectClass": seen, "confidence": confidence, "eventType": happened.phase}
            places = _some({**details, **metadata}, "zones", "trackId")
            return {"type": "object_detected", **base, **about, **places, **_box(metadata)}
        case _ if (more := MORE_KINDS.get(happened.type)) is not None:
            about = {"detection": more.key, "title": more.title, "kind": happened.type, "confidence": confidence}
            ended = {"eventType": happened.phase} if more.lasts else {}
            places = _some({**details, **metadata}, "zones", "trackId")
            return {"type": "detected", **base, **about, **ended, **places, **_box(metadata)}
        case _:
            return None


def _some(values: Mapping[str, Any], *keys: str) -> Message:
    return {key: values[key] for key in keys if values.get(key) is not None}


def _box(values: Mapping[str, Any]) -> Message:
    """Flat in the event (metadata has no nesting), an object on the wire."""
    sides = {side: values.get(f"box{side.upper()}") for side in "xywh"}
    return {"box": sides} if None not in sides.values() else {}


def detection_frame(seen: DetectionFrame) -> Message:
    objects = [
        {
            "trackId": tracked.track_id,
            "objectClass": tracked.object_class,
            "confidence": tracked.confidence,
            "box": {side: round(min(max(getattr(tracked, side), 0.0), 1.0), 4) for side in "xywh"},
        }
        for tracked in seen.objects[:64]
    ]
    return {
        "type": "detection_frame",
        "timestamp": seen.timestamp,
        "width": seen.width,
        "height": seen.height,
        "objects": objects,
        "inferenceMs": round(seen.inference_ms, 1),
        "pts": seen.pts,
    }


def capture_ready(still: CaptureView) -> Message:
    return {
        "type": "capture_ready",
        "url": "/capture",
        "width": still.width,
        "height": still.height,
        "timestamp": still.timestamp,
        "size": still.size,
        "captureId": still.capture_id,
        "expiresAt": still.timestamp + int(CAPTURE_KEPT_S * 1000),
    }


def clip_ready(clip: Clip) -> Message:
    return {
        "type": "clip_ready",
        "clipId": clip.id,
        "start": clip.start,
        "durationMs": clip.duration_ms,
        "runUpMs": clip.run_up_ms,
        "types": list(clip.types),
        "events": list(clip.events),
        "url": f"/clips/{clip.id}/video",
        "timestamp": unix_ms(),
    }


def mqtt_status(states: LatestStates, pro: bool) -> Message:
    """On a Free device it contains no details, but it keeps its place in the snapshot."""
    view = states.mqtt
    if view is None or not pro:
        blank = {"enabled": False, "connected": False, "brokerUrl": "", "port": 0, "topicPrefix": ""}
        return {"type": "mqtt_status", **blank, "lastError": None}
    return {"type": "mqtt_status", **mqtt_shape(view)}


def rtsp_status(states: LatestStates) -> Message:
    view = states.rtsp
    if view is None:
        stored: Mapping[str, Any] = states.settings.stored
        about = {"port": stored.get("rtspPort", 0), "path": stored.get("rtspPath", ""), "clients": 0}
        return {"type": "rtsp_status", "enabled": False, "running": False, **about, "lastError": None}
    return {"type": "rtsp_status", **rtsp_shape(view)}


def license_changed(license: LicenseView) -> Message:
    shape = license_shape(license)
    return {"type": "license:changed", "license": shape, "isPro": license.is_pro, "timestamp": unix_ms()}


def capabilities_changed(capabilities: Capabilities) -> Message:
    body = {
        "cameraIds": list(capabilities.camera_ids),
        "resolutions": list(capabilities.resolutions),
        "frameRates": list(capabilities.frame_rates),
        "maxFrameRate": capabilities.max_frame_rate,
        "torch": capabilities.torch,
    }
    return {"type": "capabilitiesChanged", "capabilities": body, "timestamp": unix_ms()}


def audio_ack(subscribed: bool, code: str = "", why: str = "") -> Message:
    if code:
        return {"type": "audio_ack", "success": False, "subscribed": subscribed, "error": why, "code": code}
    form = {"sampleRate": 16000, "channels": 1, "format": "pcm_s16le", "chunkMs": SOUND_CHUNK_MS}
    return {"type": "audio_ack", "success": True, "subscribed": subscribed, **form}


def levels(found: Iterable[Level]) -> Message:
    rows = [
        {"key": one.key, "value": one.value, "threshold": one.threshold, "unit": one.unit, "note": one.note}
        for one in found
    ]
    return {"type": "levels", "levels": rows, "timestamp": unix_ms()}
