"""The QR code is an SVG, bounded, and readable by a decoder that is not ours."""

import re

import cv2
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from api.routes.qr import MAX_TEXT, drawing, qr
from models.errors import Invalid


async def _get(query: str) -> web.StreamResponse:
    return await qr(make_mocked_request("GET", f"/api/qr{query}"), None)  # type: ignore[arg-type]


async def test_an_address_becomes_a_drawing() -> None:
    response = await _get("?text=rtsp://192.168.1.100:8554/stream")
    assert response.content_type == "image/svg+xml"


@pytest.mark.parametrize("query", ["", "?text=", f"?text={'x' * (MAX_TEXT + 1)}", f"?text={'%E2%82%AC' * 200}"])
async def test_nothing_and_too_much_are_refused(query: str) -> None:
    with pytest.raises(Invalid):
        await _get(query)


def test_the_longest_text_has_room() -> None:
    assert drawing("x" * MAX_TEXT).startswith(b"<svg")


@pytest.mark.parametrize(
    "text", ["rtsp://camera.local:8554/stream", "Küche → Flur", "https://camera.local/" + "a1b2c3/" * 20]
)
def test_another_decoder_reads_it(text: str) -> None:
    found, *_ = cv2.QRCodeDetector().detectAndDecode(_rendered(drawing(text).decode()))
    assert found == text


def _rendered(svg: str) -> np.ndarray:
    """Draw the horizontal strokes of segno's SVG, 4 pixels to the module."""
    size = int(re.search(r'width="(\d+)"', svg)[1])  # type: ignore[index]
    picture = np.full((size, size), 255, np.uint8)
    x = y = 0.0
    for move, numbers in re.findall(r"([Mmh])([-0-9. ]+)", re.search(r' d="([^"]+)"', svg)[1]):  # type: ignore[index]
        values = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if move == "M":
            x, y = values
        elif move == "m":
            x, y = x + values[0], y + values[1]
        else:
            left, top = round(x * 4), round((y - 0.5) * 4)
            picture[top : top + 4, left : left + round(values[0] * 4)] = 0
            x += values[0]
    return picture
