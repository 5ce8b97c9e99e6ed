"""What can be detected, in one table: each line is a switch, an event type, a topic and an entity.

The two networks know 527 sounds and 80 things; a new line is all that one more of them needs. ``measured``: there were
labels to set it up by. The others use the scale of their network, and how often they err is not known. A line of
``OWN`` is what a detector of its own needs.

Source: class numbers as in AudioSet's class_labels_indices.csv (sounds) and in COCO's order of 80 classes (things).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    key: str  # in status.detection (in camelCase there), of topics, in zones and schedules
    title: str
    event_type: str
    classes: tuple[int, ...]  # the loudest, or the one, counts
    stem: str  # of its settings
    icon: str  # of Material Design Icons, for Home Assistant
    device_class: str = "sound"
    measured: bool = False
    lasts: bool = False  # its events are visits, with an end
    detector: str = ""  # "module:Class" where no network names it
    does: str = ""  # its switch, in a sentence; for those that no network names

    @property
    def switch(self) -> str:
        return f"{self.stem}Enabled"

    @property
    def confidence(self) -> str:
        return f"{self.stem}Confidence"

    @property
    def heard(self) -> bool:
        return self.device_class == "sound"


def _camel_case(key: str) -> str:
    return "".join(part.capitalize() if index else part for index, part in enumerate(key.split("_")))


def _sound(key: str, title: str, icon: str, *classes: int) -> Kind:
    return Kind(key, title, key.upper(), classes, f"{_camel_case(key)}Classification", icon)


def _thing(key: str, title: str, icon: str, coco_class: int) -> Kind:
    stem = f"object{key.capitalize()}Detection"
    return Kind(key, title, f"OBJECT_{key.upper()}", (coco_class,), stem, icon, "occupancy", lasts=True)


def _own(key: str, title: str, icon: str, detector: str, does: str, device_class: str = "problem") -> Kind:
    """``device_class`` "sound" if it listens. Else one of Home Assistant's for binary sensors."""
    stem = f"{_camel_case(key)}Detection"
    return Kind(key, title, key.upper(), (), stem, icon, device_class=device_class, detector=detector, does=does)


DOG_BARK = Kind(
    "dog_bark", "Dog bark", "DOG_BARK", (74, 75, 76, 78), "dogBarkClassification", "mdi:dog-side", measured=True
)
BABY_CRY = Kind(
    "baby_cry", "Baby cry", "BABY_CRY", (23,), "babyCryClassification", "mdi:emoticon-cry-outline", measured=True
)
PERSON = Kind(
    "person", "Person", "OBJECT_PERSON", (0,), "objectPersonDetection", "mdi:walk", "occupancy", True, lasts=True
)
DOG = Kind("dog", "Dog", "OBJECT_DOG", (16,), "objectDogDetection", "mdi:dog", "occupancy", True, lasts=True)

MORE_SOUNDS = (
    _sound("smoke_alarm", "Smoke alarm", "mdi:smoke-detector-alert", 399, 400),
    _sound("glass", "Breaking glass", "mdi:glass-fragile", 443),
    _sound("doorbell", "Doorbell", "mdi:doorbell", 355, 356),
    _sound("knock", "Knocking", "mdi:door", 359),
    _sound("scream", "Scream", "mdi:account-alert", 14),
    _sound("siren", "Siren", "mdi:alarm-light", 396, 397, 323, 324, 325),
    _sound("meow", "Meowing", "mdi:cat", 83, 85),
    _sound("cough", "Cough", "mdi:emoticon-sick-outline", 47),
    _sound("speech", "Speech", "mdi:account-voice", 0),
)
MORE_THINGS = (
    _thing("cat", "Cat", "mdi:cat", 15),
    _thing("bird", "Bird", "mdi:bird", 14),
    _thing("horse", "Horse", "mdi:horse", 17),
    _thing("bicycle", "Bicycle", "mdi:bicycle", 1),
    _thing("car", "Car", "mdi:car", 2),
    _thing("motorcycle", "Motorcycle", "mdi:motorbike", 3),
    _thing("bus", "Bus", "mdi:bus", 5),
    _thing("truck", "Truck", "mdi:truck", 7),
)
SOUNDS = (DOG_BARK, BABY_CRY, *MORE_SOUNDS)
THINGS = (PERSON, DOG, *MORE_THINGS)
OWN: tuple[Kind, ...] = ()
MORE = MORE_SOUNDS + MORE_THINGS + OWN  # beyond the API document
