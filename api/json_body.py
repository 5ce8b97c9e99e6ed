"""JSON from clients. Request bodies are objects of at most 64 KiB, whatever their Content-Type."""

import json
import math
from typing import Any

from aiohttp import web

from models.errors import Invalid

MAX_BODY = 64 * 1024


def parse_json(raw: str | bytes) -> Any:
    """Parse what RFC 8259 allows and nothing more.

    Raises:
        ValueError: not UTF-8, not JSON, nested too deep, NaN, Infinity or beyond a float, half a surrogate pair.
    """
    text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # half a pair cannot be encoded, not even for a log
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


async def json_object(request: web.Request, *, empty: bool = False) -> dict[str, object]:
    """The body as an object; ``empty``: no body at all means {}.

    Raises:
        Invalid: too large, not JSON, or not an object.
    """
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Invalid("Request body too large") from None
    if not raw.strip() and empty:
        return {}
    try:
        value = parse_json(raw)
    except ValueError:
        raise Invalid("Invalid JSON") from None
    if not isinstance(value, dict):
        raise Invalid("Invalid JSON")
    return value


def text_of(body: dict[str, object], key: str) -> str:
    """A field that must be a string.

    Raises:
        Invalid: it is missing, or something else.
    """
    value = body.get(key)
    if not isinstance(value, str):
        raise Invalid(f"{key}: Expected string")
    return value
