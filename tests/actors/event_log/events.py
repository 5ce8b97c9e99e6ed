"""Detections to store."""

import itertools
import secrets

from models.events import EVENT_TYPES, DetailValue, Detection, Scene

NOW = 1_700_000_000_000
_numbers = itertools.count()


def detection(kind: str = "MOTION", timestamp: int | None = None, uid: str = "", **details: DetailValue) -> Detection:
    """One second after the last, unless a time is given."""
    when = NOW + next(_numbers) * 1000 if timestamp is None else timestamp
    confidence = details.get("confidence")
    return Detection(
        uid or secrets.token_hex(16),
        kind,
        when,
        dict(details) or {"changedPercent": 12.5, "width": 1280, "height": 720},
        confidence if isinstance(confidence, int) else None,
        {"trackId": 7},
        scene=Scene("0", "1280x720", 30, 101),
    )


def one_of_each() -> list[Detection]:
    return [detection(kind, NOW + n) for n, kind in enumerate(EVENT_TYPES)]
