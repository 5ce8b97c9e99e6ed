"""Where to look again: blobs, squares, and what a cut leaves over."""

import numpy as np
import pytest

from models.detect.regions import LARGEST, MOST, SMALLEST, blobs, choose, cut, cut_off, inside, share
from tests.models.detect.samples import picture

WIDTH, HEIGHT = 1280, 720


def mask(*boxes: tuple[int, int, int, int]) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    made = np.zeros((180, 320), np.bool_)
    for x1, y1, x2, y2 in boxes:
        made[y1:y2, x1:x2] = True
    return made


def test_blobs_are_in_pixels_of_the_picture_and_largest_first() -> None:
    found = blobs(mask((10, 20, 20, 40), (100, 100, 140, 150), (300, 5, 302, 7)), WIDTH, HEIGHT)
    assert found == [(400, 400, 560, 600), (40, 80, 80, 160)]
    assert blobs(mask(), WIDTH, HEIGHT) == []


def test_parts_of_one_thing_are_one() -> None:
    assert len(blobs(mask((50, 50, 60, 60), (50, 63, 60, 80)), WIDTH, HEIGHT)) == 1


@pytest.mark.parametrize("at", [(0, 0), (640, 360), (1240, 640)])
def test_a_region_is_a_square_with_room_inside_the_picture(at: tuple[int, int]) -> None:
    x, y = at
    [(x1, y1, x2, y2)] = choose([(x, y, x + 40, y + 80)], WIDTH, HEIGHT)
    assert x2 - x1 == y2 - y1 == SMALLEST * WIDTH
    assert 0 <= x1 <= x
    assert x + 40 <= x2 <= WIDTH
    assert 0 <= y1 <= y
    assert y + 80 <= y2 <= HEIGHT


def test_neighbours_share_a_region() -> None:
    assert len(choose([(100, 100, 140, 180), (200, 110, 240, 190)], WIDTH, HEIGHT)) == 1
    assert len(choose([(100, 100, 140, 180), (1000, 110, 1040, 190)], WIDTH, HEIGHT)) == 2


def test_what_is_large_is_not_looked_at_again() -> None:
    assert choose([(0, 0, LARGEST * WIDTH, 700)], WIDTH, HEIGHT) == []


def test_many_take_turns() -> None:
    wanted = [(x, y, x + 20, y + 40) for x in (0.0, 620.0, 1250.0) for y in (0.0, 670.0)]
    looked = [choose(wanted, WIDTH, HEIGHT, turn) for turn in range(10)]
    assert all(len(regions) == MOST for regions in looked)
    assert len({regions[1] for regions in looked}) == len(wanted) - 1


def test_a_cut_is_that_part_of_all_planes() -> None:
    luma = np.arange(100 * 200, dtype=np.uint32).reshape(100, 200).astype(np.uint8)
    part = cut(picture(luma), (20, 10, 61, 51))
    assert (part.width, part.height) == (40, 40)
    assert part.u.shape == part.v.shape == (20, 20)
    assert part.luma[0, 0] == luma[10, 20]


def test_what_the_cut_cut_off() -> None:
    region = (100.0, 0.0, 400.0, 300.0)
    assert cut_off((99, 50, 150, 100), region, WIDTH, HEIGHT)
    assert cut_off((300, 250, 350, 300), region, WIDTH, HEIGHT)
    assert not cut_off((200, 0, 250, 100), region, WIDTH, HEIGHT)  # the picture ends there too
    assert not cut_off((200, 50, 250, 100), region, WIDTH, HEIGHT)


def test_shares() -> None:
    assert share(mask((0, 0, 10, 20)), (0, 0, 80, 80), WIDTH, HEIGHT) == pytest.approx(0.5)
    assert share(mask(), (1279, 719, 1280, 720), WIDTH, HEIGHT) == 0
    assert share(mask(), (2000, 0, 2100, 10), WIDTH, HEIGHT) == 0
    assert inside((0, 0, 10, 10), (5, 0, 100, 100)) == pytest.approx(0.5)
    assert inside((0, 0, 10, 10), (20, 0, 100, 100)) == 0
