"""Subscriptions: pull points and webhooks, each with an end and a bounded queue.

``now`` is in seconds of any steady clock, ``unix`` the time that subscribers are told.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from models.onvif.limits import (
    IDLE_S,
    LIFE_MAX_S,
    LIFE_MIN_S,
    LIFE_S,
    QUEUE_MAX,
    SUBSCRIPTIONS_MAX,
)
from models.onvif.times import duration_s, unix_s
from models.onvif.topics import CHANGED, INITIALIZED, TOPICS, Notice, of_switch

EVERYTHING = frozenset(range(len(TOPICS)))


@dataclass(slots=True, eq=False)
class Subscription:
    id: str
    client: str  # its address
    agent: str
    webhook: str  # where to; "" for a pull point
    topics: frozenset[int]
    began: float
    expires: float
    life_s: float  # as was asked for
    seen: float  # when it was asked for something last
    wake: Callable[[], None] = lambda: None  # there is something in the queue, or this is the end
    queue: list[Notice] = field(default_factory=list)
    delivered: int = 0
    dropped: int = 0
    ended: bool = False

    def put(self, notice: Notice) -> None:
        """A full queue loses a state that a newer one in it has overtaken: the last state of a topic is never lost."""
        if notice.topic not in self.topics:
            return
        self.queue.append(notice)
        if len(self.queue) > QUEUE_MAX:
            newest = {one.topic: place for place, one in enumerate(self.queue)}
            self.queue.pop(next(place for place, one in enumerate(self.queue) if newest[one.topic] != place))
            self.dropped += 1
        self.wake()

    def take(self, most: int) -> list[Notice]:
        taken, self.queue = self.queue[:most], self.queue[most:]
        self.delivered += len(taken)
        return taken


class Subscriptions:
    """``make_id``: a new name that nobody can guess."""

    def __init__(self, make_id: Callable[[], str]) -> None:
        self._make_id = make_id
        self._all: dict[str, Subscription] = {}
        self._active: dict[str, bool] = {}  # by switch
        self._states = {number: False for number, topic in enumerate(TOPICS) if topic.always}

    def __iter__(self) -> Iterator[Subscription]:
        return iter(tuple(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    def open(
        self, client: str, agent: str, webhook: str, topics: frozenset[int], life_s: float, now: float
    ) -> Subscription | None:
        """None where there are too many. An idle pull point of the same client has to go for a new one: clients that
        were killed leave theirs behind."""
        if len(self._all) >= SUBSCRIPTIONS_MAX:
            idle = (
                one
                for one in self._all.values()
                if one.client == client and not one.webhook and now - one.seen > IDLE_S
            )
            oldest = min(idle, key=lambda one: one.seen, default=None)
            if oldest is None:
                return None
            self.end(oldest)
        made = Subscription(self._make_id(), client, agent, webhook, topics, now, now + life_s, life_s, now)
        self._all[made.id] = made
        return made

    def find(self, number: str) -> Subscription | None:
        return self._all.get(number)

    def end(self, one: Subscription) -> None:
        if self._all.pop(one.id, None) is not None:
            one.ended = True
            one.wake()

    def end_all(self) -> None:
        for one in tuple(self._all.values()):
            self.end(one)

    def renew(self, one: Subscription, life_s: float, now: float) -> None:
        one.life_s, one.seen, one.expires = life_s, now, now + life_s

    def pulled(self, one: Subscription, now: float) -> None:
        """PullMessages keeps its pull point alive for as long as was asked for at first."""
        one.seen = now
        one.expires = max(one.expires, now + one.life_s)

    def expire(self, now: float) -> list[Subscription]:
        """End the expired subscriptions. Returns them."""
        over = [one for one in self._all.values() if one.expires <= now]
        for one in over:
            self.end(one)
        return over

    def synchronise(self, one: Subscription, unix: float) -> None:
        """SetSynchronizationPoint: every state again, as Initialized."""
        for topic, state in self._states.items():
            one.put(Notice(topic, state, INITIALIZED, unix))

    def learn(self, switches: Mapping[str, tuple[bool, bool]], unix: float) -> None:
        """What the detectors say now: by switch, whether it is on, and whether there is something."""
        self._active |= {switch: active for switch, (_, active) in switches.items()}
        wanted = {switch for switch, (on, _) in switches.items() if on}
        for topic in sorted({topic for switch in switches for topic in of_switch(switch)}):
            state = any(self._active.get(switch, False) for switch in TOPICS[topic].switches)
            if topic in self._states and state != self._states[topic]:
                self._tell(Notice(topic, state, CHANGED, unix))
            elif topic not in self._states and not wanted.isdisjoint(TOPICS[topic].switches):
                self._tell(Notice(topic, state, INITIALIZED, unix))

    def _tell(self, notice: Notice) -> None:
        self._states[notice.topic] = notice.state
        for one in self:
            one.put(notice)


def life_of(text: str, unix: float) -> float | None:
    """Seconds of an InitialTerminationTime or TerminationTime, within our bounds; None where it cannot be read."""
    if not text:
        return LIFE_S
    wanted = duration_s(text)
    if wanted is None:
        moment = unix_s(text)
        wanted = moment - unix if moment is not None else None
    return None if wanted is None else min(max(wanted, LIFE_MIN_S), LIFE_MAX_S)
