"""Everything that is kept at the broker, made from what is known: one pure function, so it is never out of step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from models.clips import Clip
from models.messages.camera import CameraView, Capabilities
from models.messages.rtsp import RtspView
from models.mqtt import discovery, payloads
from models.mqtt.discovery import Device
from models.mqtt.setting_entities import SettingEntry
from models.mqtt.topics import DETECTIONS, OFF, ON, ONLINE, Topics
from models.mqtt.topics import discovery as discovery_topic


@dataclass(slots=True)
class Facts:
    """What is known of the rest of the program; ``host`` is our address on the way to the broker."""

    device_id: str = ""
    version: str = ""  # that runs
    installed: str = ""  # on the disk: runs after the next start
    host: str = ""
    https_port: int = 0
    stored: Mapping[str, object] = field(default_factory=dict)
    active: dict[str, bool] = field(default_factory=dict)  # by detection
    camera: CameraView | None = None
    capabilities: Capabilities | None = None
    rtsp: RtspView | None = None
    speech: bool = False
    clips: dict[str, Clip] = field(default_factory=dict)  # the newest by type, "" of all
    clip_picture: bytes = b""  # JPEG of the newest
    former: tuple[str, ...] = ()  # entities announced before, see ``discovery.announced``

    @property
    def name(self) -> str:
        return str(self.stored.get("deviceName") or "IP Camera")

    @property
    def url(self) -> str:
        """Of the dashboard; empty while it is not known."""
        return f"https://{_bracketed(self.host)}:{self.https_port}/" if self.host and self.https_port else ""

    @property
    def commands(self) -> bool:
        return self.stored.get("mqttCommandsEnabled") is True

    @property
    def discovery_topic(self) -> str:
        return discovery_topic(str(self.stored.get("mqttDiscoveryPrefix") or "homeassistant"), self.device_id)


def retained(topics: Topics, facts: Facts, settings: Iterable[SettingEntry]) -> dict[str, bytes]:
    """Payload by topic, in the order in which it is published; an empty payload takes a topic away."""
    states = {topics.state(key): _on_off(facts.active.get(key, False)) for key in DETECTIONS}
    camera = facts.camera
    streaming = camera.streaming if camera is not None else facts.stored.get("streaming") is not False
    states |= {
        topics.state("streaming"): _on_off(streaming),
        topics.state("camera"): _on_off(camera is not None and camera.running),
        topics.state("settings"): payloads.dumps(payloads.settings(facts.stored)),
        topics.state("update"): payloads.dumps(
            {"installed_version": facts.version, "latest_version": facts.installed or facts.version}
        ),
        topics.state("rtsp"): payloads.dumps(_rtsp(facts)),
    }
    states |= {topics.clip(kind): payloads.dumps(_clip(facts, clip)) for kind, clip in facts.clips.items()}
    if facts.clip_picture:
        states[topics.clip_image] = facts.clip_picture
    about = {"deviceId": facts.device_id, "name": facts.name, "version": facts.version}
    announce = facts.stored.get("mqttDiscoveryEnabled") is not False
    states[facts.discovery_topic] = payloads.dumps(announcement(topics, facts, settings)) if announce else b""
    states[topics.device] = payloads.dumps(about)
    states[topics.online] = ONLINE.encode()
    return states


def announcement(topics: Topics, facts: Facts, settings: Iterable[SettingEntry]) -> dict[str, object]:
    """The discovery message."""
    known = facts.capabilities
    device = Device(
        facts.device_id,
        facts.name,
        facts.version,
        model=_model(facts),
        url=facts.url,
        torch=known is not None and known.torch,
        speech=facts.speech,
        clips=facts.stored.get("clipsEnabled") is True,
        options={"resolutions": known.resolutions, "cameraIds": known.camera_ids} if known is not None else {},
    )
    return discovery.payload(device, topics.prefix, settings, facts.stored, facts.commands, facts.former)


def _model(facts: Facts) -> str:
    source = facts.camera.source.partition(" (")[0] if facts.camera is not None else ""
    return source or "Linux camera"


def _rtsp(facts: Facts) -> dict[str, object]:
    """``url`` without credentials: viewers have their own."""
    view = facts.rtsp
    if view is None or not view.running:
        return {"state": "off", "url": None, "clients": 0}
    url = f"rtsp://{_bracketed(facts.host or 'localhost')}:{view.port}{view.path}"
    return {"state": "on", "url": url, "clients": view.clients}


def _clip(facts: Facts, clip: Clip) -> dict[str, object]:
    """``url`` without credentials: viewers have their own."""
    return {
        "clipId": clip.id,
        "time": datetime.fromtimestamp(clip.moment / 1000, UTC).isoformat(timespec="seconds"),
        "start": clip.start,
        "durationMs": clip.duration_ms,
        "runUpMs": clip.run_up_ms,
        "types": list(clip.types),
        "events": list(clip.events),
        "url": f"{facts.url}clips/{clip.id}/video" if facts.url else None,
    }


def _bracketed(host: str) -> str:
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def _on_off(on: bool) -> bytes:
    return (ON if on else OFF).encode()
