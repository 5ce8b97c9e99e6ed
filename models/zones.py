"""Named places in the picture: their text in the setting ``zones``, and which detections they hold for.

    [{"name": "drive", "mode": "in", "for": ["person"], "points": [[0.1, 0.5], [0.6, 0.5], [0.6, 1], [0.1, 1]]}]

``mode`` in: only what is in one of the zones of this mode counts; out: what is in it does not count; name: it is only
told where something was. ``for``: keys of detections (motion, person, …); none: all that look at the picture.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from models.polygons import POLYGONS_MAX, Polygon, as_json, dump, load, polygon

Mode = Literal["in", "out", "name"]
MODES: tuple[str, ...] = get_args(Mode)
ZONES_MAX = POLYGONS_MAX
NAME_MAX = 32
KINDS_MAX = 32
LENGTH_MAX = 16_384  # characters of the text
_NAME = re.compile(rf"[^\W_][\w .+-]{{0,{NAME_MAX - 1}}}")
_KIND = re.compile(r"[a-z][a-z_]{0,31}")


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    points: Polygon
    mode: Mode = "in"
    kinds: frozenset[str] = frozenset()  # none: all

    def holds_for(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


def read_zones(text: str) -> tuple[Zone, ...]:
    """Raises ``ValueError`` for what is no list of zones."""
    value: object = load(text) if text.strip() else []
    if not isinstance(value, list) or len(value) > ZONES_MAX:
        raise ValueError(f"zones are a list of at most {ZONES_MAX}")
    zones = tuple(_zone(one) for one in value)
    if len({zone.name.casefold() for zone in zones}) < len(zones):
        raise ValueError("two zones have the same name")
    return zones


def _zone(value: object) -> Zone:
    if not isinstance(value, dict) or not value.keys() <= {"name", "mode", "for", "points"}:
        raise ValueError("a zone has name, mode, for and points")
    name, mode, kinds = value.get("name"), value.get("mode", "in"), value.get("for", [])
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"a zone's name has at most {NAME_MAX} letters, digits, spaces, and - + . _")
    if mode not in MODES:
        raise ValueError(f"a zone's mode is one of {', '.join(MODES)}")
    if not isinstance(kinds, list) or len(kinds) > KINDS_MAX:
        raise ValueError("a zone is for a list of detections")
    if not all(isinstance(kind, str) and _KIND.fullmatch(kind) for kind in kinds):
        raise ValueError("a zone is for detections by their keys: motion, person, …")
    return Zone(name.rstrip(), polygon(value.get("points")), mode, frozenset(kinds))


def zones_text(text: str) -> str | None:
    """Zones in normal form, "" for none; None for what are no zones."""
    try:
        zones = read_zones(text)
    except ValueError:
        return None
    shown = [
        {"name": zone.name, "mode": zone.mode, "for": sorted(zone.kinds), "points": as_json(zone.points)}
        for zone in zones
    ]
    return dump(shown) if shown else ""
