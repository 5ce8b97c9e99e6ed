from actors.rtsp.limits import QUEUE_BYTES_MAX
from actors.rtsp.send_queue import SendQueue


def test_age_is_that_of_the_oldest_byte_not_taken() -> None:
    send_queue = SendQueue(0.0)
    assert send_queue.age(0, 0, 5.0) == 0.0
    send_queue.total += 100
    assert send_queue.age(100, 0, 10.0) == 0.0, "it may have been written just now"
    send_queue.total += 50
    assert send_queue.age(150, 0, 11.0) == 1.0
    assert send_queue.age(140, 10, 12.0) == 2.0
    assert send_queue.age(51, 0, 12.0) == 2.0, "one byte of the first is left"
    assert send_queue.age(50, 0, 12.0) == 1.0
    assert send_queue.age(0, 0, 13.0) == 0.0


def test_progress_is_when_the_peer_last_took_something() -> None:
    send_queue = SendQueue(0.0)
    send_queue.total += 100
    send_queue.age(100, 0, 11.0)
    assert send_queue.progress == 0.0
    send_queue.age(90, 0, 12.0)
    send_queue.age(90, 0, 30.0)
    assert send_queue.progress == 12.0
    send_queue.age(0, 0, 40.0)
    send_queue.age(0, 0, 50.0)
    assert send_queue.progress == 50.0, "nothing to take is no stall"


def test_too_much_in_user_space_is_too_old_at_once() -> None:
    send_queue = SendQueue(1.0)
    send_queue.total += 2 * QUEUE_BYTES_MAX
    assert send_queue.age(0, 2 * QUEUE_BYTES_MAX, 1.0) == float("inf")
