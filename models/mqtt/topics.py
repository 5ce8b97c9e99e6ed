"""The topics under one prefix. Names of the original product are kept; state topics are added."""

from dataclasses import dataclass

from models.clips import MANUAL
from models.event_kinds import MORE

ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"

# event type -> (topic under the prefix, Home Assistant's event type)
EVENTS: dict[str, tuple[str, str]] = {
    "MOTION": ("events/motion", "motion"),
    "ANY_SOUND": ("events/sound", "any_sound"),
    "DOG_BARK": ("events/sound/dog_bark", "dog_bark"),
    "BABY_CRY": ("events/sound/baby_cry", "baby_cry"),
    "OBJECT_PERSON": ("events/vision/person", "person"),
    "OBJECT_DOG": ("events/vision/dog", "dog"),
    **{one.event_type: (f"events/{'sound' if one.heard else 'vision'}/{one.key}", one.key) for one in MORE},
}
SYSTEM_EVENTS = "events/system"
DETECTIONS = ("motion", "sound", "dog_bark", "baby_cry", "person", "dog", *(one.key for one in MORE))
RETAINED_STATES = ("streaming", "camera", "settings", "update", "rtsp")


@dataclass(frozen=True, slots=True)
class Topics:
    """Full topic names under ``prefix`` (which may hold slashes itself)."""

    prefix: str

    def __call__(self, rest: str) -> str:
        return f"{self.prefix}/{rest}"

    @property
    def online(self) -> str:
        """The availability: retained online, or offline as the last will."""
        return self("status/online")

    @property
    def device(self) -> str:
        """Retained: the device that uses this prefix, so that a second camera on it is detected."""
        return self("status/device")

    @property
    def telemetry(self) -> str:
        return self("telemetry/system")

    @property
    def live_image(self) -> str:
        return self("image/live")

    @property
    def event_image(self) -> str:
        return self("image/event")

    @property
    def trigger(self) -> str:
        """For Home Assistant's event entity; never retained."""
        return self("events/ha")

    @property
    def control(self) -> str:
        """The filter of all commands."""
        return self("control/#")

    @property
    def result(self) -> str:
        return self("control/result")

    def state(self, name: str) -> str:
        return self(f"state/{name}")

    def event(self, event_type: str) -> str:
        """Of an event type; those of the server itself share one topic."""
        known = EVENTS.get(event_type)
        return self(known[0] if known else SYSTEM_EVENTS)

    def clip(self, event_type: str = "") -> str:
        """The newest clip, or the newest with an event of this type."""
        known = EVENTS.get(event_type, ("", event_type.lower()))[1]
        return self(f"events/clip/{known}" if known else "events/clip")

    @property
    def clip_image(self) -> str:
        return self("image/clip")

    def retained(self) -> tuple[str, ...]:
        """All that stays at the broker, the availability last."""
        states = tuple(self.state(name) for name in DETECTIONS + RETAINED_STATES)
        clips = (self.clip(), *(self.clip(kind) for kind in (*EVENTS, MANUAL)), self.clip_image)
        return (*states, *clips, self.event_image, self.device, self.online)


def discovery(prefix: str, device_id: str) -> str:
    """Where Home Assistant looks for the whole device (2024.12 and later)."""
    return f"{prefix}/device/{node(device_id)}/config"


def birth(prefix: str) -> str:
    """Where Home Assistant says that it is online."""
    return f"{prefix}/status"


def node(device_id: str) -> str:
    return f"ipcam_{device_id}"
