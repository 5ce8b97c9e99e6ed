"""Where to look a second time: the parts of a picture in which something small moves, or was last seen.

The network sees a picture shrunk to its own size, in which somebody far away is a few pixels high. A region is cut out
around what moves, with room for all of it, and shown to the same network as large as the whole picture was.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from models.detect.boxes import Box
from models.detect.detector import Picture
from models.detect.foreground import Mask

MOST = 2  # regions a picture
ROOM = 1.25  # a region's side, in sides of what is in it
SMALLEST, LARGEST = 0.25, 0.75  # a region's side, in the picture's longer sides; larger ones would show nothing more
JOIN = np.ones((7, 7), np.uint8)  # pixels of the mask: parts that are nearer belong together
SPECKS = 24  # pixels of the mask; what a smaller box holds is not looked at
BLOBS = 16  # the largest ones are considered


def blobs(mask: Mask, width: int, height: int) -> list[Box]:
    """Boxes of what is set in a mask, largest first, in pixels of a picture of ``width`` × ``height``."""
    joined = cv2.dilate(mask.view(np.uint8), JOIN)
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    across, down = width / mask.shape[1], height / mask.shape[0]
    margin = JOIN.shape[0] // 2
    found = []
    for x, y, w, h, _ in sorted(stats[1:].tolist(), key=lambda row: -row[4])[:BLOBS]:
        if (w - 2 * margin) * (h - 2 * margin) >= SPECKS:
            box = (x + margin, y + margin, x + w - margin, y + h - margin)
            found.append((box[0] * across, box[1] * down, box[2] * across, box[3] * down))
    return found


def choose(wanted: Iterable[Box], width: int, height: int, turn: int = 0) -> list[Box]:
    """At most ``MOST`` squares inside the picture (or as wide or high as it is), the first of ``wanted`` first.

    What is near each other shares one. Where there are more, ``turn`` says which of the others has its turn.
    """
    longer = max(width, height)
    groups: list[Box] = []
    for box in wanted:
        if _side(box, longer) > LARGEST * longer:
            continue
        for index, group in enumerate(groups):
            both = _around(box, group)
            if _side(both, longer) <= max(LARGEST * longer / 2, _side(group, longer)):
                groups[index] = both
                break
        else:
            groups.append(box)
    if len(groups) > MOST:
        rest = groups[MOST - 1 :]
        groups = [*groups[: MOST - 1], rest[turn % len(rest)]]
    return [_square(group, width, height) for group in groups]


def cut(picture: Picture, region: Box) -> Picture:
    """The part of the picture, without copying; corners lie on even pixels."""
    x1, y1, x2, y2 = (int(value) // 2 * 2 for value in region)
    luma = picture.luma[y1:y2, x1:x2]
    u, v = (plane[y1 // 2 : y2 // 2, x1 // 2 : x2 // 2] for plane in (picture.u, picture.v))
    return Picture(luma, u, v, picture.pts, picture.wall, picture.full_range)


def cut_off(box: Box, region: Box, width: int, height: int) -> bool:
    """Whether a box (pixels of the picture) ends where the region ends and the picture does not."""
    near = 0.01 * (region[2] - region[0])
    inner = (region[0] > 0, region[1] > 0, region[2] < width - 1, region[3] < height - 1)
    return any(within and abs(side - edge) <= near for within, side, edge in zip(inner, box, region, strict=True))


def share(mask: Mask, box: Box, width: int, height: int) -> float:
    """Part of the box that is set in the mask, 0–1."""
    across, down = mask.shape[1] / width, mask.shape[0] / height
    x1, y1 = int(box[0] * across), int(box[1] * down)
    x2, y2 = max(x1 + 1, round(box[2] * across)), max(y1 + 1, round(box[3] * down))
    return float(mask[y1:y2, x1:x2].mean()) if mask[y1:y2, x1:x2].size else 0.0


def _side(box: Box, longer: int) -> float:
    return max(ROOM * max(box[2] - box[0], box[3] - box[1]), SMALLEST * longer)


def _around(a: Box, b: Box) -> Box:
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def _square(box: Box, width: int, height: int) -> Box:
    side = _side(box, max(width, height))
    spans: list[tuple[float, float]] = []
    for low, high, size in ((box[0], box[2], width), (box[1], box[3], height)):
        length = min(side, size)
        start = min(max((low + high - length) / 2, 0), size - length)
        spans.append((start // 2 * 2, (start + length) // 2 * 2))
    (x1, x2), (y1, y2) = spans
    return (x1, y1, x2, y2)


def inside(a: Box, b: Box) -> float:
    """How much of the smaller box lies in the other, 0–1."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return width * height / max(smaller, 1e-9)
