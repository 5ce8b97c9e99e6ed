"""Events to rows and back."""

import json
from typing import Any

from models.event_tables import ClipRow, Counter, EventRow, Receipt
from models.events import SYSTEM_PREFIX, Detection, Event, zones_of

# SQLModel gives its classes the types of values; these are the columns.
EVENT: Any = EventRow.__table__.c  # type: ignore[attr-defined]
RECEIPT: Any = Receipt.__table__.c  # type: ignore[attr-defined]
CLIP: Any = ClipRow.__table__.c  # type: ignore[attr-defined]
COUNTERS: Any = Counter.__table__.c  # type: ignore[attr-defined]

COLUMNS: tuple[Any, ...] = (
    EVENT.id,
    EVENT.type,
    EVENT.timestamp,
    EVENT.details,
    EVENT.confidence,
    EVENT.metadata,
    EVENT.clip,
    EVENT.thumbnail_path,
)


def to_row(detection: Detection, event_id: int, thumbnail_path: str) -> dict[str, object]:
    scene = detection.scene
    return {
        "id": event_id,
        "uid": detection.uid,
        "type": detection.type,
        "system": detection.type.startswith(SYSTEM_PREFIX),
        "timestamp": detection.timestamp,
        "confidence": detection.confidence,
        "details": to_json(detection.details),
        "camera_id": scene.camera_id,
        "resolution": scene.resolution,
        "frame_rate": scene.frame_rate,
        "light_level": scene.light_level,
        "motion_zones": "; ".join(zones_of(detection.details)),
        "thumbnail_path": thumbnail_path,
        "notes": to_json(detection.metadata),
    }


def to_event(detection: Detection, event_id: int, stored: bool) -> Event:
    return Event(
        event_id if stored else 0,
        event_id,
        detection.type,
        detection.timestamp,
        detection.details,
        detection.confidence,
        detection.metadata,
    )


def from_row(row: Any) -> Event:
    """``row``: the values of ``COLUMNS``."""
    event_id, kind, timestamp, details, confidence, notes, clip, picture = row
    texts = (json.loads(details), confidence, json.loads(notes))
    return Event(event_id, event_id, kind, timestamp, *texts, thumbnail=bool(picture), clip=clip)


def to_json(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
