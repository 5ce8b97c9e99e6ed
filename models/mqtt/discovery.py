"""Home Assistant's device discovery: one retained message that describes the camera with all its entities.

Source: home-assistant/core, components/mqtt: schemas.py (DEVICE_DISCOVERY_SCHEMA) and the schema of each platform. Only
``availability`` is shared by all components there; ``qos`` is not, so it is said in each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.mqtt import topics as names
from models.mqtt.entities import Component, actions, last_clip, readings
from models.mqtt.setting_entities import SettingEntry, command, read_only

PROJECT = "IP Camera"


@dataclass(frozen=True, slots=True)
class Device:
    """``url`` of the dashboard; ``options``: the values of a select, by the name of its field in /capabilities."""

    id: str
    name: str
    version: str
    model: str = "Linux camera"
    url: str = ""
    torch: bool = False
    speech: bool = False
    clips: bool = False
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def payload(
    device: Device,
    prefix: str,
    settings: Iterable[SettingEntry],
    stored: Mapping[str, object],
    commands: bool,
    former: Iterable[str] = (),
) -> dict[str, object]:
    """The whole message. ``former``: ``platform.key`` of entities that were announced once; those gone are removed."""
    topics = names.Topics(prefix)
    components = _components(device, topics, settings, stored, commands)
    about: dict[str, object] = {
        "identifiers": [names.node(device.id)],
        "name": device.name,
        "manufacturer": PROJECT,
        "model": device.model,
        "serial_number": device.id,
        "sw_version": device.version,
    }
    if device.url:
        about["configuration_url"] = device.url
    return {
        "device": about,
        "origin": {"name": PROJECT, "sw_version": device.version},
        "availability": [{"topic": topics.online}],
        "components": components | _removed(components, former),
    }


def announced(message: Mapping[str, object]) -> tuple[str, ...]:
    """``platform.key`` of every entity in the message that is not a removal; sorted."""
    components = message["components"]
    assert isinstance(components, dict)
    return tuple(sorted(f"{about['platform']}.{key}" for key, about in components.items() if len(about) > 1))


def _components(
    device: Device,
    topics: names.Topics,
    settings: Iterable[SettingEntry],
    stored: Mapping[str, object],
    commands: bool,
) -> dict[str, Component]:
    telemetry_s = stored.get("mqttTelemetryIntervalSec")
    components = readings(topics, telemetry_s if isinstance(telemetry_s, int) else 60)
    if device.clips:
        components |= last_clip(topics)
    for entry in settings:
        if not entry.home_assistant or (entry.key == "torchEnabled" and not device.torch):
            continue
        key, component = (
            command(entry, topics, _options(entry, device, stored)) if commands else read_only(entry, topics)
        )
        components[key] = component
    if commands:
        components |= actions(topics, device.speech)
    for key, component in components.items():
        component["unique_id"] = f"{names.node(device.id)}_{key}"
        component["qos"] = 1
    return components


def _options(entry: SettingEntry, device: Device, stored: Mapping[str, object]) -> tuple[str, ...]:
    """Of a select: never empty, and the present value is among them, or Home Assistant shows nothing."""
    known = tuple(str(choice) for choice in entry.choices) or device.options.get(entry.options_from, ())
    present = str(stored.get(entry.key, ""))
    return known if present in known or not present else (*known, present)


def _removed(components: Mapping[str, Component], former: Iterable[str]) -> dict[str, Component]:
    """A component with nothing but its platform is removed by Home Assistant."""
    gone = (text.split(".", 1) for text in former)
    return {key: {"platform": platform} for platform, key in gone if key not in components}
