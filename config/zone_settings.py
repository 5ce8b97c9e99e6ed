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
        "Areas hidden from everyone: JSON, a list of polygons of [x, y] points, as fractions of the picture before "
        'rotation. They are blacked out before the picture is used for anything. "closed" hides the whole picture.',
        max_length=MASK_LENGTH_MAX,
        parse=mask_text,
        extension=True,
    ),
    Setting(
        "zones",
        "Zones and schedules",
        "string",
        "",
        "Zones",
        "Where detections count: JSON, a list of {name, mode, for, points}. mode: in (only inside), out (only outside) "
        "or name (only named in the event). for: motion, person, dog …; empty: all. points: as in privacyMask.",
        max_length=LENGTH_MAX,
        parse=zones_text,
        home_assistant="names",
        extension=True,
    ),
    Setting(
        "schedules",
        "Zones and schedules",
        "string",
        "",
        "Schedules",
        'When detections count: JSON, such as {"person": [{"days": ["mo", "fr"], "from": "22:00", "to": "06:00"}]}. '
        "Times are HH:MM, sunrise or sunset; the last two may have +minutes or -minutes. Anything not listed always "
        "counts.",
        max_length=SCHEDULES_MAX,
        parse=schedules_text,
        extension=True,
    ),
    Setting(
        "location",
        "Zones and schedules",
        "string",
        "",
        "Location",
        "Latitude and longitude in degrees, for sunrise and sunset in schedules.",
        max_length=32,
        parse=location_text,
        extension=True,
    ),
)
