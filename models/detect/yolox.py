"""YOLOX-Nano: a picture into its input, its output into boxes.

Source: Ge et al. 2021, arXiv:2107.08430; strides and order as in the ONNX files of Megvii-BaseDetection/YOLOX 0.1.1rc0.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from models.detect.boxes import DOG, PERSON, Candidate, Floats, bgr, candidates, grid
from models.detect.confidence import Scale
from models.detect.detector import Picture

SIDE = 416
STRIDES = (8, 16, 32)
PAD = 114  # grey of the unused part of the square
OVERLAP = 0.6
SCALES = {PERSON: Scale(0.35, 2.2), DOG: Scale(0.25, 2.5)}
OTHER = Scale(0.3, 2.3)

_CELLS, _STEPS = grid(SIDE, STRIDES)


def prepare(picture: Picture) -> dict[str, Floats]:
    """(1, 3, 416, 416) BGR 0–255: the picture in the upper left, its shape kept, the rest grey."""
    scale = min(SIDE / picture.width, SIDE / picture.height)
    width, height = int(picture.width * scale), int(picture.height * scale)
    square = np.full((SIDE, SIDE, 3), PAD, np.uint8)
    square[:height, :width] = bgr(picture, width, height, cv2.INTER_LINEAR)
    return {"images": np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32)}


def decode(outputs: Sequence[Floats], picture: Picture, classes: dict[int, float]) -> list[Candidate]:
    """Objects whose score reaches ``classes[class]``.

    Args:
        outputs: one array (1, 3549, 85): x, y (cells), w, h (logarithms), objectness and 80 class scores (0–1); 3549
            is the sum of (416 / stride)² over ``STRIDES``.
        picture: what it was made of; boxes come in its pixels.

    Raises:
        ValueError: the output is not that of this network.
    """
    rows = outputs[0]
    if rows.shape != (1, len(_CELLS), 85):
        raise ValueError(f"the model gave {rows.shape}, not (1, {len(_CELLS)}, 85)")
    raw = rows[0]
    scores = raw[:, 4:5] * raw[:, 5:]
    centre = (raw[:, :2] + _CELLS) * _STEPS
    half = np.exp(np.minimum(raw[:, 2:4], 10)) * _STEPS * np.float32(0.5)
    scale = min(SIDE / picture.width, SIDE / picture.height)
    boxes = (np.concatenate([centre - half, centre + half], 1) / scale).astype(np.float32)
    return candidates(boxes, scores, classes, (picture.width, picture.height), OVERLAP)
