import json

import pytest

from models.security.lockout import CLIENTS_MAX, KNOWN_MAX, KnownClients, LockoutPolicy, Lockouts, client_key

POLICY = LockoutPolicy(attempts=5, window_s=600, lock_s=30)
HOME = "192.0.2.7"


@pytest.mark.parametrize(
    ("failures", "now", "remaining"),
    [
        pytest.param([], 0, 0, id="a clean address may try"),
        pytest.param([0, 1, 2, 3], 4, 0, id="four failures are human"),
        pytest.param([0, 1, 2, 3, 4], 4, 30, id="the fifth locks, counted from the fifth"),
        pytest.param([0, 1, 2, 3, 4], 4.1, 30, id="seconds are rounded up"),
        pytest.param([0, 1, 2, 3, 4], 33.5, 1, id="the last second counts"),
        pytest.param([0, 1, 2, 3, 4], 34, 0, id="the lock ends on its own"),
        pytest.param([0, 1, 2, 3, 4, 40], 41, 0, id="after a lock the count begins anew"),
        pytest.param([0, 1, 2, 3, 4, 40, 41, 42, 43, 44], 45, 29, id="and locks again at the fifth"),
        pytest.param([0, 100, 200, 300, 601], 602, 0, id="failures older than the window are forgiven"),
        pytest.param([0, 100, 200, 300, 599], 600, 29, id="failures within the window are not"),
    ],
)
def test_one_address(failures: list[float], now: float, remaining: int) -> None:
    lockouts = Lockouts(POLICY)
    for moment in failures:
        lockouts.failed(HOME, moment)
    assert lockouts.remaining(HOME, now) == remaining


def test_another_address_is_unaffected() -> None:
    lockouts = Lockouts(POLICY)
    for moment in range(5):
        lockouts.failed(HOME, moment)
    assert lockouts.remaining("192.0.2.8", 5) == 0


def test_success_forgives() -> None:
    lockouts = Lockouts(POLICY)
    for moment in range(4):
        lockouts.failed(HOME, moment)
    lockouts.succeeded(HOME)
    lockouts.failed(HOME, 5)
    assert lockouts.remaining(HOME, 6) == 0


def test_what_others_guess_locks_nobody_out() -> None:
    lockouts = Lockouts(POLICY)
    for number in range(500):
        lockouts.failed(f"198.51.{number // 250}.{number % 250}", number)
    assert lockouts.remaining(HOME, 500) == 0


def test_failures_are_counted() -> None:
    lockouts = Lockouts(POLICY)
    assert [lockouts.failed(HOME, moment) for moment in range(5)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("device", "device", True),
    ],
)
def test_who_counts_as_one(one: str, other: str, same: bool) -> None:
    assert (client_key(one) == client_key(other)) is same


def test_a_restart_forgets_nothing() -> None:
    before, after = Lockouts(POLICY), Lockouts(POLICY)
    for moment in range(5):
        before.failed(HOME, moment)
    before.succeeded("192.0.2.9")
    after.restore(json.loads(json.dumps(before.as_dict())), 10)
    assert after.remaining(HOME, 10) == before.remaining(HOME, 10) == 24
    assert after.as_dict() == before.as_dict()


def test_a_failure_while_locked_lengthens_the_lock() -> None:
    lockouts = Lockouts(POLICY)
    for second in range(5):
        lockouts.failed(HOME, second)
    assert lockouts.failed(HOME, 20) == 5
    assert lockouts.remaining(HOME, 20) == 30


def test_times_of_another_boot_are_dropped() -> None:
    lockouts = Lockouts(POLICY)
    lockouts.restore({"failures": {HOME: [1e6] * 5}}, 10)
    assert lockouts.remaining(HOME, 10) == 0


@pytest.mark.parametrize("stored", [None, [], "x", {}, {"failures": 3}, {"failures": {HOME: 1}}])
def test_another_shape_is_an_empty_one(stored: object) -> None:
    lockouts = Lockouts(POLICY)
    lockouts.restore(stored, 0)
    assert lockouts.remaining(HOME, 0) == 0


def test_memory_is_bounded() -> None:
    lockouts, known = Lockouts(POLICY), KnownClients()
    for number in range(3 * CLIENTS_MAX):
        lockouts.failed(f"client {number}", number)
        known.add(f"known {number}")
    assert len(lockouts.as_dict()["failures"]) == CLIENTS_MAX  # type: ignore[arg-type]
    assert known.as_list() == [f"known {number}" for number in range(3 * CLIENTS_MAX - KNOWN_MAX, 3 * CLIENTS_MAX)]


def test_who_has_been_in_is_new_once() -> None:
    known = KnownClients(["192.0.2.7"])
    assert [known.add(client) for client in ("192.0.2.7", "2001:db8::1", "2001:db8::2")] == [False, True, False]
    assert known.as_list() == ["192.0.2.7", "2001:db8::/64"]
    assert known.has("2001:db8::3")
    assert not known.has("192.0.2.8")
