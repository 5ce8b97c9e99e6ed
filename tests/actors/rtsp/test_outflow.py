from actors.rtsp.limits import QUEUE_BYTES_MAX
from actors.rtsp.outflow import Outflow


def test_age_is_that_of_the_oldest_byte_not_taken() -> None:
    outflow = Outflow(0.0)
    assert outflow.age(0, 0, 5.0) == 0.0
    outflow.total += 100
    assert outflow.age(100, 0, 10.0) == 0.0, "it may have been written just now"
    outflow.total += 50
    assert outflow.age(150, 0, 11.0) == 1.0
    assert outflow.age(140, 10, 12.0) == 2.0
    assert outflow.age(51, 0, 12.0) == 2.0, "one byte of the first is left"
    assert outflow.age(50, 0, 12.0) == 1.0
    assert outflow.age(0, 0, 13.0) == 0.0


def test_progress_is_when_the_peer_last_took_something() -> None:
    outflow = Outflow(0.0)
    outflow.total += 100
    outflow.age(100, 0, 11.0)
    assert outflow.progress == 0.0
    outflow.age(90, 0, 12.0)
    outflow.age(90, 0, 30.0)
    assert outflow.progress == 12.0
    outflow.age(0, 0, 40.0)
    outflow.age(0, 0, 50.0)
    assert outflow.progress == 50.0, "nothing to take is no stall"


def test_too_much_in_user_space_is_too_old_at_once() -> None:
    outflow = Outflow(1.0)
    outflow.total += 2 * QUEUE_BYTES_MAX
    assert outflow.age(0, 2 * QUEUE_BYTES_MAX, 1.0) == float("inf")
