"""Polygons on the picture: their text in a setting, and where they are when the picture is turned.

Coordinates are fractions of the picture before ``rotation`` turns it, x to the right and y down: what a polygon covers
stays covered however the picture is shown. Text comes from outside: everything is bounded before it is used.
"""

import json
from collections.abc import Sequence

Point = tuple[float, float]
Polygon = tuple[Point, ...]

POLYGONS_MAX = 16
POINTS_MIN, POINTS_MAX = 3, 24
DIGITS = 4  # of a coordinate: a tenth of a thousandth of the picture
MASK_LENGTH_MAX = 8192  # characters of the text
CLOSED = "closed"  # in place of polygons: everything is covered


def polygon(value: object) -> Polygon:
    """A polygon out of JSON: a list of [x, y].

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, list) or not POINTS_MIN <= len(value) <= POINTS_MAX:
        raise ValueError(f"a polygon is a list of {POINTS_MIN} to {POINTS_MAX} points")
    return tuple(_point(one) for one in value)


def _point(value: object) -> Point:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a point is [x, y]")
    x, y = (_fraction(one) for one in value)
    return x, y


def _fraction(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("a coordinate is a number between 0 and 1")
    return round(float(value), DIGITS)


def as_json(points: Polygon) -> list[list[float]]:
    return [[x, y] for x, y in points]


def turned(points: Polygon, rotation: int) -> Polygon:
    """The same polygon in the picture turned clockwise by 0, 90, 180 or 270 degrees."""
    match rotation:
        case 90:
            return tuple((1 - y, x) for x, y in points)
        case 180:
            return tuple((1 - x, 1 - y) for x, y in points)
        case 270:
            return tuple((y, 1 - x) for x, y in points)
        case _:
            return points


def contains(points: Polygon, point: Point) -> bool:
    """Whether the point lies inside, by the even-odd rule."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(points, (*points[1:], points[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def read_mask(text: str) -> tuple[Polygon, ...] | None:
    """The polygons of a mask; None where everything is covered.

    Raises:
        ValueError: it is no mask.
    """
    if text.strip() == CLOSED:
        return None
    value: object = load(text) if text.strip() else []
    if not isinstance(value, list) or len(value) > POLYGONS_MAX:
        raise ValueError(f"a mask is a list of at most {POLYGONS_MAX} polygons")
    return tuple(polygon(one) for one in value)


def mask_text(text: str) -> str | None:
    """A mask in normal form, "" for none; None for what is no mask."""
    try:
        polygons = read_mask(text)
    except ValueError:
        return None
    if polygons is None:
        return CLOSED
    return dump([as_json(one) for one in polygons]) if polygons else ""


def load(text: str) -> object:
    """JSON. Raises ``ValueError``, for what is nested too deeply too."""
    try:
        value: object = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def dump(value: Sequence[object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
