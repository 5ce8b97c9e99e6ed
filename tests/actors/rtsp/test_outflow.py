from actors.rtsp.limits import QUEUE_BYTES_MAX
from actors.rtsp.outflow import Outflow


def test_age_is_that_of_the_oldest_byte_not_taken() -> None:
    outflow = Outflow()
    assert outflow.age(0, 0, 5.0) == 0.0
    outflow.wrote(100, 10.0)
    outflow.wrote(50, 11.0)
    assert outflow.age(140, 10, 12.0) == 2.0
    assert outflow.age(51, 0, 12.0) == 2.0, "one byte of the first write is left"
    assert outflow.age(50, 0, 12.0) == 1.0
    assert outflow.age(0, 0, 13.0) == 0.0


def test_progress_is_when_the_peer_last_took_something() -> None:
    outflow = Outflow()
    outflow.wrote(100, 10.0)
    outflow.age(100, 0, 11.0)
    assert outflow.progress == 0.0
    outflow.age(90, 0, 12.0)
    outflow.age(90, 0, 30.0)
    assert outflow.progress == 12.0
    outflow.age(0, 0, 40.0)
    outflow.age(0, 0, 50.0)
    assert outflow.progress == 50.0, "nothing to take is no stall"


def test_too_much_in_user_space_is_too_old_at_once() -> None:
    outflow = Outflow()
    outflow.wrote(2 * QUEUE_BYTES_MAX, 1.0)
    assert outflow.age(0, 2 * QUEUE_BYTES_MAX, 1.0) == float("inf")
