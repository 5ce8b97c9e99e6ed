"""The query of /events: its parameters, and the error for each invalid value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from models.errors import Invalid
from models.events import EVENT_TYPES, SYSTEM, SYSTEM_PREFIX

LIMIT_MAX, LIMIT = 10_000, 1_000
BUCKET_MIN, BUCKET_MAX = 60_000, 3_600_000
LATEST = 2**53 - 1  # Unix ms that JavaScript can hold


@dataclass(frozen=True, slots=True)
class EventQuery:
    """``bucket_ms`` 0: single events. ``types`` empty: all detections."""

    now: int
    day_start: int
    since: int
    until: int
    limit: int
    types: tuple[str, ...]
    bucket_ms: int
    system: bool


def start_of_day(now: int) -> int:
    """The midnight before ``now`` in the device's time zone, whatever the clock was set to that day."""
    local = datetime.fromtimestamp(now / 1000)
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1000


def parse(query: Mapping[str, str], now: int) -> EventQuery:
    """Raises Invalid ("key: reason") for the first wrong value."""
    limit = whole(query, "limit", LIMIT, 1, LIMIT_MAX)
    since = whole(query, "since", 0, 0, LATEST)
    types = _types(query.get("type", ""))
    bucket_ms = whole(query, "bucketMs", 0, BUCKET_MIN, BUCKET_MAX)
    until = whole(query, "until", now, 0, LATEST)
    day_start = start_of_day(now)
    return EventQuery(
        now, day_start, since or day_start, until or now, limit, types, bucket_ms, query.get("system") == "1"
    )


def whole(query: Mapping[str, str], key: str, default: int, low: int, high: int) -> int:
    text = query.get(key)
    if text is None:
        return default
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 19:
        raise Invalid(f"{key}: Expected integer")
    if not low <= int(text) <= high:
        raise Invalid(f"{key}: Value must be between {low} and {high}")
    return int(text)


def _types(text: str) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(text.split(","))) if text else ()
    for kind in kinds:
        if kind not in (*EVENT_TYPES, SYSTEM) and not kind.startswith(SYSTEM_PREFIX):
            raise Invalid(f"type: Value must be one of {', '.join(EVENT_TYPES)}")
    return kinds
