"""What one setting is, and how a single value is checked against it.

The texts of errors are part of the API: clients compare them. They are defined only here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Value = str | int | bool
Kind = Literal["boolean", "int", "string"]
Applies = Literal["live", "restart"]

UNKNOWN = "Unknown setting"
READ_ONLY = "Read-only setting"
INVALID_FORMAT = "Invalid format"
UNSUPPORTED_RESOLUTION = "Unsupported resolution"
NO_FRONT_CAMERA = "No front camera"
NO_TORCH = "Torch not available"
PORT_IN_USE = "Port already in use by this server"
USE_RTSP = "Use /api/rtsp/apply-settings"
USE_MQTT = "Use /api/mqtt/apply-settings"

_EXPECTED: dict[Kind, str] = {"boolean": "Expected boolean", "int": "Expected integer", "string": "Expected string"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # never in a name, a path or a topic


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: everything that the validator, schemas, form, Home Assistant, command line and manual know about it."""

    key: str
    group: str
    kind: Kind
    default: Value  # "" if ``default_note`` says how it is determined
    title: str
    help: str
    minimum: int = 0  # of an int without choices
    maximum: int = 0
    choices: tuple[int, ...] | tuple[str, ...] = ()
    pattern: str = ""  # of the whole string
    max_length: int = 255
    parse: Callable[[str], str | None] | None = None  # normal form of a string, None if it is invalid
    unit: str = ""
    pro: str = ""  # feature id that is needed to switch it on
    needs: str = ""  # key of the switch without which this one has no effect
    applies: Applies = "live"
    home_assistant: Literal["", "switch", "number", "select", "names"] = ""  # names: those in a list, read-only
    options_from: str = ""  # field of /capabilities that lists the values
    default_note: str = ""
    read_only: bool = False
    guarded: str = ""  # the error if it is switched on without confirmation by the owner's password
    extension: bool = False  # not one of the 44 keys of the API document
    persisted: bool = True

    def normal(self, value: Value) -> Value:
        """The value in the form in which it is stored. Only for values without a ``problem``."""
        if isinstance(value, str) and self.parse is not None:
            normal = self.parse(value)
            return value if normal is None else normal
        return value

    def problem(self, value: object) -> str:
        """The API's error text for the value itself; "" if it is valid."""
        if self.kind == "boolean":
            return "" if isinstance(value, bool) else _EXPECTED["boolean"]
        if self.kind == "int":
            return self._int_problem(value)
        return self._string_problem(value)

    def _int_problem(self, value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):  # bool is a subclass of int
            return _EXPECTED["int"]
        if self.choices:
            return "" if value in self.choices else one_of(self.choices)
        return "" if self.minimum <= value <= self.maximum else between(self.minimum, self.maximum)

    def _string_problem(self, value: object) -> str:
        if not isinstance(value, str):
            return _EXPECTED["string"]
        too_long = f"Too long (max {self.max_length})"
        if len(value) > self.max_length:  # before anything parses it
            return too_long
        normal = self.parse(value) if self.parse is not None else value
        if normal is not None and len(normal) > self.max_length:
            return too_long
        if normal is None or _CONTROL.search(normal) or (self.pattern and not re.fullmatch(self.pattern, normal)):
            return INVALID_FORMAT
        if self.choices and normal not in self.choices:
            return one_of(self.choices)
        return ""

    def json_schema(self) -> dict[str, object]:
        """JSON Schema 2020-12 of the value."""
        schema: dict[str, object] = {"title": self.title, "description": self.help}
        if not self.default_note:
            schema["default"] = self.default
        if self.read_only:
            schema["readOnly"] = True
        if self.kind == "int":
            schema |= {"type": "integer"}
            schema |= (
                {"enum": list(self.choices)} if self.choices else {"minimum": self.minimum, "maximum": self.maximum}
            )
        elif self.kind == "string":
            schema |= {"type": "string", "maxLength": self.max_length}
            schema |= {"enum": list(self.choices)} if self.choices else {}
        else:
            schema |= {"type": "boolean"}
        return schema


def between(minimum: int, maximum: int) -> str:
    return f"Value must be between {minimum} and {maximum}"


def one_of(choices: tuple[int, ...] | tuple[str, ...]) -> str:
    return f"Value must be one of {', '.join(str(choice) for choice in choices)}"
