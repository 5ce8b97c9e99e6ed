"""Our own keys for the device itself: its name, its place, its announcement, and whether it was set up."""

from config.setting import Setting

DEVICE_EXTENSIONS = (
    Setting(
        "deviceName",
        "Device",
        "string",
        "",
        "Device name",
        "The name that apps, recorders and other devices show for this camera.",
        pattern=r"\S(.*\S)?",
        max_length=64,
        default_note="the host's name",
        extension=True,
    ),
    Setting(
        "devicePlace",
        "Device",
        "string",
        "",
        "Place",
        "Where the camera is, for example a room or the garden.",
        pattern=r"(\S(.*\S)?)?",
        max_length=64,
        extension=True,
    ),
    Setting(
        "setupDone",
        "Device",
        "boolean",
        False,
        "First steps completed",
        "While this is off, the dashboard opens with the first steps.",
        extension=True,
    ),
    Setting(
        "mdnsEnabled",
        "Device",
        "boolean",
        True,
        "Network discovery",
        "Announce the camera by multicast DNS (Bonjour), so that phones, players and Home Assistant can find it.",
        extension=True,
    ),
)
