"""In which order passwords are checked."""

from models.security.password_queue import (
    RUSH,
    RUSH_PAUSE_S,
    WAITING,
    WAITING_PER_CLIENT,
    Outcome,
    PasswordQueue,
    QueuedPassword,
)

GUESSER, OWNER = "198.51.100.7", "192.0.2.7"


def wait(turns: PasswordQueue, client: str, known: bool = False, now: float = 0.0) -> QueuedPassword:
    turn, _ = turns.enter(client, known, now)
    assert turn is not None
    return turn


def guess(turns: PasswordQueue, client: str, now: float = 0.0) -> None:
    """A wrong one, from beginning to end."""
    mine = wait(turns, client, now=now)
    assert turns.next(False, now) is mine
    turns.leave(mine, Outcome.WRONG, now)


def test_one_after_the_other() -> None:
    turns = PasswordQueue()
    first, second = wait(turns, GUESSER), wait(turns, OWNER)
    assert turns.next(False, 0) is first
    assert turns.next(False, 0) is None
    turns.leave(first, Outcome.RIGHT, 0)
    assert turns.next(False, 0) is second


def test_who_has_been_in_waits_for_no_stranger() -> None:
    turns = PasswordQueue()
    wait(turns, GUESSER)
    assert turns.next(False, 0) is not None
    mine = wait(turns, OWNER, known=True)
    assert turns.next(True, 0) is mine


def test_the_one_with_fewer_wrong_guesses_comes_first() -> None:
    turns = PasswordQueue()
    guess(turns, GUESSER)
    for _ in range(WAITING_PER_CLIENT):
        wait(turns, GUESSER)
    newcomer = wait(turns, OWNER)
    assert turns.next(False, 0) is newcomer


def test_one_client_has_so_many_places() -> None:
    turns = PasswordQueue()
    for _ in range(WAITING_PER_CLIENT):
        wait(turns, GUESSER)
    assert turns.enter(GUESSER, False, 0) == (None, None)


def test_a_guesser_gives_way_when_all_places_are_taken() -> None:
    turns = PasswordQueue()
    guess(turns, GUESSER)
    worst = wait(turns, GUESSER)
    for number in range(WAITING - 1):
        wait(turns, f"203.0.113.{number}")
    mine, gone = turns.enter(OWNER, False, 0)
    assert mine is not None
    assert gone is worst
    assert turns.enter("192.0.2.8", False, 0) == (None, None)  # nobody is worse than he


def test_a_rush_spaces_strangers_out_and_shuts_nobody_out() -> None:
    turns = PasswordQueue()
    for number in range(RUSH):
        guess(turns, f"198.51.100.{number}", number * 0.1)
    now = RUSH * 0.1
    newcomer, owner = wait(turns, "203.0.113.9", now=now), wait(turns, OWNER, known=True, now=now)
    assert turns.next(True, now) is owner
    assert turns.next(False, now) is None
    assert 0 < turns.pause_s(False, now) <= RUSH_PAUSE_S
    assert turns.next(False, now + RUSH_PAUSE_S) is newcomer


def test_who_is_locked_out_makes_no_rush() -> None:
    turns = PasswordQueue()
    for moment in range(2 * RUSH):
        mine = wait(turns, GUESSER, now=moment)
        assert turns.next(False, moment) is mine
        turns.leave(mine, Outcome.LOCKED, moment)
    assert turns.next(False, 2 * RUSH) is None
    mine = wait(turns, OWNER, now=2 * RUSH)
    assert turns.next(False, 2 * RUSH) is mine


def test_who_withdraws_is_not_called() -> None:
    turns = PasswordQueue()
    first, second = wait(turns, GUESSER), wait(turns, OWNER)
    turns.withdraw(first)
    assert turns.next(False, 0) is second
