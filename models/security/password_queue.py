"""The order of password checks. Hashing is deliberately slow, so guesses must not delay the owner.

Known addresses have their own lane. Among strangers the one with the fewest wrong guesses comes first, and
when they have guessed wrong ``RUSH`` times together, their checks are spaced out: guessing is slowed down, and nobody
is shut out for what others do.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum, auto

from models.security.lockout import CLIENTS_MAX, client_key

WAITING = 64  # in a lane
WAITING_PER_CLIENT = 8
RUSH, RUSH_WINDOW_S = 50, 600.0  # wrong guesses of strangers, in so many seconds
RUSH_PAUSE_S = 1.0
FORGIVEN_AFTER_S = 600.0


class Outcome(Enum):
    RIGHT = auto()
    WRONG = auto()
    LOCKED = auto()  # nothing was checked: the client is locked out


@dataclass(slots=True, eq=False)
class QueuedPassword:
    """One password that waits to be checked."""

    client: str
    known: bool
    number: int


@dataclass(slots=True)
class _Lane:
    waiting: list[QueuedPassword] = field(default_factory=list)
    busy: bool = False
    free_at: float = 0.0


class PasswordQueue:
    """``now`` is in seconds of any steady clock."""

    def __init__(self) -> None:
        self._lanes = {True: _Lane(), False: _Lane()}
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # by client: how many, and when the last
        self._strangers_wrong: deque[float] = deque(maxlen=RUSH)
        self._numbers = 0

    def enter(self, client: str, known: bool, now: float) -> tuple[QueuedPassword | None, QueuedPassword | None]:
        """(the new entry, the entry removed for it); (None, None) if there is no place."""
        key, lane = client_key(client), self._lanes[known]
        if sum(turn.client == key for turn in lane.waiting) >= WAITING_PER_CLIENT:
            return None, None
        self._numbers += 1
        turn, gone = QueuedPassword(key, known, self._numbers), None
        if len(lane.waiting) >= WAITING:
            gone = max(lane.waiting, key=lambda one: self._rank(one, now))
            if self._rank(gone, now) <= self._rank(turn, now):
                return None, None
            lane.waiting.remove(gone)
        lane.waiting.append(turn)
        return turn, gone

    def next(self, known: bool, now: float) -> QueuedPassword | None:
        """The client whose check begins now. Its end must be reported by ``leave``."""
        lane = self._lanes[known]
        if lane.busy or not lane.waiting or now < lane.free_at:
            return None
        turn = min(lane.waiting, key=lambda one: self._rank(one, now))
        lane.waiting.remove(turn)
        lane.busy = True
        return turn

    def pause_s(self, known: bool, now: float) -> float:
        """Seconds until the next waiting check may begin; 0 if none waits."""
        lane = self._lanes[known]
        return max(0.0, lane.free_at - now) if lane.waiting and not lane.busy else 0.0

    def withdraw(self, turn: QueuedPassword) -> None:
        """The client no longer waits."""
        self._lanes[turn.known].waiting.remove(turn)

    def leave(self, turn: QueuedPassword, outcome: Outcome, now: float) -> None:
        """The check is over."""
        lane = self._lanes[turn.known]
        lane.busy = False
        if outcome is Outcome.RIGHT:
            self._wrong.pop(turn.client, None)
            return
        self._wrong[turn.client] = (self._wrong_of(turn.client, now) + 1, now)
        self._wrong.move_to_end(turn.client)
        while len(self._wrong) > CLIENTS_MAX:
            self._wrong.popitem(last=False)
        if not turn.known and outcome is Outcome.WRONG:
            self._strangers_wrong.append(now)
            if len(self._strangers_wrong) == RUSH and now - self._strangers_wrong[0] < RUSH_WINDOW_S:
                lane.free_at = now + RUSH_PAUSE_S

    def _rank(self, turn: QueuedPassword, now: float) -> tuple[int, int]:
        return self._wrong_of(turn.client, now), turn.number

    def _wrong_of(self, client: str, now: float) -> int:
        count, last = self._wrong.get(client, (0, now))
        return count if now - last < FORGIVEN_AFTER_S else 0
