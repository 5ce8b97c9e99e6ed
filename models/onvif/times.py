"""xs:duration and xs:dateTime (XML Schema Part 2), as far as ONVIF's clients write them."""

import re
from datetime import UTC, datetime

_DURATION = re.compile(r"P(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?")


def duration_s(text: str) -> float | None:
    """Seconds of "PT60S"; None where it is none, or has years or months, which have no length."""
    match = _DURATION.fullmatch(text)
    if match is None or text in ("P", "PT") or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def unix_s(text: str) -> float | None:
    """Unix time of "2026-11-27T20:00:00Z"; without a zone it is UTC. None where it is no time."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def date_time(unix: float) -> str:
    """UTC, in milliseconds."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
