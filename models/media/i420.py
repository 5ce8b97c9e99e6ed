"""Planar 4:2:0 pictures: the arithmetic between a source's planes and the ``frames`` ring.

A flat I420 buffer is Y (height×width), then U and V (height/2 × width/2 each), uint8, without padding; both sides even.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class Picture:
    """Three planes as a decoder left them. Chroma may be finer than 4:2:0; ``full_range``: luma 0–255, else 16–235.

    ``stand_in``: there is no camera; nothing is to be looked for in it.
    """

    y: Plane
    u: Plane
    v: Plane
    pts: int  # CLOCK_MONOTONIC ns
    full_range: bool
    stand_in: bool = False

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])


def even(value: float) -> int:
    """The even number at or below ``value``, at least 2."""
    return max(2, int(value) // 2 * 2)


def size_of(width: int, height: int) -> int:
    """Bytes of a flat I420 picture."""
    return width * height * 3 // 2


def planes(flat: Plane, width: int, height: int) -> tuple[Plane, Plane, Plane]:
    """Views of the three planes of a flat buffer."""
    luma, chroma = width * height, width * height // 4
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(height // 2, width // 2),
        flat[luma + chroma : luma + 2 * chroma].reshape(height // 2, width // 2),
    )


def turned(width: int, height: int, rotation: int) -> tuple[int, int]:
    """The size after a clockwise rotation by 0, 90, 180 or 270 degrees."""
    return (height, width) if rotation in (90, 270) else (width, height)


def write(picture: Picture, flat: Plane, width: int, height: int, rotation: int) -> None:
    """Scale to ``width``×``height``, turn clockwise, and fill ``flat``, which has the size of the turned picture."""
    outputs = planes(flat, *turned(width, height, rotation))
    sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
    for source, target, size in zip((picture.y, picture.u, picture.v), outputs, sizes, strict=True):
        _fit(source, target, size, rotation)


def _fit(source: Plane, target: Plane, size: tuple[int, int], rotation: int) -> None:
    plain = (source.shape[1], source.shape[0]) == size
    if rotation == 0:
        if plain:
            np.copyto(target, source)
        else:
            cv2.resize(source, size, dst=target, interpolation=_filter(source, size))
        return
    scaled = source if plain else cv2.resize(source, size, interpolation=_filter(source, size))
    cv2.rotate(scaled, _TURNS[rotation], dst=target)


def _filter(source: Plane, size: tuple[int, int]) -> int:
    return cv2.INTER_AREA if source.shape[0] > size[1] else cv2.INTER_LINEAR


# For each value of the limited range (BT.601: 16–235, chroma 16–240) that of the full one.
LUMA_TO_FULL_RANGE = np.clip((np.arange(256) - 16) * 255 / 219 + 0.5, 0, 255).astype(np.uint8)
CHROMA_TO_FULL_RANGE = np.clip((np.arange(256) - 128) * 255 / 224 + 128.5, 0, 255).astype(np.uint8)


def to_full_range(flat: Plane, width: int, height: int) -> Plane:
    """A copy with luma and chroma stretched from 16–235/240 to 0–255: JPEG knows nothing else (JFIF 1.02)."""
    result = np.empty_like(flat)
    luma = width * height
    result[:luma] = cv2.LUT(flat[:luma], LUMA_TO_FULL_RANGE).reshape(-1)
    result[luma:] = cv2.LUT(flat[luma:], CHROMA_TO_FULL_RANGE).reshape(-1)
    return result
