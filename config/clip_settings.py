"""The settings of clips and of continuous recording."""

from config.setting import Setting
from models.events import EVENT_TYPES


def event_types(text: str) -> str | None:
    """The types in their order, each once; None where one is not known."""
    named = {part.strip() for part in text.split(",")} - {""}
    return ",".join(kind for kind in EVENT_TYPES if kind in named) if named <= set(EVENT_TYPES) else None


CLIPS = (
    Setting(
        "clipsEnabled",
        "Clips",
        "boolean",
        False,
        "Clips",
        "Record a clip of each event, with sound, from a few seconds before it began.",
        pro="event_history",
        home_assistant="switch",
        extension=True,
    ),
    Setting(
        "clipEventTypes",
        "Clips",
        "string",
        "",
        "Events with a clip",
        "Event types as in /events, separated by commas, such as BABY_CRY, OBJECT_PERSON. Empty: all.",
        max_length=512,
        parse=event_types,
        extension=True,
    ),
    Setting(
        "clipRunUpSec",
        "Clips",
        "int",
        8,
        "Time before the event",
        "Each clip begins this long before its event, at the nearest earlier keyframe.",
        maximum=30,
        unit="s",
        extension=True,
    ),
    Setting(
        "clipRunOutSec",
        "Clips",
        "int",
        6,
        "Time after the event",
        "Each clip ends this long after its last event, or after the last person or object has left the picture.",
        minimum=1,
        maximum=60,
        unit="s",
        extension=True,
    ),
    Setting(
        "clipMaxSec",
        "Clips",
        "int",
        120,
        "Maximum clip length",
        "Anything longer is split into several clips, without a gap.",
        minimum=10,
        maximum=600,
        unit="s",
        extension=True,
    ),
    Setting(
        "clipRetentionDays",
        "Clips",
        "int",
        14,
        "Keep clips for",
        "Older clips and recordings are deleted, except those marked to be kept.",
        minimum=1,
        maximum=365,
        unit="days",
        extension=True,
    ),
    Setting(
        "clipMaxGb",
        "Clips",
        "int",
        8,
        "Space for clips",
        "When clips and recordings take up more than this, the oldest are deleted.",
        minimum=1,
        maximum=4096,
        unit="GB",
        extension=True,
    ),
    Setting(
        "recordContinuously",
        "Clips",
        "boolean",
        False,
        "Record continuously",
        "Record all the time, not only events. This wears out a memory card: see the bytes written per day.",
        pro="event_history",
        home_assistant="switch",
        extension=True,
    ),
)
