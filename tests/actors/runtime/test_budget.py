import pytest

from actors.runtime import limits
from actors.runtime.budget import Restarts


def test_the_first_failures_cost_no_time_and_later_ones_more() -> None:
    record = Restarts()
    delays = [record.after_exit(1.0, False)[0] for _ in range(limits.RESTART_BUDGET)]
    assert delays == [0.0, 0.0, 0.0, 0.25, 0.5]


def test_past_the_budget_it_is_tried_again_rarely() -> None:
    record = Restarts()
    for _ in range(limits.RESTART_BUDGET):
        assert not record.after_exit(1.0, False)[1]
    assert record.after_exit(1.0, False) == (limits.DEGRADED_RETRY_S, True)


def test_a_long_life_forgives_everything() -> None:
    record = Restarts()
    for _ in range(limits.RESTART_BUDGET):
        record.after_exit(1.0, False)
    assert record.after_exit(limits.RESTART_FORGIVEN_AFTER_S, False) == (0.0, False)
    assert record.failures == 1


@pytest.mark.parametrize(("up_s", "spent"), [(1.0, False), (0.0, True)])
def test_a_kill_from_outside_costs_only_a_child_that_never_worked(up_s: float, spent: bool) -> None:
    record = Restarts()
    results = [record.after_exit(up_s, True) for _ in range(100)]
    assert results[-1][1] is spent
    assert record.total == 100
