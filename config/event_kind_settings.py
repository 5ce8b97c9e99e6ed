"""The switches and confidences of detections beyond the API document, made from ``models.event_kinds``."""

from config.setting import Setting
from models.event_kinds import MORE, Kind

_UNMEASURED = "Its accuracy has not been measured."


def _settings(kind: Kind) -> tuple[Setting, Setting]:
    thing = kind.seen
    what = f"{kind.title} detection"
    does = f"Record an event when {'one comes into view' if thing else 'this sound is heard'}. {_UNMEASURED}"
    return (
        Setting(
            kind.switch,
            "More detections",
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
            "More detections",
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
