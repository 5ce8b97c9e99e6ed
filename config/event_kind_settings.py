"""The switches and confidences of detections beyond the API document, made from ``models.event_kinds``."""

from config.setting import Setting
from models.event_kinds import MORE, Kind

_UNMEASURED = " Its accuracy has not been measured."


def _settings(kind: Kind) -> tuple[Setting, ...]:
    does = kind.does or f"Record an event when {'this sound is heard' if kind.heard else 'one comes into view'}."
    switch = Setting(
        kind.switch,
        "More detections",
        "boolean",
        False,
        f"{kind.title} detection",
        does + ("" if kind.measured else _UNMEASURED),
        pro="sound_detection" if kind.heard else "motion_detection" if kind.detector else "object_detection",
        needs="audioEnabled" if kind.heard else "",
        home_assistant="switch",
        extension=True,
    )
    if kind.detector:
        return (switch,)
    confidence = Setting(
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
    )
    return (switch, confidence)


MORE_KINDS = tuple(setting for kind in MORE for setting in _settings(kind))
