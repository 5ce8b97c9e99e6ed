"""What is inside the messages. All JSON is UTF-8, compact, with the names of the HTTP interface."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from models.events import VISITS, Event
from models.mqtt.topics import EVENTS

_PRIVATE = frozenset(
    {"rtspUsername", "mqttHasUsername", "mqttHasPassword", "rtspHasPassword", "trustedProxies", "location"}
)


def dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def event(event: Event) -> dict[str, object]:
    """One event as ``/events`` shows it; the end of a visit has the ``eventId`` of its beginning."""
    shown: dict[str, object] = {"eventId": event.event_id, "timestamp": event.timestamp, "type": event.type}
    if event.id:
        shown["id"] = event.id
    if event.confidence is not None:
        shown["confidence"] = event.confidence
    shown |= {key: value for key, value in event.details.items() if key not in shown}
    if event.type in VISITS:
        shown["eventType"] = event.phase
    if event.phase == "disappeared":
        shown |= {key: value for key, value in event.metadata.items() if key not in shown or key == "zones"}
    return shown


def trigger(event: Event) -> dict[str, object] | None:
    """For Home Assistant's event entity; None for what is no detection.

    Without ``eventId`` on purpose: who counts events by it on ``events/#`` shall find each one once.
    """
    known = EVENTS.get(event.type)
    if known is None:
        return None
    kind = f"{known[1]}_{event.phase}" if event.type in VISITS else known[1]
    about = {key: value for key, value in event.details.items() if key not in ("event_type", "eventId", "eventType")}
    if event.confidence is not None:
        about["confidence"] = event.confidence
    return {"event_type": kind, "timestamp": event.timestamp, **about}


def settings(stored: Mapping[str, object]) -> dict[str, object]:
    """The stored settings, without user names and trusted addresses: every client of the broker can read them."""
    return {key: value for key, value in stored.items() if key not in _PRIVATE and key != "license"}


def result(topic: str, error: str = "", more: Mapping[str, object] = MappingProxyType({})) -> dict[str, object]:
    """How a command went; ``more`` is what came of it."""
    return {"topic": topic, "success": not error, "error": error or None, **more}
