"""What the networks can name, in one table: each line is a switch, a confidence, an event type and an entity.

The two networks know 527 sounds and 80 things; a new line is all that one more of them needs. ``measured``: there were
labels to set it up by. The others use the scale of their network, and how often they err is not known.

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
    drawing: str = "detection"  # of the page's icons
    device_class: str = "sound"
    measured: bool = False

    @property
    def switch(self) -> str:
        return f"{self.stem}Enabled"

    @property
    def confidence(self) -> str:
        return f"{self.stem}Confidence"

    @property
    def seen(self) -> bool:
        """It has visits, with an end."""
        return self.event_type.startswith("OBJECT_")


def _sound(key: str, title: str, icon: str, *classes: int) -> Kind:
    stem = "".join(part.capitalize() if index else part for index, part in enumerate(key.split("_")))
    return Kind(key, title, key.upper(), classes, f"{stem}Classification", icon, "sound")


def _thing(key: str, title: str, icon: str, coco_class: int) -> Kind:
    stem = f"object{key.capitalize()}Detection"
    return Kind(key, title, f"OBJECT_{key.upper()}", (coco_class,), stem, icon, "detection", "occupancy")


DOG_BARK = Kind(
    "dog_bark", "Dog bark", "DOG_BARK", (74, 75, 76, 78), "dogBarkClassification", "mdi:dog-side", "bark", measured=True
)
BABY_CRY = Kind(
    "baby_cry",
    "Baby cry",
    "BABY_CRY",
    (23,),
    "babyCryClassification",
    "mdi:emoticon-cry-outline",
    "baby",
    measured=True,
)
PERSON = Kind(
    "person", "Person", "OBJECT_PERSON", (0,), "objectPersonDetection", "mdi:walk", "person", "occupancy", measured=True
)
DOG = Kind("dog", "Dog", "OBJECT_DOG", (16,), "objectDogDetection", "mdi:dog", "dog", "occupancy", measured=True)

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
MORE = MORE_SOUNDS + MORE_THINGS  # beyond the API document
