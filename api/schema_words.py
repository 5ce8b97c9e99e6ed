"""Building blocks for the schemas of the HTTP API: pieces of JSON Schema."""

from collections.abc import Mapping

Schema = dict[str, object]

BOOL: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}
INT: Schema = {"type": "integer"}
NUM: Schema = {"type": "number"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
INT_OR_NULL: Schema = {"type": ["integer", "null"]}
TIME: Schema = {"type": "integer", "description": "Unix time in ms"}
TIME_OR_NULL: Schema = {"type": ["integer", "null"], "description": "Unix time in ms; null if there is none"}
PERCENT: Schema = {"type": "integer", "minimum": 0, "maximum": 100}
SUCCESS: Schema = {"type": "boolean", "description": "true"}
FAILED: Schema = {"type": "boolean", "description": "false, where it is there"}


FLAG: Schema = {"type": "string", "enum": ["0", "1"]}  # in a URL


def whole(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def shaped(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    shape: Schema = {"type": "object", "properties": {**required, **optional}}
    return {**shape, "required": list(required)} if required else shape


def said(schema: Schema, meaning: str) -> Schema:
    return {**schema, "description": meaning}
