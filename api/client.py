"""Who is at the other end of a request."""

from aiohttp import web


def address_of(request: web.Request) -> str:
    """For limits and lock-outs."""
    return request.remote or ""


def origin_of(request: web.Request) -> str:
    """The origin that a page of ours has: scheme, host and port as the browser sees them."""
    return f"{request.scheme}://{request.host}"
