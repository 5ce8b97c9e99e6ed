"""Our own keys for a detection pool: what may be sent there."""

from config.setting import Setting

POOL = (
    Setting(
        "poolObjectsEnabled",
        "Detection pool",
        "boolean",
        True,
        "Detect objects on the pool",
        "Send pictures to the detection pool that this device has joined, if any. Without one, it detects on its own.",
        extension=True,
    ),
    Setting(
        "poolSoundsEnabled",
        "Detection pool",
        "boolean",
        False,
        "Recognise sounds on the pool",
        "While any sound recognition is on, send all sound to the detection pool that this device has joined, if any.",
        extension=True,
    ),
)
