"""Run by a Python that has Home Assistant: checks the discovery messages on stdin (one a line) by its own schemas.

Prints one line for each mistake, and at last what was checked.
"""

import importlib
import json
import sys

import voluptuous

PLATFORMS = (
    *("binary_sensor", "number", "select", "sensor", "button", "camera"),
    *("image", "event", "update", "switch", "notify"),
)


def schemas() -> dict[str, object]:
    found: dict[str, object] = {}
    for platform in PLATFORMS:
        try:
            found[platform] = importlib.import_module(f"homeassistant.components.mqtt.{platform}").DISCOVERY_SCHEMA
        except ImportError:
            print(f"not in this Home Assistant: {platform}", file=sys.stderr)
    return found


def device_schema() -> object:
    """Since 2024.12."""
    return getattr(importlib.import_module("homeassistant.components.mqtt.schemas"), "DEVICE_DISCOVERY_SCHEMA", None)


def main() -> None:
    known, checked = schemas(), 0
    try:
        whole = device_schema()
    except ImportError:
        whole = None
    for line in sys.stdin:
        message = json.loads(line)
        shared = {name: message[name] for name in ("availability", "device", "origin")}
        try:
            if whole is not None:
                whole(message)  # type: ignore[operator]
            for component in message["components"].values():
                about = dict(component)
                platform = about.pop("platform")
                if platform in known and about:
                    known[platform]({**about, **shared})  # type: ignore[operator]
                    checked += 1
        except voluptuous.Invalid as error:
            print(f"mistake: {error}")
    print(f"checked {checked}, device schema: {whole is not None}")


main()
