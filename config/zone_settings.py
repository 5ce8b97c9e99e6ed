"""Where and when: the privacy mask, zones, schedules, and the place for the sun's times."""

from config.setting import Setting
from models.polygons import MASK_LENGTH_MAX, mask_text
from models.schedule import LENGTH_MAX as SCHEDULES_MAX
from models.schedule import location_text, schedules_text
from models.zones import LENGTH_MAX, zones_text

PLACES = (
    Setting(
        "privacyMask",
        "Camera",
        "string",
        "",
        "Privacy mask",
        "What nobody shall see: JSON, a list of polygons of [x, y], fractions of the picture before it is rotated. "
        'Painted over before anything is made of the picture. "closed": everything.',
        max_length=MASK_LENGTH_MAX,
        parse=mask_text,
        extension=True,
    ),
    Setting(
        "zones",
        "Zones",
        "string",
        "",
        "Zones",
        "Where detection counts: JSON, a list of {name, mode, for, points}. mode: in (only there), out (not there), "
        "name (only told). for: motion, person, dog …; none: all. points: as in privacyMask.",
        max_length=LENGTH_MAX,
        parse=zones_text,
        home_assistant="names",
        extension=True,
    ),
    Setting(
        "schedules",
        "Zones",
        "string",
        "",
        "Schedules",
        'When detections count: JSON, {"person": [{"days": ["mo", "fr"], "from": "22:00", "to": "06:00"}]}. Times are '
        "HH:MM, sunrise or sunset, with +minutes or -minutes. What is not named always counts.",
        max_length=SCHEDULES_MAX,
        parse=schedules_text,
        extension=True,
    ),
    Setting(
        "location",
        "Zones",
        "string",
        "",
        "Location",
        "Latitude and longitude in degrees, for the sun's times in schedules.",
        max_length=32,
        parse=location_text,
        extension=True,
    ),
)
