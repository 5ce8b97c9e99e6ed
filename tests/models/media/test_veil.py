"""What is covered, pixel by pixel."""

import numpy as np
import pytest

from models.media.i420 import planes, size_of
from models.media.privacy_mask import BLACK, GREY, PrivacyMask
from models.polygons import contains, read_mask, turned

MASK = "[[[0.1,0.2],[0.5,0.2],[0.1,0.9]],[[0.6,0.1],[0.9,0.9],[0.9,0.1],[0.6,0.9]]]"
BRIGHT = 200


def painted(text: str, width: int, height: int, rotation: int = 0) -> list[np.ndarray]:
    flat = np.full(size_of(width, height), BRIGHT, np.uint8)
    veil = PrivacyMask(text)
    veil.paint(flat, width, height, rotation)
    again = np.full(size_of(width, height), BRIGHT, np.uint8)
    veil.paint(again, width, height, rotation)
    assert (flat == again).all()
    return list(planes(flat, width, height))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_every_pixel_inside_is_covered_and_few_beside(rotation: int) -> None:
    width, height = 160, 120
    luma, u, v = painted(MASK, width, height, rotation)
    polygons = [turned(one, rotation) for one in read_mask(MASK) or ()]
    inside = np.array(
        [
            [any(contains(one, ((x + 0.5) / width, (y + 0.5) / height)) for one in polygons) for x in range(width)]
            for y in range(height)
        ]
    )
    assert (luma[inside] == BLACK).all()
    assert (luma == BLACK).sum() < inside.sum() * 1.6  # a border of two pixels, in a small picture
    assert set(np.unique(luma)) == {BLACK, BRIGHT}
    for chroma in (u, v):  # a chroma sample is covered with the four pixels that share it, and only with them
        fine = np.repeat(np.repeat(chroma, 2, 0), 2, 1)
        assert ((fine == GREY) == (luma == BLACK)).all()


def test_a_sliver_is_covered_and_a_hole_of_a_crossing_too() -> None:
    luma, _, _ = painted("[[[0.5,0.0],[0.5,1.0],[0.5001,1.0]]]", 64, 48)
    assert (luma[:, 32] == BLACK).all()
    star = "[[[0.5,0.05],[0.79,0.95],[0.02,0.38],[0.98,0.38],[0.21,0.95]]]"  # its middle is inside twice
    luma, _, _ = painted(star, 128, 128)
    assert luma[68, 64] == BLACK


def test_nothing_and_everything() -> None:
    assert (painted("", 64, 48)[0] == BRIGHT).all()
    assert not PrivacyMask().on
    luma, u, v = painted("closed", 64, 48)
    assert (luma == BLACK).all()
    assert (u == GREY).all()
    assert (v == GREY).all()
    assert PrivacyMask("closed").closed
    with pytest.raises(ValueError, match="a mask is a list"):
        PrivacyMask("{}")
