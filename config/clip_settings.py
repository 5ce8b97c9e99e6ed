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
        "Record a clip of each event, with its sound, from some seconds before it began.",
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
        "Types as /events shows them, separated by commas, e.g. BABY_CRY, OBJECT_PERSON. Empty: all of them.",
        max_length=512,
        parse=event_types,
        extension=True,
    ),
    Setting(
        "clipRunUpSec",
        "Clips",
        "int",
        8,
        "Before the event",
        "A clip begins so long before its event, at the picture from which it can be decoded.",
        maximum=30,
        unit="s",
        extension=True,
    ),
    Setting(
        "clipRunOutSec",
        "Clips",
        "int",
        6,
        "After the event",
        "A clip ends so long after the last of its events, or after the end of a visit.",
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
        "Longest clip",
        "What goes on for longer becomes several clips without a gap.",
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
        "Older clips and recordings are deleted, but for those that are marked to be kept.",
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
        "Room for clips",
        "The oldest clips and recordings are deleted beyond it.",
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
        "Record everything, all the time. A memory card wears out: see the bytes written per day.",
        pro="event_history",
        home_assistant="switch",
        extension=True,
    ),
)
