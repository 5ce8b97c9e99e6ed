"""Request bodies: JSON objects of at most 64 KiB, whatever their Content-Type."""

import json

from aiohttp import web

from models.errors import Invalid

MAX_BODY = 64 * 1024


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
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise Invalid("Invalid JSON") from None
    if not isinstance(value, dict):
        raise Invalid("Invalid JSON")
    return value
