"""Zones: where in the picture motion (pixels of the mask) and people (position of the feet) count.

Motion is counted in ``ROWS`` × ``COLUMNS`` cells of the picture; a cell belongs to a zone if its middle does.
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.detect.boxes import Box
from models.polygons import Point, Polygon, contains, turned
from models.zones import Zone

ROWS, COLUMNS = 18, 32
CELLS = ROWS * COLUMNS
Cells = NDArray[np.int32]  # (CELLS,), row by row
Chosen = NDArray[np.bool_]  # (CELLS,)
PART = 0.2  # of what moves: enough to name a zone


def cells(mask: NDArray[np.bool_]) -> Cells:
    """How many pixels of the mask are set in each cell."""
    if not mask.any():  # most pictures
        return np.zeros(CELLS, np.int32)
    return np.bincount(_cell_of(*mask.shape)[mask], minlength=CELLS).astype(np.int32)


@lru_cache(maxsize=4)
def _cell_of(height: int, width: int) -> NDArray[np.intp]:
    """The cell of each pixel."""
    rows, columns = np.arange(height) * ROWS // height, np.arange(width) * COLUMNS // width
    return rows[:, None] * COLUMNS + columns


def cells_in(polygon: Polygon) -> Chosen:
    middles = (((column + 0.5) / COLUMNS, (row + 0.5) / ROWS) for row in range(ROWS) for column in range(COLUMNS))
    return np.fromiter((contains(polygon, middle) for middle in middles), np.bool_, CELLS)


def feet(box: Box, size: tuple[int, int]) -> Point:
    """The position where a person stands, in fractions of the picture."""
    x1, _, x2, y2 = box
    width, height = size
    return (x1 + x2) / 2 / width, min(y2 / height, 1 - 1e-6)


class Fence:
    """The zones of one kind of detection, in the picture as it is shown."""

    def __init__(self, zones: Iterable[Zone], kind: str, rotation: int) -> None:
        mine = [(zone, turned(zone.points, rotation)) for zone in zones if zone.holds_for(kind)]
        self._inner = [points for zone, points in mine if zone.mode == "in"]
        self._outer = [points for zone, points in mine if zone.mode == "out"]
        self._named = [(zone.name, points) for zone, points in mine if zone.mode != "out"]
        self._cells_named: list[tuple[str, Chosen]] = []
        self._chosen: Chosen | None = None

    def allows(self, point: Point) -> bool:
        inside = not self._inner or any(contains(points, point) for points in self._inner)
        return inside and not any(contains(points, point) for points in self._outer)

    def names(self, point: Point) -> list[str]:
        return [name for name, points in self._named if contains(points, point)]

    @property
    def chosen(self) -> Chosen:
        """The cells in which motion counts."""
        if self._chosen is None:
            chosen = np.full(CELLS, not self._inner)
            for points in self._inner:
                chosen |= cells_in(points)
            for points in self._outer:
                chosen &= ~cells_in(points)
            self._chosen = chosen
            self._cells_named = [(name, cells_in(points)) for name, points in self._named]
        return self._chosen

    def names_of(self, counts: Cells) -> list[str]:
        """The zones that hold a good part of what moves where it counts."""
        counted = np.where(self.chosen, counts, 0)
        least = max(1.0, PART * float(counted.sum()))
        return [name for name, part in self._cells_named if counted[part].sum() >= least]
