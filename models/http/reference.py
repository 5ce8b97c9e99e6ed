"""The messages as tables for docs/live.md, and as one JSON Schema document, both made from the schema."""

from collections.abc import Mapping
from typing import Any

from models.http.json_schema import Schema
from models.http.schema import CLIENT, DIALECT, EXTENSIONS, HELLO, SERVER

BEGIN, END = "<!-- messages -->", "<!-- end of messages -->"


def document() -> dict[str, Any]:
    """Everything, for a validator."""
    extensions = {"client": {"hello": HELLO}, "server": EXTENSIONS}
    return {
        "$schema": DIALECT,
        "title": "WebSocket messages",
        "client": CLIENT,
        "server": SERVER,
        "extensions": extensions,
    }


def in_place(page: str) -> str:
    """``page`` with the tables between its two marks made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = (
        ("From the client", CLIENT),
        ("From the server", SERVER),
        ("Extension, from the client", {"hello": HELLO}),
        ("Extensions, from the server", EXTENSIONS),
    )
    made = "\n".join(f"### {title}\n\n{_table(shapes)}" for title, shapes in tables)
    return f"{before}{BEGIN}\n\nMade by `scripts/manual`.\n\n{made}\n{END}{after}"


def _table(shapes: Mapping[str, Schema]) -> str:
    rows = "".join(f"| `{kind}` | {_fields(shape)} |\n" for kind, shape in shapes.items())
    return f"| type | fields (`?` may be missing) |\n|---|---|\n{rows}"


def _fields(shape: Schema) -> str:
    required = shape.get("required", ())
    told = [
        f"`{name}`{'' if name in required else '?'}{'' if name == 'requestId' else ' ' + _words(rule)}"
        for name, rule in shape["properties"].items()
        if name != "type"
    ]
    return ", ".join(told) or "–"


def _words(rule: Schema) -> str:
    if "const" in rule:
        return str(rule["const"])
    if "enum" in rule:
        return " / ".join(rule["enum"])
    if rule.get("type") == "array":
        return f"list of {_words(rule['items'])}"
    if inner := rule.get("properties"):
        return "{" + ", ".join(inner) + "}"
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    return " or ".join(kinds) + _range(rule, "minimum", "maximum", "") + _range(rule, "minLength", "maxLength", " long")


def _range(rule: Schema, low: str, high: str, what: str) -> str:
    least, most = rule.get(low), rule.get(high)
    if most is None:
        return "" if not least else f" from {least}{what}"
    return f" to {most}{what}" if least is None else f" {least}–{most}{what}"
