"""The content of a notification and its formats for each channel."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

from models.event_kinds import MORE
from models.events import Event, zones_of
from models.mqtt.payloads import event as event_shape

TITLES = {
    "MOTION": "Motion",
    "ANY_SOUND": "A sound",
    "DOG_BARK": "A dog is barking",
    "BABY_CRY": "A baby is crying",
    "OBJECT_PERSON": "A person",
    "OBJECT_DOG": "A dog",
    "SYSTEM_SOURCE_LOST": "The camera is gone",
    "SYSTEM_SOURCE_BACK": "The camera is back",
    "SYSTEM_DEGRADED": "A part of the camera server has failed",
    "SYSTEM_STORAGE": "The disk needs attention",
    "SYSTEM_LOCKED_OUT": "Somebody was locked out",
    "SYSTEM_NEW_ADDRESS": "A login from a new address",
}
TITLES |= {kind.event_type: kind.title for kind in MORE}
TEST_TITLE = "Test notification"
TEST_TEXT = "This is how the camera will notify you"


@dataclass(frozen=True, slots=True)
class Notice:
    """``fragment``: the part after "#" of the page that shows it. ``picture``: JPEG, empty where there is none.

    ``key`` names it among all notices of this device: the same when it is sent again. ``event`` None: a test.
    """

    key: str
    title: str
    text: str
    timestamp: int
    device: str
    fragment: str
    event: Event | None = None
    picture: bytes = b""

    @property
    def body(self) -> str:
        return f"{self.device}: {self.text}" if self.text else self.device


def of_event(event: Event, device: str, clock: str, picture: bytes) -> Notice:
    """``clock``: the local time of the event in words."""
    said = event.details.get("text")
    text = said if isinstance(said, str) else ", ".join([clock, *zones_of(event.details)])
    title = TITLES.get(event.type, event.type)
    fragment = f"events/{event.event_id}-{event.timestamp}"
    return Notice(str(event.event_id), title, text, event.timestamp, device, fragment, event, picture)


def test(device: str, now_ms: int, picture: bytes) -> Notice:
    return Notice(f"test-{now_ms}", TEST_TITLE, TEST_TEXT, now_ms, device, "live", None, picture)


def for_push(notice: Notice, room: int, small: Callable[[int], bytes]) -> bytes:
    """JSON for the service worker, in ``room`` bytes; ``small`` gives the picture in so many bytes, or nothing."""
    message = {
        "title": _cut(notice.title, 80),
        "body": _cut(notice.body, 300),
        "tag": notice.key,
        "url": f"./#{notice.fragment}",
        "timestamp": notice.timestamp,
    }
    if notice.event is not None and notice.picture:
        message["thumbnail"] = f"events/{notice.event.event_id}/thumbnail"
    bare = _dumps({**message, "image": ""})
    picture = small((room - len(bare) - len("data:image/jpeg;base64,")) * 3 // 4 - 3) if notice.picture else b""
    if not picture:
        return _dumps(message)
    return _dumps({**message, "image": f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"})


def for_webhook(notice: Notice, device_id: str, link: str, moment: str) -> bytes:
    """JSON; ``moment`` in ISO 8601."""
    picture = {"type": "image/jpeg", "base64": base64.b64encode(notice.picture).decode()} if notice.picture else None
    data = {
        "title": notice.title,
        "text": notice.text,
        "link": link,
        "device": {"id": device_id, "name": notice.device},
        "event": event_shape(notice.event) if notice.event else None,
        "picture": picture,
    }
    return _dumps({"type": "camera.event" if notice.event else "camera.test", "timestamp": moment, "data": data})


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
