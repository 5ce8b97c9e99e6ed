"""/api/qr: a text as a QR code, so that nobody has to type an address on a phone."""

import io

import segno
from aiohttp import web

from api.context import Context
from api.routing import Access, Query, route
from api.schema_words import TEXT
from models.errors import Invalid

MAX_TEXT = 512  # bytes of UTF-8: more than any address, and still readable by a phone
SCALE = 4
QUIET_ZONE = 2  # modules; the page adds more white


@route(
    "GET",
    "/api/qr",
    access=Access.UI,
    summary="A text as a QR code",
    content_type="image/svg+xml",
    query=(Query("text", TEXT, "The text to encode, at most 512 bytes", required=True),),
    extension=True,
)
async def qr(request: web.Request, _context: Context) -> web.StreamResponse:
    text = request.query.get("text", "")
    if not text:
        raise Invalid("text: Missing")
    if len(text.encode(errors="replace")) > MAX_TEXT:
        raise Invalid(f"text: Too long (max {MAX_TEXT})")
    return web.Response(body=drawing(text), content_type="image/svg+xml")


def drawing(text: str) -> bytes:
    """The code as an SVG document; error correction level M or better."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="svg", scale=SCALE, border=QUIET_ZONE, xmldecl=False)
    return out.getvalue()
