"""What a camera asks a pool and what the pool answers, as bytes. Neither believes the other: everything is checked.

``POST /v1/pictures``: one line of JSON (``{"lowest": {"person": 42}, "sizes": [31000, 9000]}``), then the JPEGs. The
answer names the network, what its scores mean (``Scale``, for each class that it knows), and the boxes of each
picture, as fractions of it. ``POST /v1/sound?networks=yamnet,mn04_as``: samples, s16le mono 16 kHz; the answer is each
network's own scores.
"""

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.detect.confidence import Scale
from models.detect.remote_sightings import Lowest, Seen, Sights
from models.pool import limits

PICTURES_PATH, SOUND_PATH = "/v1/pictures", "/v1/sound"

Floats = NDArray[np.float32]


class WireError(ValueError):
    """What the other side sent cannot be used; the text says why."""


# -------------------------------------------------------------------- pictures
def pictures_question(jpegs: Sequence[bytes], lowest: Lowest) -> bytes:
    head = {"lowest": dict(lowest), "sizes": [len(jpeg) for jpeg in jpegs]}
    return b"".join([json.dumps(head).encode(), b"\n", *jpegs])


def read_pictures_question(body: bytes) -> tuple[tuple[bytes, ...], dict[str, float]]:
    """JPEGs (not looked into) and lowest confidences. Raises WireError."""
    head, newline, _ = body[: limits.HEAD_BYTES].partition(b"\n")
    if not newline:
        raise WireError("there is no head")
    said = _object(head)
    lowest, sizes = said.get("lowest"), said.get("sizes")
    if not isinstance(lowest, dict) or not 1 <= len(lowest) <= limits.OBJECTS:
        raise WireError("the head names no classes")
    if not isinstance(sizes, list) or not 1 <= len(sizes) <= limits.PICTURES:
        raise WireError(f"there are not 1 to {limits.PICTURES} pictures")
    if not all(type(size) is int and 0 < size <= limits.PICTURE_BYTES for size in sizes):
        raise WireError("the pictures are empty or too large")
    at = len(head) + 1
    if at + sum(sizes) != len(body):
        raise WireError("the pictures are not as long as the head says")
    jpegs = []
    for size in sizes:
        jpegs.append(body[at : at + size])
        at += size
    return tuple(jpegs), {_name(kind): _number(value, 0, 100) for kind, value in lowest.items()}


def pictures_answer(sights: Sights) -> bytes:
    scales = {kind: [scale.tuned, scale.k] for kind, scale in sights.scales.items()}
    found = [
        [[one.kind, round(one.score, 5), *(round(side, 5) for side in one.box)] for one in picture[: limits.OBJECTS]]
        for picture in sights.pictures
    ]
    return json.dumps({"network": sights.network, "scales": scales, "pictures": found}).encode()


def read_pictures_answer(body: bytes, pictures: int, wanted: Lowest) -> Sights:
    """Raises WireError: it is no answer to ``pictures`` pictures, or a class that was asked for is not known there."""
    said = _object(body)
    network, scales, found = _name(said.get("network")), said.get("scales"), said.get("pictures")
    if not isinstance(scales, dict) or len(scales) > limits.OBJECTS:
        raise WireError("it does not say what its scores mean")
    if missing := [kind for kind in wanted if kind not in scales]:
        raise WireError(f"its network {network} does not know {missing[0]}")
    if not isinstance(found, list) or len(found) != pictures:
        raise WireError("it is about other pictures")
    meanings = {kind: _scale(scales[kind]) for kind in wanted}
    return Sights(network, meanings, tuple(_picture(one, meanings) for one in found))


def _scale(said: object) -> Scale:
    if not isinstance(said, list) or len(said) != 2:
        raise WireError("it does not say what its scores mean")
    return Scale(_number(said[0], 0.001, 0.999), _number(said[1], 0.1, 100))


def _picture(said: object, kinds: Mapping[str, Scale]) -> tuple[Seen, ...]:
    if not isinstance(said, list) or len(said) > limits.OBJECTS:
        raise WireError("it sees too much")
    return tuple(_seen(row) for row in said if isinstance(row, list) and row[:1] and _name(row[0]) in kinds)


def _seen(row: list[object]) -> Seen:
    if len(row) != 6:
        raise WireError("a box is not one")
    score, x1, y1, x2, y2 = (_number(value, 0, 1) for value in row[1:])
    if not (x1 < x2 and y1 < y2):
        raise WireError("a box is empty")
    return Seen(_name(row[0]), score, (x1, y1, x2, y2))


# -------------------------------------------------------------------- sound
def sound_answer(scores: Mapping[str, Floats]) -> bytes:
    return json.dumps({name: [round(float(one), 5) for one in row] for name, row in scores.items()}).encode()


def read_sound_answer(body: bytes, classes: Mapping[str, int]) -> dict[str, Floats]:
    """``classes``: how many scores each network that was asked gives. Raises WireError."""
    said = _object(body)
    scores: dict[str, Floats] = {}
    for name, count in classes.items():
        row = said.get(name)
        if not isinstance(row, list) or len(row) != count:
            raise WireError(f"it has not the {count} scores of {name}")
        scores[name] = np.array([_number(one, -1e4, 1e4) for one in row], np.float32)
    return scores


# -------------------------------------------------------------------- both
def _object(text: bytes) -> dict[str, object]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("it is not JSON") from None
    if not isinstance(said, dict):
        raise WireError("it is not a JSON object")
    return said


def _name(said: object) -> str:
    if not isinstance(said, str) or not 0 < len(said) <= limits.NAME_LENGTH or not said.isprintable():
        raise WireError("a name is not one")
    return said


def _number(said: object, low: float, high: float) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not low <= said <= high or math.isnan(said):
        raise WireError(f"a number is not between {low} and {high}")
    return float(said)
