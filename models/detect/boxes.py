"""Boxes in pixels: overlap, suppression, and the planes of a picture as a network's input."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detect.detector import Picture
from models.media.i420 import CHROMA_TO_FULL_RANGE, LUMA_TO_FULL_RANGE

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels

PERSON, DOG = 0, 16  # in COCO's order of 80 classes


@dataclass(frozen=True, slots=True)
class Candidate:
    """One object in one picture; the box is x1, y1, x2, y2 in pixels of the picture, inside of it."""

    coco_class: int
    score: float
    box: Box


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union, 0–1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def suppress(boxes: Floats, scores: Floats, limit: float) -> list[int]:
    """Greedy non-maximum suppression: rows of ``boxes`` (n, 4) to keep, best first, none overlapping by > ``limit``."""
    order = [int(row) for row in scores.argsort()[::-1]]
    keep: list[int] = []
    for row in order:
        box = tuple(float(value) for value in boxes[row])
        if all(overlap(box, tuple(float(value) for value in boxes[kept])) <= limit for kept in keep):
            keep.append(row)
    return keep


def candidates(
    boxes: Floats, scores: Floats, classes: dict[int, float], size: tuple[int, int], limit: float
) -> list[Candidate]:
    """Suppressed objects of the wanted classes.

    Args:
        boxes: (n, 4) x1, y1, x2, y2 in pixels of the picture.
        scores: (n, 80) of each class, 0–1.
        classes: COCO class → lowest score.
        size: width and height of the picture, to which boxes are cut.
    """
    found: list[Candidate] = []
    right, bottom = size
    for coco_class, lowest in classes.items():
        rows = np.flatnonzero(scores[:, coco_class] >= lowest)
        cut = boxes[rows].clip((0, 0, 0, 0), (right, bottom, right, bottom))
        for row in suppress(cut, scores[rows, coco_class], limit):
            x1, y1, x2, y2 = (float(value) for value in cut[row])
            if x2 > x1 and y2 > y1:
                found.append(Candidate(coco_class, float(scores[rows[row], coco_class]), (x1, y1, x2, y2)))
    return found


def grid(side: int, strides: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Cells of all strides, row by row: (n, 2) x and y in cells, and (n, 1) the stride of each."""
    cells, steps = [], []
    for stride in strides:
        n = -(-side // stride)
        y, x = np.mgrid[0:n, 0:n]
        cells.append(np.stack([x.ravel(), y.ravel()], 1))
        steps.append(np.full((n * n, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(steps).astype(np.float32)


def bgr(picture: Picture, width: int, height: int, interpolation: int) -> NDArray[np.uint8]:
    """The picture as (height, width, 3) BGR, BT.601. Planes are resized first: three small ones beat one large one."""
    y, u, v = (
        cv2.resize(plane, (width, height), interpolation=interpolation)
        for plane in (picture.luma, picture.u, picture.v)
    )
    if not picture.full_range:
        y, u, v = cv2.LUT(y, LUMA_TO_FULL_RANGE), cv2.LUT(u, CHROMA_TO_FULL_RANGE), cv2.LUT(v, CHROMA_TO_FULL_RANGE)
    converted: NDArray[np.uint8] = cv2.cvtColor(cv2.merge((y, v, u)), cv2.COLOR_YCrCb2BGR)
    return converted
