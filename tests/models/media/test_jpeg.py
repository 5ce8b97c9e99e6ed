"""JPEGs as cameras send them."""

import numpy as np
import pytest
import simplejpeg
from hypothesis import example, given
from hypothesis import strategies as st

from actors.shared.media.jpeg import STANDARD_TABLES
from models.media.jpeg import Splitter, jpeg_size, whole

PICTURES = [
    simplejpeg.encode_jpeg(np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8), 80) for seed in range(4)
]
HALF = PICTURES[3][:300]
BETWEEN = [b"--frame\r\nContent-Length: 3\r\n\r\n", b"\0\xff", HALF]


@pytest.mark.parametrize("tail", [b"", b"\0" * 4000, b"\r\n--frame", PICTURES[1][50:]])
def test_what_a_driver_leaves_behind_a_picture_is_cut_off(tail: bytes) -> None:
    assert whole(PICTURES[0] + tail, STANDARD_TABLES) == PICTURES[0]


def test_a_picture_without_an_end_or_a_scan_is_none() -> None:
    assert whole(PICTURES[0][:-2], STANDARD_TABLES) == whole(b"\xff\xd8\xff\xd9", STANDARD_TABLES) == b""
    assert jpeg_size(PICTURES[0]) == (32, 24)
    assert jpeg_size(b"\xff\xd8") is None


@example([HALF, b"\0\xff", b"\0\xff", PICTURES[0]], 1)  # the cut-off table ends where one of the next picture does
@given(
    st.lists(st.sampled_from([*PICTURES, b"--frame\r\nContent-Length: 3\r\n\r\n", b"\0\xff", HALF]), max_size=9),
    st.integers(1, 700),
)
def test_pictures_are_found_whatever_stands_between_them_and_however_they_arrive(parts: list[bytes], step: int) -> None:
    splitter, found = Splitter(100_000), []
    stream = b"".join(parts)
    for at in range(0, len(stream), step):
        found += splitter.feed(stream[at : at + step])
    truncated = parts.count(HALF)
    expected = [part for part in parts if part in PICTURES]
    assert set(found) <= set(PICTURES)
    assert len(expected) - truncated <= len(found) <= len(expected)


def test_a_picture_that_never_ends_is_given_up() -> None:
    splitter = Splitter(2000)
    assert splitter.feed(PICTURES[0][:-2] + b"\x11" * 3000) == []
    assert splitter.feed(PICTURES[1]) == [PICTURES[1]]
    assert splitter.left_out == 1
