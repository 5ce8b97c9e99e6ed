from models.http.limits import GROUP_BYTES, OVERFLOWS, QUEUED_PICTURE_BYTES, QUEUED_PICTURES
from models.http.viewer_queue import Offered, ViewerQueue
from models.http.websocket_frames import AccessUnit
from models.media.ring import DISCONTINUITY
from tests.api.stage import DELTA, IDR, delta, idr


def offer(queue: ViewerQueue, *entries: object, now: float = 0.0) -> list[Offered]:
    return [queue.offer(AccessUnit(one), now) for one in entries]  # type: ignore[arg-type]


def drained(queue: ViewerQueue) -> list[bytes]:
    return list(iter(queue.take, None))


def payload(frame: bytes) -> bytes:
    return frame[2:]  # short frames have a head of two bytes


def test_a_viewer_is_sent_nothing_before_the_first_idr() -> None:
    queue = ViewerQueue("raw")
    assert [one.taken for one in offer(queue, delta(1), delta(2), idr(3), delta(4))] == [False, False, True, True]
    assert [payload(frame) for frame in drained(queue)] == [IDR, DELTA]


def test_the_first_of_a_generation_is_announced_once() -> None:
    queue = ViewerQueue("raw")
    offered = offer(queue, idr(1), delta(2), idr(3), idr(4, generation=4), delta(5, generation=4))
    assert [one.begins for one in offered] == [True, False, False, True, False]


def test_what_is_left_of_a_former_generation_is_not_sent_after_the_new_one_is_announced() -> None:
    queue = ViewerQueue("raw")
    offer(queue, idr(1), delta(2), idr(3, generation=4))
    assert len(queue) == 1


def test_a_gap_waits_for_an_idr_and_asks_for_it_once() -> None:
    queue = ViewerQueue("v1")
    offered = offer(queue, idr(1), delta(3), delta(4), idr(5))
    assert [(one.taken, one.need_key) for one in offered] == [
        (True, False),
        (False, True),
        (False, False),
        (True, False),
    ]
    first, second = drained(queue)
    assert (payload(first)[1], payload(second)[1]) == (3, 7)  # key + sets; and discontinuity


def test_a_restarted_encoder_is_a_discontinuity() -> None:
    queue = ViewerQueue("v1")
    offered = offer(queue, idr(1), idr(1, epoch=8, generation=4), delta(2, epoch=8, generation=4))
    assert all(one.taken for one in offered)
    assert [payload(frame)[1] for frame in drained(queue)] == [7, 0]


def test_the_writers_own_discontinuity_flag_counts() -> None:
    queue = ViewerQueue("raw")
    assert offer(queue, idr(1), delta(2, flags=DISCONTINUITY))[1] == Offered(False, need_key=True)


def test_too_many_pictures_clear_the_queue_and_wait_for_an_idr() -> None:
    queue = ViewerQueue("v1")
    offered = offer(queue, idr(1), *(delta(2 + n) for n in range(QUEUED_PICTURES)))
    assert offered[-1] == Offered(False, need_key=True)
    assert len(queue) == 0
    assert offer(queue, delta(40))[0].taken is False
    assert offer(queue, idr(41))[0].taken
    assert payload(drained(queue)[0])[1] & 4


def test_too_many_bytes_clear_the_queue_too() -> None:
    queue = ViewerQueue("raw")
    big = DELTA + bytes(QUEUED_PICTURE_BYTES // 2)
    offered = offer(queue, idr(1), delta(2, data=big), delta(3, data=big))
    assert [one.taken for one in offered] == [True, True, False]


def test_an_idr_that_overflows_begins_anew_at_once() -> None:
    queue = ViewerQueue("raw")
    offered = offer(queue, idr(1), *(delta(2 + n) for n in range(QUEUED_PICTURES - 1)), idr(QUEUED_PICTURES + 1))
    assert offered[-1].taken
    assert len(queue) == 1


def test_the_third_overflow_in_half_a_minute_is_said_once() -> None:
    queue = ViewerQueue("raw")
    number, told = 0, []
    for turn in range(OVERFLOWS + 1):
        for step in range(QUEUED_PICTURES + 1):
            number += 1
            [offered] = offer(queue, idr(number) if step == 0 else delta(number), now=turn)
            told.append(offered.too_slow)
    assert sum(told) == 1


def test_rare_overflows_are_not_held_against_the_viewer() -> None:
    queue = ViewerQueue("raw")
    number, told = 0, []
    for turn in range(2 * OVERFLOWS):
        for step in range(QUEUED_PICTURES + 1):
            number += 1
            told.append(offer(queue, idr(number) if step == 0 else delta(number), now=turn * 16.0)[0].too_slow)
    assert not any(told)


def test_a_viewer_begins_with_the_group_that_is_under_way_and_goes_on_without_a_gap() -> None:
    queue = ViewerQueue("raw")
    assert queue.at_beginning
    assert queue.begin([AccessUnit(one) for one in (idr(1), *(delta(n) for n in range(2, QUEUED_PICTURES + 9)))])
    [offered] = offer(queue, delta(QUEUED_PICTURES + 9))
    assert offered == Offered(True)
    assert [payload(frame) for frame in drained(queue)] == [IDR] + [DELTA] * (QUEUED_PICTURES + 8)
    assert not queue.at_beginning


def test_a_group_that_is_too_large_is_not_begun_with() -> None:
    queue = ViewerQueue("raw")
    large = idr(1)._replace(data=bytes(GROUP_BYTES + 1))
    assert not queue.begin([AccessUnit(large)])
    assert [one.taken for one in offer(queue, delta(2), idr(3))] == [False, True]
