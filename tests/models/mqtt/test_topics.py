import json

import pytest

from models.events import EVENT_TYPES, Event
from models.mqtt import payloads
from models.mqtt.topics import EVENTS, Topics, birth, discovery

TOPICS = Topics("home/cam1")


def test_every_event_type_has_a_topic_of_its_own() -> None:
    assert set(EVENTS) == set(EVENT_TYPES)
    assert len({TOPICS.event(kind) for kind in EVENT_TYPES}) == len(EVENT_TYPES)


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("MOTION", "home/cam1/events/motion"),
        ("ANY_SOUND", "home/cam1/events/sound"),
        ("DOG_BARK", "home/cam1/events/sound/dog_bark"),
        ("BABY_CRY", "home/cam1/events/sound/baby_cry"),
        ("OBJECT_PERSON", "home/cam1/events/vision/person"),
        ("OBJECT_DOG", "home/cam1/events/vision/dog"),
        ("SYSTEM_RESTART", "home/cam1/events/system"),
    ],
)
def test_event_topics(kind: str, topic: str) -> None:
    assert TOPICS.event(kind) == topic


def test_what_stays_at_the_broker_ends_with_the_availability() -> None:
    assert TOPICS.retained()[-1] == "home/cam1/status/online"
    assert TOPICS.live_image not in TOPICS.retained()
    assert TOPICS.trigger not in TOPICS.retained()


def test_home_assistants_own_topics() -> None:
    assert discovery("homeassistant", "3f9a1c") == "homeassistant/device/ipcam_3f9a1c/config"
    assert birth("homeassistant") == "homeassistant/status"


def event(kind: str, phase: str = "appeared", **details: object) -> Event:
    return Event(7, 1004, kind, 1_700_000_000_000, details, confidence=85, phase=phase)  # type: ignore[arg-type]


def test_an_event_is_shown_like_in_the_history() -> None:
    shown = payloads.event(event("OBJECT_PERSON", objectClass="person"))
    assert shown == {
        "eventId": 1004,
        "id": 7,
        "timestamp": 1_700_000_000_000,
        "type": "OBJECT_PERSON",
        "objectClass": "person",
        "confidence": 85,
        "eventType": "appeared",
    }


def test_the_end_of_a_visit_keeps_the_event_id() -> None:
    shown = payloads.event(event("OBJECT_DOG", "disappeared", objectClass="dog", eventType="appeared"))
    assert (shown["eventId"], shown["eventType"]) == (1004, "disappeared")


def test_triggers_name_home_assistants_event_types_and_no_event_id() -> None:
    assert payloads.trigger(event("MOTION", changedPercent=3.5)) == {
        "event_type": "motion",
        "timestamp": 1_700_000_000_000,
        "changedPercent": 3.5,
        "confidence": 85,
    }
    gone = payloads.trigger(event("OBJECT_PERSON", "disappeared"))
    assert gone is not None
    assert gone["event_type"] == "person_disappeared"
    assert payloads.trigger(event("SYSTEM_RESTART")) is None


def test_published_settings_hold_no_user_name() -> None:
    shown = payloads.settings({"motionEnabled": True, "rtspUsername": "anna", "mqttHasPassword": True})
    assert shown == {"motionEnabled": True}


def test_payloads_are_compact_utf8() -> None:
    assert payloads.dumps({"name": "Küche"}) == '{"name":"Küche"}'.encode()
    assert json.loads(payloads.dumps(payloads.result("a/b", "no"))) == {"topic": "a/b", "success": False, "error": "no"}
