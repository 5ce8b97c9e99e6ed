"""When a notification is sent: events, days, hours, frequency, and whether somebody is watching."""

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.errors import Invalid
from models.events import EVENT_TYPES, LOCKED_OUT, NEW_ADDRESS, SYSTEM_PREFIX, Event, zones_of
from models.notify import limits
from models.zones import NAME_MAX, ZONES_MAX

SYSTEM_TYPES = tuple(
    f"{SYSTEM_PREFIX}{kind}" for kind in ("SOURCE_LOST", "SOURCE_BACK", "DEGRADED", "STORAGE", LOCKED_OUT, NEW_ADDRESS)
)
TYPES = (*EVENT_TYPES, *SYSTEM_TYPES)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FREE_TYPES = frozenset({"MOTION"})
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Rule:
    """``start`` and ``end``: minutes of the local day; equal means all day. A span over midnight belongs to the day on
    which it begins. ``every_min`` 0: each event. ``zones``: only what was in one of these; none: wherever it was.
    ``since``: Unix ms; what happened before is not told.
    """

    id: str
    name: str
    types: tuple[str, ...]
    channels: tuple[str, ...]
    days: tuple[int, ...] = tuple(range(7))  # 0 = Monday
    start: int = 0
    end: int = 0
    every_min: int = 0
    unwatched: bool = False
    zones: tuple[str, ...] = ()
    enabled: bool = True
    since: int = 0

    def fits(self, event: Event, weekday: int, minute: int) -> bool:
        """``weekday`` and ``minute``: of the event, in local time. How often and who watches is asked elsewhere."""
        if (
            not self.enabled
            or event.type not in self.types
            or event.phase != "appeared"
            or event.timestamp < self.since
        ):
            return False
        if self.zones and not set(self.zones).intersection(zones_of(event.details)):
            return False
        if self.start == self.end:
            return weekday in self.days
        if self.start < self.end:
            return weekday in self.days and self.start <= minute < self.end
        return (minute >= self.start and weekday in self.days) or (
            minute < self.end and (weekday - 1) % len(DAYS) in self.days
        )

    def needs_pro(self) -> bool:
        return not FREE_TYPES.issuperset(self.types)

    def shown(self) -> dict[str, object]:
        """As the interface shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "enabled": self.enabled,
            "types": list(self.types),
            "channels": list(self.channels),
            "days": [DAYS[day] for day in self.days],
            "from": _clock(self.start),
            "to": _clock(self.end),
            "everyMin": self.every_min,
            "unwatched": self.unwatched,
            "zones": list(self.zones),
        }

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


def restored(values: Mapping[str, Any]) -> Rule:
    """What ``kept`` gave."""
    lists = {key: tuple(values.get(key, ())) for key in ("types", "channels", "days", "zones")}
    return Rule(**{**values, **lists})


def parse(body: Mapping[str, object], rule_id: str, channels: Collection[str], since: int) -> Rule:
    """A rule as the interface takes it; what is left out has its default.

    Raises:
        Invalid: "key: reason".
    """
    types = _texts(body, "types", TYPES)
    to = _texts(body, "channels", tuple(channels))
    days = _texts(body, "days", DAYS) if "days" in body else DAYS
    if not types or not days:
        raise Invalid(f"{'days' if types else 'types'}: At least one is needed")
    return Rule(
        rule_id,
        name(body, "name", types[0]),
        tuple(kind for kind in TYPES if kind in types),
        to,
        tuple(index for index, day in enumerate(DAYS) if day in days),
        _minute(body, "from"),
        _minute(body, "to"),
        _every(body),
        _flag(body, "unwatched", False),
        _zones(body),
        _flag(body, "enabled", True),
        since,
    )


def name(body: Mapping[str, object], key: str, default: str) -> str:
    value = body.get(key, "")
    if not isinstance(value, str) or not value.isprintable() or len(value) > limits.NAME_MAX:
        raise Invalid(f"{key}: Expected a line of at most {limits.NAME_MAX} characters")
    return value.strip() or default


def _texts(body: Mapping[str, object], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    value = body.get(key)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid(f"{key}: Expected a list of strings")
    if unknown := [one for one in value if one not in known]:
        raise Invalid(f"{key}: Unknown: {unknown[0]:.40}")
    return tuple(dict.fromkeys(value))


def _zones(body: Mapping[str, object]) -> tuple[str, ...]:
    """Names that need not be those of zones that there are now."""
    value = body.get("zones", [])
    if not isinstance(value, list) or len(value) > ZONES_MAX:
        raise Invalid(f"zones: Expected a list of at most {ZONES_MAX} names")
    if not all(isinstance(one, str) and len(one) <= NAME_MAX for one in value):
        raise Invalid(f"zones: Expected names of at most {NAME_MAX} characters")
    return tuple(dict.fromkeys(value))


def _minute(body: Mapping[str, object], key: str) -> int:
    value = body.get(key, "00:00")
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Invalid(f"{key}: Expected a time of day as HH:MM")
    return int(found[1]) * 60 + int(found[2])


def _every(body: Mapping[str, object]) -> int:
    value = body.get("everyMin", 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limits.EVERY_MAX_MIN:
        raise Invalid(f"everyMin: Value must be between 0 and {limits.EVERY_MAX_MIN}")
    return value


def _flag(body: Mapping[str, object], key: str, default: bool) -> bool:
    value = body.get(key, default)
    if not isinstance(value, bool):
        raise Invalid(f"{key}: Expected boolean")
    return value


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
