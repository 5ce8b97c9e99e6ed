"""What the mock server pretends: one device with its settings, events and actors."""

import time
from dataclasses import dataclass, field
from typing import Any

from config.settings import defaults, validate, without_pro
from config.weights.catalogue import MN04, YAMNET, YOLOX_NANO

HOUR_MS = 3_600_000
TYPES = ("MOTION", "ANY_SOUND", "DOG_BARK", "BABY_CRY", "OBJECT_PERSON", "OBJECT_DOG")
HEARD, SEEN = ("dogBark", "babyCry"), ("person", "dog")
MODELS = (
    ("sound_classifier", HEARD, YAMNET),
    ("sound_classifier", HEARD, MN04),
    ("object_detector", SEEN, YOLOX_NANO),
)
ACTORS = (
    *("supervisor", "settings", "license", "auth", "event_log", "camera", "microphone", "encoder", "speaker"),
    *("motion", "sound", "sound_classifier", "object_detector", "rtsp", "mqtt", "facade"),
)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def camera_controls() -> list[dict[str, Any]]:
    modes = [{"value": 1, "title": "Manual Mode"}, {"value": 3, "title": "Aperture Priority Mode"}]
    int_ = {"kind": "int", "step": 1, "choices": [], "active": True}
    return [
        {"name": "exposureMode", "title": "Exposure", "kind": "menu", "value": 3, "default": 3, "min": 0, "max": 3}
        | {"step": 1, "choices": modes, "active": True},
        {"name": "exposureTime", "title": "Exposure time", "value": 157, "default": 157, "min": 1, "max": 5000}
        | int_
        | {"active": False},
        {"name": "brightness", "title": "Brightness", "value": 128, "default": 128, "min": 0, "max": 255} | int_,
    ]


@dataclass
class World:
    pro: bool = True
    auth: bool = False
    password: str = "correct horse"
    authenticated: bool = False
    role: str = "owner"
    tokens: list[dict[str, Any]] = field(default_factory=list)
    streaming: bool = True
    running: bool = True
    state: str = "ACTIVE"
    reason: str = ""
    kind: str = "pattern"
    throttle: str = "none"
    h264: bool = True  # False: every enableH264 is refused
    failures: int = 0
    locked_until: float = 0.0
    settings: dict[str, Any] = field(
        default_factory=lambda: dict(defaults("a1b2c3d4", "Hallway")) | {"setupDone": True}
    )
    degraded: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    clips: list[dict[str, Any]] = field(default_factory=list)  # ascending
    received: list[dict[str, Any]] = field(default_factory=list)  # client messages
    cleared: int = 0
    refuse: int = 0  # sockets to refuse at the upgrade
    controls: list[dict[str, Any]] = field(default_factory=camera_controls)
    code: str = "4821-7733"  # what the console has printed
    missing: set[str] = field(default_factory=set)  # models
    fetched: dict[str, int] = field(default_factory=dict)  # bytes, of those under way
    fetch_problem: str = ""

    def change(self, values: dict[str, Any]) -> tuple[list[str], list[str]]:
        """Errors and Pro-blocked keys, as the server's own registry has them."""
        checked = validate(values)
        if checked.errors:
            return list(checked.errors), []
        wanted, blocked = (checked.values, ()) if self.pro else without_pro(checked.values)
        self.settings |= wanted
        return [], list(blocked)

    def license(self) -> dict[str, Any]:
        state, source = ("ACTIVE", "REAL_PURCHASE") if self.pro else ("INACTIVE", "NONE")
        return {
            "isPro": self.pro,
            "state": state,
            "source": source,
            "billing": {"available": True, "status": "CONNECTED"},
        }

    def all_settings(self) -> dict[str, Any]:
        return {**self.settings, "license": self.license()}

    def detection(self) -> dict[str, Any]:
        keys = {
            "motion": "motionEnabled",
            "sound": "soundEnabled",
            "dogBark": "dogBarkClassificationEnabled",
            "babyCry": "babyCryClassificationEnabled",
            "person": "objectPersonDetectionEnabled",
            "dog": "objectDogDetectionEnabled",
        }
        found: dict[str, Any] = {}
        for name, key in keys.items():
            found[name] = {"enabled": self.pro and self.settings[key] is True, "active": False}
            if name in self.degraded:
                found[name]["degraded"] = self.degraded[name]
        return found

    def status(self) -> dict[str, Any]:
        camera = {"state": "running" if self.running else "waiting", "kind": self.kind, "width": 640, "height": 360}
        return {
            "clients": 1,
            "wsClients": 1,
            "viewerCount": 1,
            "streaming": self.streaming,
            "cameraRunning": self.running,
            "settings": self.all_settings(),
            "fps": 15.0,
            "state": self.state,
            "camera": camera | ({"reason": self.reason} if self.reason else {}),
            "detection": self.detection(),
        }

    def system_info(self) -> dict[str, Any]:
        stream = {"codec": "h264", "encoder": "libx264", "width": 640, "height": 360, "fps": 15.0, "bitrateKbps": 812}
        return {
            "cpu": 23.0,
            "cpuProcess": 14.0,
            "memory": 41.0,
            "memoryUsedBytes": 1_700_000_000,
            "memoryTotalBytes": 4_100_000_000,
            "battery": None,
            "batteryTemp": None,
            "temperature": 48.6,
            "throttle": self.throttle,
            "uptimeSec": 93_784,
            "os": "Debian GNU/Linux 12",
            "version": "0.1.0",
            "stream": stream | {"framesEncoded": 184_233, "framesDropped": 3},
        }

    def actors(self) -> list[dict[str, Any]]:
        rows = []
        for index, name in enumerate(ACTORS):
            broken = name == "object_detector" and bool(self.degraded)
            rows.append(
                {
                    "name": name,
                    "state": "degraded" if broken else "up",
                    "pid": 1200 + index,
                    "uptimeSec": 93_700 - 40 * index,
                    "restarts": 2 if name == "encoder" else 0,
                    "lastReason": "killed by signal 9 (SIGKILL)" if name == "encoder" else "",
                    "cpuPercent": 0.4 + index % 5,
                    "pssBytes": 9_000_000 + 2_100_000 * index,
                    "queue": 0,
                    "detail": "The model yolox_nano is missing: fetch it under Detection" if broken else "",
                }
            )
        return rows

    def models(self) -> list[dict[str, Any]]:
        """Each look at a download moves it on by a third."""
        rows = []
        for detector, serves, model in MODELS:
            row = {"id": model.id, "detector": detector, "serves": list(serves), "role": model.role}
            row |= {"bytes": model.bytes, "licence": model.licence, "state": "good", "done": 0, "problem": ""}
            if model.id in self.fetched:
                self.fetched[model.id] += model.bytes // 3
                row |= {"state": "fetching", "done": min(self.fetched[model.id], model.bytes)}
                if self.fetched[model.id] > model.bytes:
                    del self.fetched[model.id]
                    self.missing.discard(model.id)
                    self.degraded.clear()
            elif model.id in self.missing:
                row |= {"state": "missing", "problem": self.fetch_problem}
            rows.append(row)
        return rows

    def fetch(self, detector: str) -> None:
        if not self.fetch_problem:
            wanted = [model.id for name, _, model in MODELS if name == detector and model.id in self.missing]
            self.fetched |= dict.fromkeys(wanted, 0)

    def fill(self, count: int, hours: float = 20.0) -> None:
        """Events of the last ``hours`` hours, in waves, like a day in a house."""
        end = now_ms()
        start = end - int(hours * HOUR_MS)
        self.events = [make_event(n + 1, start + _wave(n, count, end - start)) for n in range(count)]
        self.events.sort(key=lambda event: event["timestamp"])
        texts = (
            "encoder restarted: killed by signal 9 (SIGKILL); back after 0.4 s",
            "USB camera Door (/dev/video0) delivers no more pictures",
            "USB camera Door (/dev/video0) delivers pictures again",
        )
        for n, text in enumerate(texts):
            at = end - (n + 1) * min(1_500_000, (end - start) // 10)
            kind = ("RESTART", "SOURCE_LOST", "SOURCE_BACK")[n]
            system = {"id": 900_000 + n, "eventId": 900_000 + n, "timestamp": at, "type": f"SYSTEM_{kind}"}
            self.events.append(system | {"actor": ("encoder", "camera", "camera")[n], "text": text})


def _wave(n: int, count: int, span: int) -> int:
    share = (n * 0.618034) % 1.0  # spread evenly, in no order
    cluster = round(share * 9) / 9
    return int((0.35 * share + 0.65 * min(1.0, max(0.0, cluster + 0.05 * ((n * 0.4142) % 1.0 - 0.5)))) * span)


def make_event(number: int, timestamp: int) -> dict[str, Any]:
    kind = TYPES[(number * number + number // 3) % 6] if number % 3 else "MOTION"
    event: dict[str, Any] = {"id": number, "eventId": 1000 + number, "timestamp": timestamp, "type": kind}
    if kind == "MOTION":
        return event | {
            "changedPercent": round(2 + number % 130 / 10, 1),
            "width": 640,
            "height": 360,
            "thumbnail": True,
        }
    if kind == "ANY_SOUND":
        return event | {"db": -34.5 + number % 20, "rms": 0.02}
    if kind in ("DOG_BARK", "BABY_CRY"):
        name = "Bark" if kind == "DOG_BARK" else "Baby cry, infant cry"
        return event | {"className": name, "confidence": 61 + number % 38}
    seen = {
        "objectClass": kind.removeprefix("OBJECT_").lower(),
        "confidence": 62 + number % 37,
        "eventType": "appeared",
    }
    return event | seen | {"thumbnail": True}
