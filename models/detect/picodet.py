"""PicoDet-S 416: better on dogs than YOLOX-Nano, and slower.

Source: Yu et al. 2021, arXiv:2111.00902 (distances as distributions over 8 bins); files of PaddleDetection's export.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from models.detect.boxes import DOG, PERSON, Candidate, Floats, bgr, candidates, grid
from models.detect.confidence import Scale
from models.detect.detector import Picture

SIDE = 416
STRIDES = (8, 16, 32, 64)
BINS = 8
OVERLAP = 0.6
MEAN = np.array([123.675, 116.28, 103.53], np.float32)  # R, G, B of ImageNet
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)
SCALES = {PERSON: Scale(0.45, 1.6), DOG: Scale(0.45, 1.6)}
OTHER = Scale(0.45, 1.6)

_CELLS, _STEPS = grid(SIDE, STRIDES)
_BIN = np.arange(BINS, dtype=np.float32)


def prepare(picture: Picture) -> dict[str, Floats]:
    """(1, 3, 416, 416) RGB, normalised; stretched to the square."""
    rgb = bgr(picture, SIDE, SIDE, cv2.INTER_CUBIC)[..., ::-1].astype(np.float32)
    return {"image": np.ascontiguousarray(((rgb - MEAN) / DEVIATION).transpose(2, 0, 1)[None])}


def decode(outputs: Sequence[Floats], picture: Picture, classes: dict[int, float]) -> list[Candidate]:
    """Objects whose score reaches ``classes[class]``.

    Args:
        outputs: four arrays (1, n, 80) of class scores and four (1, n, 32) of distances: 8 bins for each of left, top,
            right, bottom, in units of the stride from the cell's middle.
        picture: what it was made of; boxes come in its pixels.

    Raises:
        ValueError: the outputs are not those of this network.
    """
    levels = len(STRIDES)
    if len(outputs) != 2 * levels or any(output.ndim != 3 for output in outputs):
        raise ValueError(f"the model gave {len(outputs)} outputs, not {2 * levels}")
    scores = np.concatenate([output[0] for output in outputs[:levels]])
    bins = np.concatenate([output[0] for output in outputs[levels:]])
    if scores.shape != (len(_CELLS), 80) or bins.shape != (len(_CELLS), 4 * BINS):
        raise ValueError(f"the model gave {scores.shape} and {bins.shape}")
    likely = np.flatnonzero(np.any([scores[:, c] >= lowest for c, lowest in classes.items()], axis=0))
    boxes = _boxes(bins[likely], likely)
    boxes[:, 0::2] *= picture.width / SIDE
    boxes[:, 1::2] *= picture.height / SIDE
    return candidates(boxes, scores[likely], classes, (picture.width, picture.height), OVERLAP)


def _boxes(bins: Floats, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """(n, 4) in pixels of the square: the expected distance to each side."""
    weights = np.exp((grouped := bins.reshape(len(rows), 4, BINS)) - grouped.max(2, keepdims=True))
    weights /= weights.sum(2, keepdims=True)
    distance = (weights * _BIN).sum(2) * _STEPS[rows]
    centre = (_CELLS[rows] + np.float32(0.5)) * _STEPS[rows]
    return np.concatenate([centre - distance[:, :2], centre + distance[:, 2:]], 1)
