"""When a clip begins, how long it goes on, where it is cut, and what the store in memory holds."""

import pytest

from models.clips import NS, Course, Frame, GroupStore, Sound, begin_at, stretches
from models.media.fmp4 import Picture

PICTURE = Picture((b"\x67\x42\xc0\x1f",), (b"\x68\xce",), 64, 48)
SECOND = range(10)  # pictures


def store(keep_s: float = 8, budget: int = 1 << 20, seconds: int = 0, group_s: int = 1, size: int = 10) -> GroupStore:
    made = GroupStore(budget, int(keep_s * NS), PICTURE)
    feed(made, 0, seconds, group_s, size)
    return made


def feed(made: GroupStore, begin: int, end: int, group_s: int = 1, size: int = 10) -> None:
    for second in range(begin, end):
        for tenth in SECOND:
            pts = second * NS + tenth * NS // 10
            made.sounds.append(Sound(pts, b"aac"))
            made.add(Frame(pts, pts, second % group_s == 0 and tenth == 0, b"x" * size))


@pytest.mark.parametrize(
    ("group_s", "asked_s", "first_s"),
    [
        pytest.param(1, 12.3, 12, id="the IDR before"),
        pytest.param(1, 12.0, 12, id="the IDR at that moment"),
        pytest.param(1, 3.0, 11, id="the oldest where that is gone"),
        pytest.param(4, 15.0, 12, id="groups are whole"),
        pytest.param(10, 19.0, 10, id="a group longer than the run-up is kept from its IDR"),
    ],
)
def test_a_clip_begins_at_an_idr(group_s: int, asked_s: float, first_s: int) -> None:
    frames = store(seconds=20, group_s=group_s).since(int(asked_s * NS))
    assert frames[0].key
    assert frames[0].pts == first_s * NS
    assert [frame.pts for frame in frames] == [n * NS // 10 for n in range(first_s * 10, 200)]


def test_sound_is_kept_as_long_as_pictures() -> None:
    made = store(seconds=20)
    assert made.sounds[0].pts == made.since(0)[0].pts


def test_never_more_than_the_budget() -> None:
    made = store(budget=1000, seconds=20)  # 100 bytes a second, eight seconds and a group
    assert made.bytes <= 1000
    feed(made, 20, 25, size=40)
    assert made.bytes <= 1000
    assert made.since(0)[0].key


def test_a_group_larger_than_the_budget_is_let_go_until_the_next_idr() -> None:
    made = store(budget=1000)
    assert made.add(Frame(0, 0, True, b"x" * 600))
    assert not made.add(Frame(1, 1, False, b"x" * 600))
    assert (made.bytes, made.since(0)) == (0, [])
    assert not made.add(Frame(2, 2, False, b"x"))
    assert made.add(Frame(3, 3, True, b"x"))


def test_a_clip_ends_after_its_last_event() -> None:
    course = Course(0, 120 * NS)
    course.extend(6 * NS)
    course.extend(4 * NS)
    assert not course.over(6 * NS - 1)
    assert course.over(6 * NS)


def test_a_visit_holds_it_open() -> None:
    course = Course(0, 120 * NS)
    course.visit_began(7)
    course.extend(6 * NS)
    assert not course.over(60 * NS)
    course.visit_ended(7, 66 * NS)
    assert (course.over(65 * NS), course.over(66 * NS)) == (False, True)


def test_two_visits_end_with_the_later_one() -> None:
    course = Course(0, 120 * NS)
    course.visit_began(7)
    course.visit_began(8)
    course.visit_ended(8, 20 * NS)
    assert not course.over(30 * NS)
    course.visit_ended(7, 15 * NS)
    assert course.over(20 * NS)


@pytest.mark.parametrize(
    ("group_s", "longest_s", "cut_s"), [(1, 10, 10), (3, 10, 9), (4, 10, 8), (10, 10, 10), (20, 10, 20)]
)
def test_it_is_cut_at_the_last_idr_before_it_is_too_long(group_s: int, longest_s: int, cut_s: int) -> None:
    course = Course(0, longest_s * NS)
    cut = next(second for second in range(0, 60, group_s) if course.full(second * NS, group_s * NS))
    assert cut == cut_s


@pytest.mark.parametrize(("run_up_s", "longest_s", "begin_s"), [(8, 120, 92), (30, 20, 90), (0, 10, 100)])
def test_a_run_up_takes_half_of_a_clip_at_most(run_up_s: int, longest_s: int, begin_s: int) -> None:
    assert begin_at(100 * NS, run_up_s * NS, longest_s * NS) == begin_s * NS


def test_fragments_are_joined_to_stretches_that_begin_with_an_idr() -> None:
    parts = [
        (100, 10, 2000, True),
        (110, 20, 2000, False),
        (130, 30, 2000, True),
        (160, 40, 2000, True),
        (200, 5, 9, True),
    ]
    assert list(stretches(parts, 4000)) == [(100, 30, 4000), (130, 70, 4000), (200, 5, 9)]
    assert list(stretches([], 4000)) == []
