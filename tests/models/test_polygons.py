"""Polygons out of what strangers send, and where they are in a turned picture."""

import pytest

from models.polygons import CLOSED, POINTS_MAX, POLYGONS_MAX, contains, mask_text, read_mask, turned

TRIANGLE = ((0.1, 0.2), (0.5, 0.2), (0.1, 0.9))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (" [] ", ""),
        (" closed", CLOSED),
        ("[[[0, 0], [1, 0.123456], [1, 1]]]", "[[[0.0,0.0],[1.0,0.1235],[1.0,1.0]]]"),
        ("[[[0,0],[1,1]]]", None),
        ("[[[0,0],[1,1],[0,1.01]]]", None),
        ("[[[0,0],[1,1],[0,NaN]]]", None),
        ("[[[0,0],[1,1],[0,true]]]", None),
        ("[[[0,0],[1,1],[0,1,1]]]", None),
        ('{"a": 1}', None),
        ("[" * 9000, None),
        (str([[[0, 0]] * (POINTS_MAX + 1)]), None),
        (str([[[0, 0]] * 3] * (POLYGONS_MAX + 1)), None),
        ("all", None),
    ],
)
def test_a_mask_has_one_normal_form_or_is_none(text: str, normal: str | None) -> None:
    assert mask_text(text) == normal
    if normal is not None:
        assert mask_text(normal) == normal
        assert read_mask(text) == read_mask(normal)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_polygon_turns_with_its_picture(rotation: int) -> None:
    x, y = 0.2, 0.3
    moved = {0: (x, y), 90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[rotation]
    assert contains(TRIANGLE, (x, y))
    assert contains(turned(TRIANGLE, rotation), moved)
    assert not contains(turned(TRIANGLE, rotation), (0.99, 0.99))
