"""Leases end by themselves, on a clock that the test sets."""

import pytest

from actors.runtime import leases
from actors.runtime.leases import Leases
from models.messages.media import Lease
from tests.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(leases, "time", clock)
    return clock


def test_a_ring_is_wanted_while_a_lease_on_it_lives(clock: Clock) -> None:
    table = Leases()
    assert not table.wanted("frames")
    table.take(Lease("frames", "rtsp", 3.0))
    assert (table.wanted("frames"), table.wanted("jpeg")) == (True, False)
    clock.now += 3.0
    assert table.wanted("frames")
    clock.now += 0.01
    assert not table.wanted("frames")
    clock.now -= 1.0
    assert not table.wanted("frames"), "it is forgotten"


def test_a_lease_can_be_renewed_and_given_back(clock: Clock) -> None:
    table = Leases()
    table.take(Lease("frames", "rtsp", 3.0))
    clock.now += 2.0
    table.take(Lease("frames", "rtsp", 3.0))
    clock.now += 2.0
    assert table.holders("frames") == ["rtsp"]
    table.take(Lease("frames", "rtsp", 0))
    assert table.holders("frames") == []
    table.take(Lease("frames", "rtsp", 0))  # twice does no harm


def test_a_short_lease_is_a_lease(clock: Clock) -> None:
    table = Leases()
    table.take(Lease("frames", "rtsp", 0.5))
    assert table.wanted("frames")
    table.take(Lease("frames", "rtsp", -1))
    assert not table.wanted("frames")


def test_holders_are_told_apart_by_ring(clock: Clock) -> None:
    table = Leases()
    table.take(Lease("frames", "rtsp", 1.0))
    table.take(Lease("frames", "detector", 5.0))
    table.take(Lease("jpeg", "rtsp", 1.0))
    table.take(Lease("jpeg", "mqtt", 1.0))
    assert (table.holders("frames"), table.holders("jpeg")) == (["rtsp", "detector"], ["rtsp", "mqtt"])
    table.take(Lease("jpeg", "rtsp", 0))
    assert (table.holders("frames"), table.holders("jpeg")) == (["rtsp", "detector"], ["mqtt"])
    clock.now += 2.0
    assert (table.holders("frames"), table.holders("jpeg")) == (["detector"], [])
