"""The entities that do not come from a setting: what the camera sees and measures, and what it can do."""

from models.event_kinds import MORE
from models.events import VISITS
from models.mqtt.topics import DETECTIONS, EVENTS, OFF, ON, Topics

Component = dict[str, object]

# key: name, device class, seconds after which Home Assistant gives up waiting for OFF (we send it ourselves)
_DETECTIONS: dict[str, tuple[str, str, int]] = {
    "motion": ("Motion", "motion", 60),
    "sound": ("Sound", "sound", 60),
    "dog_bark": ("Dog bark", "sound", 60),
    "baby_cry": ("Baby cry", "sound", 60),
    "person": ("Person", "occupancy", 300),
    "dog": ("Dog", "occupancy", 300),
    **{one.key: (one.title, one.device_class, 300 if one.lasts else 60) for one in MORE},
}
_MORE = {one.key: one for one in MORE}  # not shown in Home Assistant until somebody wants them there
# key: name, field of the telemetry, unit, device class
_SENSORS: dict[str, tuple[str, str, str, str]] = {
    "cpu": ("CPU", "cpu", "%", ""),
    "memory": ("Memory", "memory", "%", ""),
    "temperature": ("Temperature", "temperature", "°C", "temperature"),
    "disk_free": ("Disk free", "diskFreeBytes", "B", "data_size"),
    "stream_fps": ("Stream fps", "fps", "fps", ""),
    "viewers": ("Viewers", "clients", "viewers", ""),
    "sound_level": ("Sound level", "soundDb", "dB", "sound_pressure"),
}
MISSED_REPORTS = 3  # telemetry that fails to come so often makes a sensor unavailable
DIAGNOSTIC, CONFIG = "diagnostic", "config"


def readings(topics: Topics, telemetry_s: int) -> dict[str, Component]:
    """Everything that may only be looked at."""
    components: dict[str, Component] = {
        "camera": {"platform": "camera", "name": None, "topic": topics.live_image},
        "last_event": {
            "platform": "image",
            "name": "Last event",
            "image_topic": topics.event_image,
            "content_type": "image/jpeg",
        },
        "event": {
            "platform": "event",
            "name": "Detection",
            "state_topic": topics.trigger,
            "event_types": _event_types(),
        },
        "camera_running": _binary("Camera", topics.state("camera"), "running", DIAGNOSTIC),
        "rtsp": {
            "platform": "sensor",
            "name": "RTSP",
            "state_topic": topics.state("rtsp"),
            "value_template": "{{ value_json.state }}",
            "json_attributes_topic": topics.state("rtsp"),
            "entity_category": DIAGNOSTIC,
        },
        "update": {
            "platform": "update",
            "name": "Version",
            "state_topic": topics.state("update"),
            "entity_category": DIAGNOSTIC,
        },
    }
    for key in DETECTIONS:
        name, device_class, off_delay = _DETECTIONS[key]
        components[key] = _binary(name, topics.state(key), device_class) | {"off_delay": off_delay}
        if (more := _MORE.get(key)) is not None:
            components[key] |= {"icon": more.icon, "enabled_by_default": False}
    for key, (name, field, unit, device_class) in _SENSORS.items():
        components[key] = _sensor(topics, name, field, unit, device_class, telemetry_s)
    return components


def last_clip(topics: Topics) -> dict[str, Component]:
    """Its picture, and when it was with a link to it, where clips are on."""
    return {
        "clip_picture": {
            "platform": "image",
            "name": "Last clip picture",
            "image_topic": topics.clip_image,
            "content_type": "image/jpeg",
        },
        "clip": {
            "platform": "sensor",
            "name": "Last clip",
            "device_class": "timestamp",
            "state_topic": topics.clip(),
            "value_template": "{{ value_json.time }}",
            "json_attributes_topic": topics.clip(),
        },
    }


def actions(topics: Topics, speech: bool) -> dict[str, Component]:
    """Buttons, the master switch, and speech where the device can speak."""
    components: dict[str, Component] = {
        "streaming": {
            "platform": "switch",
            "name": "Streaming",
            "state_topic": topics.state("streaming"),
            "command_topic": topics("control/streaming/set"),
            "payload_on": ON,
            "payload_off": OFF,
            "entity_category": CONFIG,
        },
        "capture": _button("Take capture", topics("control/capture")),
        "restart": _button("Restart", topics("control/restart")) | {"device_class": "restart"},
    }
    if speech:
        components["tts"] = {"platform": "notify", "name": "Speak", "command_topic": topics("control/tts")}
    return components


def _event_types() -> list[str]:
    plain = [name for kind, (_, name) in EVENTS.items() if kind not in VISITS]
    return plain + [f"{EVENTS[kind][1]}_{phase}" for kind in VISITS for phase in ("appeared", "disappeared")]


def _binary(name: str, topic: str, device_class: str, category: str = "") -> Component:
    component: Component = {
        "platform": "binary_sensor",
        "name": name,
        "state_topic": topic,
        "payload_on": ON,
        "payload_off": OFF,
        "device_class": device_class,
    }
    return component | ({"entity_category": category} if category else {})


def _sensor(topics: Topics, name: str, field: str, unit: str, device_class: str, telemetry_s: int) -> Component:
    component: Component = {
        "platform": "sensor",
        "name": name,
        "state_topic": topics.telemetry,
        "value_template": f"{{{{ value_json.{field} }}}}",
        "unit_of_measurement": unit,
        "state_class": "measurement",
        "entity_category": DIAGNOSTIC,
        "expire_after": MISSED_REPORTS * telemetry_s,
    }
    return component | ({"device_class": device_class} if device_class else {})


def _button(name: str, topic: str) -> Component:
    return {
        "platform": "button",
        "name": name,
        "command_topic": topic,
        "payload_press": "PRESS",
        "entity_category": CONFIG,
    }
