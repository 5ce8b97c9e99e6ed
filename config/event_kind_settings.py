"""The switches and confidences of what the networks can name beyond the API document, made from the one table."""

from config.setting import Setting
from models.event_kinds import MORE, Kind

_HELP = "Not measured: how often this finds and errs is not known."


def _settings(kind: Kind) -> tuple[Setting, Setting]:
    thing = kind.seen
    what = f"{kind.title} detection"
    does = f"Record an event when this comes into the picture. {_HELP}" if thing else f"When this is heard. {_HELP}"
    return (
        Setting(
            kind.switch,
            "More",
            "boolean",
            False,
            what,
            does,
            pro="object_detection" if thing else "sound_detection",
            needs="" if thing else "audioEnabled",
            home_assistant="switch",
            extension=True,
        ),
        Setting(
            kind.confidence,
            "More",
            "int",
            60,
            f"{kind.title} confidence",
            "Minimum confidence, in percent. Higher means fewer, more certain events.",
            minimum=1,
            maximum=100,
            unit="%",
            home_assistant="number",
            extension=True,
        ),
    )


MORE_KINDS = tuple(setting for kind in MORE for setting in _settings(kind))
