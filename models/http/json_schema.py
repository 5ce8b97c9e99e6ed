"""A validator for the part of JSON Schema 2020-12 that our messages use: microseconds a message, no library.

``problem`` returns a description of the first error, "" if there is none.
"""

import re
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]

_TYPES: dict[str, Callable[[object], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: _whole(value),
}


def problem(schema: Schema, value: object, name: str = "") -> str:
    """What is wrong with ``value``; ``name`` is where it stands ("settings.frameRate")."""
    found = _scalar(schema, value)
    if not found and isinstance(value, dict):
        return _object(schema, value, name)
    if not found and isinstance(value, list):
        return _array(schema, value, name)
    return f"{name}: {found}" if found and name else found


def _whole(value: object) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _scalar(schema: Schema, value: Any) -> str:
    kinds = schema.get("type")
    if kinds is not None:
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if not any(_TYPES[kind](value) for kind in kinds):
            return f"Expected {' or '.join(kinds)}"
    if "const" in schema and value != schema["const"]:
        return f"Must be {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"Value must be one of {', '.join(map(str, schema['enum']))}"
    if _TYPES["number"](value):
        return _bounds(schema, value, "minimum", "maximum", "Value")
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return "Invalid format"
        return _bounds(schema, len(value), "minLength", "maxLength", "Length")
    return ""


def _bounds(schema: Schema, value: float, low: str, high: str, what: str) -> str:
    if schema.get(low, value) <= value <= schema.get(high, value):
        return ""
    if high not in schema:
        return f"{what} must be at least {schema[low]}"
    if low not in schema:
        return f"{what} must be at most {schema[high]}"
    return f"{what} must be between {schema[low]} and {schema[high]}"


def _object(schema: Schema, value: dict[str, Any], name: str) -> str:
    inside = f"{name}." if name else ""
    for key in schema.get("required", ()):
        if key not in value:
            return f"{inside}{key}: Missing"
    if "anyOf" in schema and all(problem(choice, value, name) for choice in schema["anyOf"]):
        return "Missing " + " or ".join(key for choice in schema["anyOf"] for key in choice["required"])
    if size := _bounds(schema, len(value), "minProperties", "maxProperties", "Number of entries"):
        return f"{name}: {size}" if name else size
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        rule = known.get(key, others)
        if rule is False:
            return f"{inside}{key}: Unknown"
        if isinstance(rule, dict) and (found := problem(rule, item, f"{inside}{key}")):
            return found
    return ""


def _array(schema: Schema, value: list[Any], name: str) -> str:
    if size := _bounds(schema, len(value), "minItems", "maxItems", "Number of entries"):
        return f"{name}: {size}" if name else size
    for index, item in enumerate(value):
        if found := problem(schema.get("items", {}), item, f"{name}[{index}]"):
            return found
    return ""
