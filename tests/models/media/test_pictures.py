"""Pixels: rotation, scaling, ranges, the test pattern, and JPEG repair."""

import cv2
import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from actors.shared.media import jpeg
from models.media import i420, test_picture
from models.media import jpeg as jpeg_format


def picture(width: int, height: int) -> i420.Picture:
    flat = np.random.default_rng(1).integers(0, 255, i420.size_of(width, height), np.uint8)
    return i420.Picture(*i420.planes(flat, width, height), pts=5, full_range=False)


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (90, -1), (180, 2), (270, 1)])
def test_rotation_is_clockwise(rotation: int, turns: int) -> None:
    source = picture(64, 48)
    width, height = i420.turned(64, 48, rotation)
    flat = np.empty(i420.size_of(width, height), np.uint8)
    i420.write(source, flat, 64, 48, rotation)
    for plane, original in zip(i420.planes(flat, width, height), (source.y, source.u, source.v), strict=True):
        assert np.array_equal(plane, np.rot90(original, turns))


def test_scaling_and_finer_chroma() -> None:
    y = np.full((100, 200), 77, np.uint8)
    source = i420.Picture(y, np.full((100, 200), 90, np.uint8), np.full((100, 100), 140, np.uint8), 0, True)
    flat = np.empty(i420.size_of(100, 50), np.uint8)
    i420.write(source, flat, 100, 50, 0)
    assert [set(plane.reshape(-1)) for plane in i420.planes(flat, 100, 50)] == [{77}, {90}, {140}]


def test_limited_range_is_stretched_for_jpeg() -> None:
    flat = np.concatenate((np.full(64 * 64, 235, np.uint8), np.full(64 * 32, 128, np.uint8)))
    white = cv2.imdecode(np.frombuffer(jpeg.encode(flat, 64, 64, 95, full_range=False), np.uint8), cv2.IMREAD_COLOR)
    assert white.min() >= 254
    flat[: 64 * 64] = 16
    black = cv2.imdecode(np.frombuffer(jpeg.encode(flat, 64, 64, 95, full_range=False), np.uint8), cv2.IMREAD_COLOR)
    assert black.max() <= 1


def drawn(counter: int) -> NDArray[np.uint8]:
    flat = np.empty(i420.size_of(640, 360), np.uint8)
    test_picture.draw(flat, 640, 360, counter, 1_700_000_000_123_456_789)
    return flat


def test_pattern_moves() -> None:
    assert not np.array_equal(drawn(1), drawn(2))
    assert np.array_equal(drawn(1), drawn(1))


def without_tables(data: bytes) -> bytes:
    cut = [(begin, end) for marker, begin, end in jpeg_format.segments(data) if marker == jpeg_format.DHT]
    for begin, end in reversed(cut):
        data = data[:begin] + data[end:]
    return data


def test_a_camera_that_sends_no_huffman_tables_is_helped() -> None:
    flat = drawn(3)
    whole = jpeg.encode(flat, 640, 360, 80, full_range=True)
    bare = without_tables(whole)
    assert not jpeg_format.huffman_tables(bare)
    mended = jpeg_format.whole(bare, jpeg.STANDARD_TABLES)
    assert np.array_equal(simplejpeg.decode_jpeg(mended), simplejpeg.decode_jpeg(whole))
    assert jpeg_format.whole(whole, jpeg.STANDARD_TABLES) is whole


@given(st.binary(max_size=200))
def test_noise_is_no_jpeg(data: bytes) -> None:
    assert data[:2] == jpeg_format.SOI or jpeg_format.whole(data, b"") == b""
    jpeg_format.whole(b"\xff\xd8\xff" + data, jpeg.STANDARD_TABLES)
