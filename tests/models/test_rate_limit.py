import pytest

from models.rate_limit import TokenBucket, Window


def test_a_burst_and_then_the_rate() -> None:
    bucket = TokenBucket(20, 40)
    assert sum(bucket.take(0.0) for _ in range(50)) == 40
    assert [bucket.take(0.05), bucket.take(0.06)] == [True, False]
    assert bucket.wait_s() == pytest.approx(0.04)
    assert sum(bucket.take(60.0) for _ in range(50)) == 40  # rest does not make more than a burst


def test_a_window_counts_what_is_recent() -> None:
    window = Window(3, 10)
    assert [window.full(now) for now in (0.0, 1.0, 2.0, 3.0, 20.0, 21.0, 22.0)] == [
        False, False, True, True, False, False, True,
    ]  # fmt: skip
    window.clear()
    assert not window.full(23.0)
