"""What happened: the API document's six types, those of ``models.event_kinds``, and SYSTEM_*, the server's history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from models.event_kinds import MORE

EventType = str
DOCUMENTED: tuple[EventType, ...] = ("MOTION", "ANY_SOUND", "DOG_BARK", "BABY_CRY", "OBJECT_PERSON", "OBJECT_DOG")
EVENT_TYPES: tuple[EventType, ...] = (*DOCUMENTED, *(kind.event_type for kind in MORE))
VISITS = ("OBJECT_PERSON", "OBJECT_DOG", *(kind.event_type for kind in MORE if kind.lasts))  # they have an end
SYSTEM = "SYSTEM"  # in a question: every SYSTEM_* type
SYSTEM_PREFIX = "SYSTEM_"

# Kinds of SYSTEM_* events about access to the device.
LOGIN_FAILED = "LOGIN_FAILED"
LOCKED_OUT = "LOCKED_OUT"
NEW_ADDRESS = "NEW_ADDRESS"
FLOOD = "FLOOD"
CREDENTIALS = "CREDENTIALS"  # the password, protection, or a token was changed

DetailValue = str | int | float | bool | list[str] | None


@dataclass(frozen=True, slots=True)
class Scene:
    """The camera's settings at that time; empty if the event does not involve the camera."""

    camera_id: str = ""
    resolution: str = ""  # "1280x720"
    frame_rate: int | None = None
    light_level: int | None = None  # mean luma, 0–255


@dataclass(frozen=True, slots=True)
class Detection:
    """A detected event on its way to the event log. ``uid`` makes storing it twice harmless."""

    uid: str  # 32 hex digits, new for each detection
    type: EventType
    timestamp: int  # Unix ms of the picture or sound
    details: dict[str, DetailValue] = field(default_factory=dict)  # the type's fields as /events shows them
    confidence: int | None = None  # 0–100
    metadata: dict[str, DetailValue] = field(default_factory=dict)
    thumbnail_pts: int = 0  # pts (ns) of the picture it belongs to, 0 = the newest
    scene: Scene = Scene()


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event. ``event_id`` is issued once, always rises, and is shared by HTTP, WebSocket and MQTT."""

    id: int  # row in the database (the same number), 0 if history is off
    event_id: int
    type: EventType
    timestamp: int
    details: dict[str, DetailValue]
    confidence: int | None = None
    metadata: dict[str, DetailValue] = field(default_factory=dict)
    phase: Literal["appeared", "disappeared"] = "appeared"
    thumbnail: bool = False  # there is a thumbnail; it may be available shortly after the event
    clip: str = ""  # id of its clip, "expired" after that was deleted


def zones_of(details: Mapping[str, DetailValue]) -> list[str]:
    """Names of the zones that something was in."""
    zones = details.get("zones")
    return zones if isinstance(zones, list) else []
