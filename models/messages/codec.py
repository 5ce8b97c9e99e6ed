"""Messages as JSON, for the control socket: {"$": "settings.GetCredentials", "owner": "rtsp"}.

Only dataclasses of ``models`` can be named, so decoding cannot run foreign code.
"""

import dataclasses
import importlib
from typing import Any

ROOTS = ["models."]  # whose dataclasses may be named; tests add their own


def encode(value: Any) -> Any:
    """Plain JSON values; bytes are refused (TypeError), because they belong in rings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        module = type(value).__module__
        fields = {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"$": f"{module}.{type(value).__name__}", **fields}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [encode(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} is not for the control socket")


def decode(value: Any) -> Any:
    """The decoded message; lists become tuples. Raises ValueError for anything that is not a message."""
    if isinstance(value, list):
        return tuple(decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "$" not in value:
        return {key: decode(item) for key, item in value.items()}
    fields = {key: decode(item) for key, item in value.items() if key != "$"}
    try:
        return _kind(str(value["$"]))(**fields)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _kind(path: str) -> Any:
    module, _, name = path.rpartition(".")
    if not module.startswith(tuple(ROOTS)) or not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(f"no message {path}")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise ValueError(f"no message {path}") from None
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise ValueError(f"no message {path}")
    return kind
