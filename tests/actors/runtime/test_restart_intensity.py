from collections.abc import Iterable

import pytest

from actors.runtime import limits
from actors.runtime.restart_intensity import RestartIntensity


def delays(record: RestartIntensity, deaths: Iterable[float]) -> list[float | None]:
    return [record.after_exit(at) for at in deaths]


def test_the_first_deaths_cost_no_time_and_later_ones_more() -> None:
    assert delays(RestartIntensity(), [1.0] * limits.MAX_RESTARTS) == [0.0, 0.0, 0.0, 0.25, 0.5]


def test_every_delay_is_reached() -> None:
    assert delays(RestartIntensity(), [1.0] * limits.MAX_RESTARTS) == list(limits.RESTART_DELAYS_S)


def test_so_many_within_the_window_and_no_more() -> None:
    record = RestartIntensity()
    assert None not in delays(record, [1.0] * limits.MAX_RESTARTS)
    assert record.after_exit(1.0 + limits.RESTART_WINDOW_S) is None
    assert record.after_exit(2.0 + limits.RESTART_WINDOW_S) is not None  # the first five are out of the window


@pytest.mark.parametrize(("every_s", "spent"), [(6.5, False), (5.0, True)])
def test_frequency_counts_and_not_the_sum(every_s: float, spent: bool) -> None:
    record = RestartIntensity()
    assert (None in delays(record, [every_s * number for number in range(100)])) is spent
    assert record.total == 100


def test_who_is_rarely_ill_is_back_at_once() -> None:
    assert set(delays(RestartIntensity(), [limits.RESTART_WINDOW_S * number for number in range(20)])) == {0.0}


def test_an_actor_may_be_allowed_more_or_less() -> None:
    assert delays(RestartIntensity(max_restarts=1), [1.0, 1.0]) == [0.0, None]
    patient = delays(RestartIntensity(max_restarts=20), [1.0] * 21)
    assert patient[: limits.MAX_RESTARTS] == list(limits.RESTART_DELAYS_S)
    assert set(patient[limits.MAX_RESTARTS : 20]) == {limits.RESTART_DELAYS_S[-1]}
    assert patient[20] is None


def test_forgiven_it_begins_anew() -> None:
    record = RestartIntensity()
    assert delays(record, [1.0] * (limits.MAX_RESTARTS + 1))[-1] is None
    record.forgive()
    assert record.after_exit(1.0) == 0.0
    assert record.total == limits.MAX_RESTARTS + 2
