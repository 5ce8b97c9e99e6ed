"""The privacy mask: its areas are painted over in a flat I420 picture before any process can read the picture.

Whole blocks of 2 × 2 pixels are covered, so that no chroma sample is shared with what may be seen; inner holes of a
polygon that crosses itself are covered too.
"""

import cv2
import numpy as np

from models.media.i420 import Plane, planes
from models.polygons import Polygon, read_mask, turned

BLACK, GREY = 16, 128  # luma and chroma of what is painted


class PrivacyMask:
    """``text``: the setting ``privacyMask``. Raises ``ValueError`` for what is no mask."""

    def __init__(self, text: str = "") -> None:
        polygons = read_mask(text)
        self.closed = polygons is None
        self._polygons = polygons or ()
        self._shape = (0, 0, 0)
        self._stencils: tuple[_Stencil, ...] = ()  # of luma and of chroma

    @property
    def on(self) -> bool:
        return self.closed or bool(self._polygons)

    def paint(self, flat: Plane, width: int, height: int, rotation: int) -> None:
        """Cover it in ``flat``, a picture of ``width`` × ``height`` that has been turned by ``rotation`` already."""
        if not self.on:
            return
        if self._shape != (width, height, rotation):
            coarse = self._covered(width // 2, height // 2, rotation)
            fine = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)
            self._stencils = (_Stencil(fine, BLACK), _Stencil(coarse, GREY), _Stencil(coarse, GREY))
            self._shape = (width, height, rotation)
        for stencil, plane in zip(self._stencils, planes(flat, width, height), strict=True):
            stencil.paint(plane)

    def _covered(self, width: int, height: int, rotation: int) -> Plane:
        """255 in every pixel of a chroma plane that is covered, 0 elsewhere."""
        if self.closed:
            return np.full((height, width), 255, np.uint8)
        covered = np.zeros((height, width), np.uint8)
        for polygon in self._polygons:
            covered |= _filled(turned(polygon, rotation), width, height)
        return covered


class _Stencil:
    """Paints where ``covered`` is 255, touching no pixel outside its bounding box."""

    def __init__(self, covered: Plane, colour: int) -> None:
        left, top, width, height = cv2.boundingRect(covered)
        self._box = slice(top, top + height), slice(left, left + width)
        self._kept = np.ascontiguousarray(255 - covered[self._box])
        self._paint = np.where(self._kept, 0, colour).astype(np.uint8)

    def paint(self, plane: Plane) -> None:
        if self._kept.size:
            part = plane[self._box]
            cv2.bitwise_and(part, self._kept, dst=part)
            cv2.bitwise_or(part, self._paint, dst=part)


def _filled(polygon: Polygon, width: int, height: int) -> Plane:
    """255 in every pixel that the polygon touches, and in the next one: no edge is rounded away."""
    corners = np.array([(round(x * width), round(y * height)) for x, y in polygon], np.int32)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [corners], 255)
    outlines, _ = cv2.findContours(canvas, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, outlines, -1, 255, cv2.FILLED)
    return np.asarray(cv2.dilate(canvas, np.ones((3, 3), np.uint8)), np.uint8)
