"""An entity for each setting that is meant for Home Assistant: one that commands, or one that only shows."""

import re
from typing import Protocol

from models.event_kinds import MORE
from models.mqtt.entities import CONFIG, DIAGNOSTIC, Component
from models.mqtt.topics import OFF, ON, Topics

_NUMBERS_AS_BOX = 100  # more steps than this do not fit on a slider
_READ_ONLY = {"switch": "binary_sensor", "number": "sensor", "select": "sensor", "names": "sensor"}
_MORE = frozenset(key for one in MORE for key in (one.switch, one.confidence))
_STATE_MAX = 255  # characters of a state in Home Assistant


class SettingEntry(Protocol):
    """What an entity needs to know of a setting; ``config.setting.Setting`` is one."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def minimum(self) -> int: ...
    @property
    def maximum(self) -> int: ...
    @property
    def choices(self) -> tuple[int, ...] | tuple[str, ...]: ...
    @property
    def unit(self) -> str: ...
    @property
    def home_assistant(self) -> str: ...
    @property
    def options_from(self) -> str: ...


def command(entry: SettingEntry, topics: Topics, options: tuple[str, ...]) -> tuple[str, Component]:
    """Key and component of a switch, number or select."""
    if entry.home_assistant == "names":  # is set on the same topic as the others, but by no entity
        return read_only(entry, topics)
    component = _shown(entry, topics, entry.home_assistant, CONFIG)
    component["command_topic"] = topics(f"control/setting/{entry.key}/set")
    if entry.home_assistant == "number":
        wide = entry.maximum - entry.minimum > _NUMBERS_AS_BOX
        component |= {"min": entry.minimum, "max": entry.maximum, "step": 1, "mode": "box" if wide else "slider"}
    elif entry.home_assistant == "select":
        component.pop("unit_of_measurement", None)
        component["options"] = list(options)
    return snake(entry.key), component


def read_only(entry: SettingEntry, topics: Topics) -> tuple[str, Component]:
    """The same without a command topic. Another key, since an entity can't change its platform."""
    component = _shown(entry, topics, _READ_ONLY[entry.home_assistant], DIAGNOSTIC)
    return f"{snake(entry.key)}_state", component


def _shown(entry: SettingEntry, topics: Topics, platform: str, category: str) -> Component:
    value = f"value_json.{entry.key}"
    on_off = entry.kind == "boolean"
    shown_first = {} if entry.key not in _MORE else {"enabled_by_default": False}
    if entry.home_assistant == "names":
        value = f"(({value} or '[]') | from_json | map(attribute='name') | join(', '))[:{_STATE_MAX}]"
    component: Component = {
        "platform": platform,
        "name": entry.title,
        "state_topic": topics.state("settings"),
        "value_template": f"{{{{ '{ON}' if {value} else '{OFF}' }}}}" if on_off else f"{{{{ {value} }}}}",
        "entity_category": category,
        **shown_first,
    }
    if on_off:
        component |= {"payload_on": ON, "payload_off": OFF}
    if entry.unit:
        component["unit_of_measurement"] = entry.unit
    return component


def snake(key: str) -> str:
    """``motionEnabled`` -> ``motion_enabled``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
