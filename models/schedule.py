"""When detections count: their text in the setting ``schedules``, and whether a moment is within.

    {"person": [{"days": ["mo", "fr"], "from": "22:00", "to": "06:00"}, {"from": "sunset+30", "to": "sunrise"}]}

A detection that is not named always counts. ``days`` are those on which a span begins; none means every day. Times are
those of the device's time zone. The sun needs the setting ``location``; without it, sunrise is 6:00 and sunset 18:00.

Source of the sun's times: W. M. Williams et al., Almanac for Computers (1990), by its short form of declination and
equation of time (NOAA Solar Calculator); within some minutes up to the polar circles.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.polygons import load

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
SPANS_MAX, KINDS_MAX = 8, 40
LENGTH_MAX = 8192  # characters of the text
DAY_MINUTES = 1440
_TIME = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d)|(sunrise|sunset)([+-]\d{1,3})?)")
_KIND = re.compile(r"[a-z][a-z_]{0,31}")
_LOCATION = re.compile(r"(-?\d{1,2}(?:\.\d{1,6})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,6})?)")


@dataclass(frozen=True, slots=True)
class Moment:
    """Minutes after midnight, or from the sun's rising or setting."""

    minutes: int
    sun: str = ""

    def of(self, day: datetime, place: tuple[float, float] | None) -> int:
        if not self.sun:
            return self.minutes
        return sun_minutes(day, place, rising=self.sun == "sunrise") + self.minutes


@dataclass(frozen=True, slots=True)
class Span:
    begins: Moment
    ends: Moment
    days: frozenset[int]

    def holds(self, now: datetime, place: tuple[float, float] | None) -> bool:
        """Also for a span of the day before that reaches into this one, or of the next that begins before midnight."""
        for back in (0, 1, -1):
            day = now - timedelta(days=back)
            if self.days and day.weekday() not in self.days:
                continue
            begins, ends = self.begins.of(day, place), self.ends.of(day, place)
            ends += DAY_MINUTES if ends <= begins else 0
            if begins <= now.hour * 60 + now.minute + back * DAY_MINUTES < ends:
                return True
        return False


Schedules = Mapping[str, tuple[Span, ...]]


def read_schedules(text: str) -> Schedules:
    """By the keys of detections. Raises ``ValueError``."""
    value: object = load(text) if text.strip() else {}
    if not isinstance(value, dict) or len(value) > KINDS_MAX:
        raise ValueError("schedules are an object: detection → list of spans")
    return {_key(key): _spans(spans) for key, spans in value.items()}


def _key(key: object) -> str:
    if not isinstance(key, str) or not _KIND.fullmatch(key):
        raise ValueError("schedules are for detections by their keys: motion, person, …")
    return key


def _spans(value: object) -> tuple[Span, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= SPANS_MAX:
        raise ValueError(f"a schedule has 1 to {SPANS_MAX} spans")
    return tuple(_span(one) for one in value)


def _span(value: object) -> Span:
    if not isinstance(value, dict) or not {"from", "to"} <= value.keys() <= {"from", "to", "days"}:
        raise ValueError("a span has from, to and days")
    days = value.get("days", [])
    if not isinstance(days, list) or not all(isinstance(day, str) and day in DAYS for day in days):
        raise ValueError(f"days are {', '.join(DAYS)}")
    return Span(_moment(value["from"]), _moment(value["to"]), frozenset(DAYS.index(day) for day in days))


def _moment(text: object) -> Moment:
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a time is HH:MM, sunrise or sunset, with +minutes or -minutes")
    hour, minute, sun, shift = found.groups()
    return Moment(int(shift or 0), sun) if sun else Moment(int(hour) * 60 + int(minute))


def schedules_text(text: str) -> str | None:
    """As it was written, "" for none; None for what are no schedules."""
    try:
        return text.strip() if read_schedules(text) else ""
    except ValueError:
        return None


def read_location(text: str) -> tuple[float, float] | None:
    """Latitude and longitude; None where there is none."""
    found = _LOCATION.fullmatch(text.strip())
    if found is None:
        return None
    latitude, longitude = (float(one) for one in found.groups())
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def location_text(text: str) -> str | None:
    place = read_location(text)
    if place is not None:
        return f"{place[0]:g}, {place[1]:g}"
    return "" if not text.strip() else None


def sun_minutes(day: datetime, place: tuple[float, float] | None, rising: bool) -> int:
    """Minutes after the local midnight of ``day`` (which knows its time zone) at which the sun rises or sets."""
    if place is None:
        return 6 * 60 if rising else 18 * 60
    latitude, longitude = math.radians(place[0]), place[1]
    year = 2 * math.pi / 365 * (day.timetuple().tm_yday - 0.5)
    equation = 229.18 * (
        0.000075
        + 0.001868 * math.cos(year)
        - 0.032077 * math.sin(year)
        - 0.014615 * math.cos(2 * year)
        - 0.040849 * math.sin(2 * year)
    )
    declination = (
        0.006918
        - 0.399912 * math.cos(year)
        + 0.070257 * math.sin(year)
        - 0.006758 * math.cos(2 * year)
        + 0.000907 * math.sin(2 * year)
    )
    cosine = math.cos(math.radians(90.833)) / (math.cos(latitude) * math.cos(declination))
    cosine -= math.tan(latitude) * math.tan(declination)
    half = math.degrees(math.acos(min(1.0, max(-1.0, cosine))))  # polar day: 180, polar night: 0
    zone = day.utcoffset() or timedelta()
    noon = 720 - 4 * longitude - equation + zone.total_seconds() / 60
    return round(noon - 4 * half if rising else noon + 4 * half)


class Clock:
    """Whether a detection counts at a moment of the wall clock; asked often, so it is looked up once a minute."""

    def __init__(self, schedules: Schedules, place: tuple[float, float] | None) -> None:
        self._schedules, self._place = schedules, place
        self._minute = -1
        self._off: frozenset[str] = frozenset()

    def counts(self, kind: str, wall_ns: int) -> bool:
        if not self._schedules:
            return True
        minute = wall_ns // 60_000_000_000
        if minute != self._minute:
            now = datetime.fromtimestamp(minute * 60).astimezone()
            self._off = frozenset(
                key for key, spans in self._schedules.items() if not any(one.holds(now, self._place) for one in spans)
            )
            self._minute = minute
        return kind not in self._off
