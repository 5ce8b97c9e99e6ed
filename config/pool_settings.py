"""Keys of our own for a pool of strong hosts: what may go there."""

from config.setting import Setting

POOL = (
    Setting(
        "poolObjectsEnabled",
        "ML",
        "boolean",
        True,
        "Look for objects on the pool",
        "Send pictures to the pool that this device was invited to, if any; without it the device looks itself.",
        extension=True,
    ),
    Setting(
        "poolSoundsEnabled",
        "ML",
        "boolean",
        False,
        "Listen on the pool",
        "Send all sound, while bark or cry detection is on, to the pool that this device was invited to, if any.",
        extension=True,
    ),
)
