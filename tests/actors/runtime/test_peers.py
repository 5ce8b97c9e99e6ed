"""What one actor keeps of the others: asks, tells, states and news on their way out, envelope by envelope."""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from actors.runtime import limits
from actors.runtime.envelope import Cancel, Entry, Envelope, Notification, Reply, Request
from actors.runtime.peers import Peers
from models.errors import Missing, Overloaded, Restarted, SwitchedOff, TimedOut, TooLarge
from models.messages import Ask, Failure, News, State, Tell

TOPICS = frozenset({"Temperature", "Door", "Rang"})


@dataclass(frozen=True, slots=True)
class Get(Ask[Any, str]):
    number: int = 0


@dataclass(frozen=True, slots=True)
class GetAgain(Ask[Any, str]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Do(Tell[Any]):
    number: int


@dataclass(frozen=True, slots=True)
class Temperature(State):
    value: int


@dataclass(frozen=True, slots=True)
class Door(State):
    open: bool


@dataclass(frozen=True, slots=True)
class Rang(News):
    number: int


@dataclass(frozen=True, slots=True)
class Unheard(News): ...


def up(own_generation: int = 1, topics: frozenset[str] = TOPICS) -> Entry:
    return Entry(f"camera.{own_generation}", own_generation, topics)


def starting(own_generation: int = 1, topics: frozenset[str] = TOPICS) -> Entry:
    return Entry(f"camera.{own_generation}", own_generation, topics, up=False)


class Sender:
    """``Peers`` of the actor "me" in its seventh life, and what left it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Envelope]] = []
        self.too_large: set[Any] = set()
        self.version = -1
        self.lives: list[str] = []
        self.missed: list[tuple[str, int]] = []
        self.peers = Peers("me", 7, self._send, self.lives.append, self._missed)

    def _missed(self, name: str, count: int) -> None:
        self.missed.append((name, count))

    def _send(self, path: str, envelope: Envelope) -> None:
        if getattr(envelope, "message", None) in self.too_large:
            raise TooLarge("too large")
        self.sent.append((path, envelope))

    def learn(self, entry: Entry | None = None, **others: Entry) -> None:
        self.version += 1
        self.peers.learn(self.version, others if entry is None else {"camera": entry, **others})

    def notifications(self) -> list[Notification]:
        return [envelope for _, envelope in self.sent if isinstance(envelope, Notification)]

    def told(self) -> list[Any]:
        return [notification.message for notification in self.notifications()]

    def acknowledge(self, sender: str = "camera") -> None:
        self.peers.acknowledged(sender, self.notifications()[-1].number)

    def acknowledge_all(self) -> None:
        for _ in range(limits.NOTIFICATIONS_WAITING + 10):
            self.acknowledge()

    def ask(self, message: Ask[Any, str] = Get(), timeout_s: float = 5.0) -> "asyncio.Task[str]":
        return asyncio.ensure_future(self.peers.ask("camera", message, timeout_s))

    def questions(self) -> list[Request]:
        return [envelope for _, envelope in self.sent if isinstance(envelope, Request)]

    def answer(self, message: Any, own_generation: int = 1, sender: str = "camera", request: int = -1) -> None:
        self.peers.replied(Reply(sender, own_generation, self.questions()[request].request_id, message))


@pytest.fixture
def sender() -> Sender:
    return Sender()


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# -------------------------------------------------------------------- the directory
def test_only_a_newer_directory_counts(sender: Sender) -> None:
    sender.peers.learn(0, {"camera": up()})
    assert sender.peers.is_up("camera")
    sender.peers.learn(0, {})
    assert sender.peers.is_up("camera")
    sender.peers.learn(2, {})
    assert not sender.peers.is_up("camera")
    sender.peers.learn(1, {"camera": up()})
    assert not sender.peers.is_up("camera")


def test_who_is_not_there_is_not_up(sender: Sender) -> None:
    sender.learn(starting(), encoder=up())
    assert [sender.peers.is_up(name) for name in ("camera", "encoder", "nobody")] == [False, True, False]
    sender.learn(up())
    assert [sender.peers.is_up(name) for name in ("camera", "encoder")] == [True, False]


def test_each_life_is_said_once_when_it_is_up(sender: Sender) -> None:
    for entry in (starting(1), up(1), up(1, frozenset()), starting(2), up(2), None, up(3), up(4)):
        sender.learn(entry)
    assert sender.lives == ["camera"] * 4


def test_a_life_that_is_not_up_any_more_is_said_again(sender: Sender) -> None:
    for entry in (up(), starting(), up()):
        sender.learn(entry)
    assert sender.lives == ["camera"] * 2


def test_all_of_a_directory_is_taken_over(sender: Sender) -> None:
    names = [f"actor{number}" for number in range(10)]
    sender.learn(actor3=up())
    sender.learn(**{name: up() for name in names})  # one of them as before
    assert sorted(sender.lives) == names
    sender.learn(actor3=starting(2))
    assert not any(sender.peers.is_up(name) for name in names)
    sender.learn(**{name: up(2) for name in names})
    assert all(sender.peers.is_up(name) for name in names)


# -------------------------------------------------------------------- asks
async def test_a_question_names_the_asker_and_its_life(sender: Sender) -> None:
    sender.learn(up())
    asked = sender.ask(Get(5))
    await turns()
    assert sender.sent == [("camera.1", Request("me", 7, 1, Get(5)))]
    sender.answer("five")
    assert await asked == "five"


async def test_each_answer_finds_its_question(sender: Sender) -> None:
    sender.learn(up())
    first, second = sender.ask(Get(1)), sender.ask(Get(2))
    await turns()
    sender.answer("two")
    sender.answer("one", request=0)
    assert await asyncio.gather(first, second) == ["one", "two"]


async def test_a_failure_is_raised_as_what_it_was(sender: Sender) -> None:
    sender.learn(up())
    asked = sender.ask()
    await turns()
    sender.answer(Failure("missing", "no such clip", (("clip", 4),)))
    with pytest.raises(Missing) as caught:
        await asked
    assert (caught.value.detail, caught.value.fields) == ("no such clip", {"clip": 4})


async def test_only_who_was_asked_can_answer_and_only_once(sender: Sender) -> None:
    sender.learn(up(2))
    asked = sender.ask()
    await turns()
    sender.answer("not mine", own_generation=2, sender="encoder")
    sender.answer("of a former life", own_generation=1)
    sender.peers.replied(Reply("camera", 2, 4711, "to nothing"))
    sender.answer("first", own_generation=2)
    sender.answer("second", own_generation=2)
    assert await asked == "first"
    sender.answer("late", own_generation=2)


async def test_an_ask_waits_until_the_actor_is_up(sender: Sender) -> None:
    asked = sender.ask()
    await turns()
    sender.learn(starting())
    await turns()
    assert sender.sent == []
    sender.learn(up())
    await turns()
    sender.answer("here")
    assert await asked == "here"


async def test_an_actor_that_is_gone_again_before_the_ask_wakes_is_not_asked(sender: Sender) -> None:
    asked = sender.ask()
    await turns()
    for entry in (up(1), None, up(2), starting(3)):
        sender.learn(entry)
    await turns()
    assert sender.sent == []
    sender.learn(up(3))
    await turns()
    sender.answer("here", own_generation=3)
    assert await asked == "here"


async def test_an_ask_that_times_out_says_whether_the_actor_was_there_and_is_withdrawn(sender: Sender) -> None:
    with pytest.raises(TimedOut) as caught:
        await sender.ask(timeout_s=0.001)
    assert caught.value.detail == "camera is not running within 0.001 s"
    assert sender.sent == []
    sender.learn(up())
    with pytest.raises(TimedOut) as caught:
        await sender.ask(timeout_s=0.001)
    assert caught.value.detail == "camera did not answer within 0.001 s"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert sender.sent[1:] == [("camera.1", Cancel("me", 7, sender.questions()[0].request_id))]
    sender.answer("late")


async def test_whoever_waits_for_an_actor_learns_that_it_is_switched_off(sender: Sender) -> None:
    ask = sender.ask()
    await turns()
    sender.peers.learn(0, {}, frozenset({"camera"}))
    with pytest.raises(SwitchedOff, match="camera is switched off"):
        await ask
    with pytest.raises(SwitchedOff):
        await sender.ask()
    sender.version = 0
    sender.learn(up())
    again = sender.ask()
    await turns()
    sender.answer("there")
    assert await again == "there"


async def test_a_cancelled_ask_is_withdrawn(sender: Sender) -> None:
    sender.learn(up())
    asked = sender.ask()
    await turns()
    asked.cancel()
    await turns()
    assert asked.cancelled()
    assert sender.sent[1:] == [("camera.1", Cancel("me", 7, 1))]


@pytest.mark.parametrize("then", [None, starting(2), up(2)])
async def test_an_ask_ends_with_the_life_that_was_asked(sender: Sender, then: Entry | None) -> None:
    sender.learn(up(1), encoder=up())
    elsewhere = asyncio.ensure_future(sender.peers.ask("encoder", Get(), 5.0))
    await turns()
    asked = [sender.ask(), sender.ask()]
    await turns()
    sender.answer("in time")
    sender.learn(then, encoder=up())  # both are read in one pass
    with pytest.raises(Restarted) as caught:
        await asked[0]
    assert caught.value.detail == "camera was restarted"
    assert await asked[1] == "in time"
    sender.answer("untouched", sender="encoder", request=0)
    assert await elsewhere == "untouched"


async def test_what_may_be_asked_again_is_asked_once_more(sender: Sender) -> None:
    sender.learn(up(1))
    asked = sender.ask(GetAgain())
    await turns()
    sender.learn(up(2))
    await turns()
    assert [path for path, _ in sender.sent] == ["camera.1", "camera.2"]
    assert sender.questions()[1] == Request("me", 7, 2, GetAgain())
    sender.answer("of the second life", own_generation=2)
    assert await asked == "of the second life"


async def test_two_restarts_are_one_too_many(sender: Sender) -> None:
    sender.learn(up(1))
    asked = sender.ask(GetAgain())
    for own_generation in (2, 3):
        await turns()
        sender.learn(up(own_generation))
    with pytest.raises(Restarted):
        await asked


async def test_other_news_of_a_life_ends_no_ask(sender: Sender) -> None:
    sender.learn(up(1))
    asked = sender.ask()
    await turns()
    sender.learn(up(1, frozenset({"Other"})))
    sender.answer("still here")
    assert await asked == "still here"


async def test_asks_are_bounded_in_flight_and_in_waiting(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ASKS_IN_FLIGHT", 2)
    monkeypatch.setattr(limits, "ASKS_WAITING", 3)
    sender.learn(up())
    for _ in range(2):  # and the places are free again afterwards
        sender.sent.clear()
        asked = [sender.ask(Get(number)) for number in range(4)]
        await turns()
        assert [request.message.number for request in sender.questions()] == [0, 1]
        with pytest.raises(Overloaded) as caught:
            await asked[3]
        assert caught.value.detail == "camera has too many unanswered asks"
        for number in range(3):
            sender.answer("answer", request=number)
            await turns()
        assert await asyncio.gather(*asked[:3]) == ["answer"] * 3


# -------------------------------------------------------------------- tells
def test_tells_go_one_at_a_time_and_in_order(sender: Sender) -> None:
    sender.learn(up())
    for number in range(3):
        sender.peers.tell("camera", Do(number))
    assert sender.sent == [("camera.1", Notification("me", 7, 1, Do(0), 0))]
    sender.peers.acknowledged("camera", 4711)
    sender.peers.acknowledged("encoder", 1)
    assert sender.told() == [Do(0)]
    sender.acknowledge()
    assert sender.told() == [Do(0), Do(1)]
    sender.acknowledge()
    sender.acknowledge()
    sender.peers.tell("camera", Do(3))
    assert sender.told() == [Do(0), Do(1), Do(2), Do(3)]


def test_a_tell_to_nobody_is_dropped(sender: Sender) -> None:
    sender.peers.tell("camera", Do(0))
    sender.learn(starting())
    sender.peers.tell("camera", Do(1))
    sender.learn(up())
    assert sender.told() == []


def test_tells_that_wait_are_bounded(sender: Sender) -> None:
    sender.learn(up())
    for number in range(limits.NOTIFICATIONS_WAITING + 2):  # one is on its way
        sender.peers.tell("camera", Do(number))
    sender.acknowledge_all()
    assert sender.told() == [Do(number) for number in range(limits.NOTIFICATIONS_WAITING + 1)]


def test_tells_end_with_the_life_they_were_for_and_news_waits_for_the_next(sender: Sender) -> None:
    sender.learn(up(1))
    for message in (Do(0), Do(1)):
        sender.peers.tell("camera", message)
    sender.peers.publish(Rang(1))
    sender.peers.publish(Temperature(20))
    sender.learn(up(2))
    assert sender.sent[1][0] == "camera.2"
    sender.acknowledge()
    sender.acknowledge()
    assert sender.told() == [Do(0), Rang(1), Temperature(20)]


def test_a_life_that_ended_costs_nothing_on_its_way(sender: Sender) -> None:
    sender.learn(up(1))
    sender.peers.tell("camera", Do(0))
    sender.learn()
    sender.learn(up(2))
    sender.peers.tell("camera", Do(1))
    assert sender.told() == [Do(0), Do(1)]
    sender.peers.acknowledged("camera", sender.notifications()[0].number)  # of the former life
    sender.peers.tell("camera", Do(2))
    assert sender.told() == [Do(0), Do(1)]


def test_what_is_too_large_is_left_out(sender: Sender) -> None:
    sender.too_large = {Do(0), Do(2)}
    sender.learn(up())
    for number in range(4):
        sender.peers.tell("camera", Do(number))
    sender.acknowledge()
    assert sender.told() == [Do(1), Do(3)]


# -------------------------------------------------------------------- states
def test_of_states_that_wait_the_newest_of_each_kind_goes_out(sender: Sender) -> None:
    sender.learn(up())
    sender.peers.tell("camera", Do(0))
    for state in (Temperature(1), Door(True), Temperature(2)):
        sender.peers.publish(state)
    sender.peers.tell("camera", Do(1))
    sender.acknowledge_all()
    assert sender.told() == [Do(0), Door(True), Temperature(2), Do(1)]


@pytest.mark.parametrize("entry", [up(), starting()])
def test_whoever_comes_is_told_all_states_that_it_wants(sender: Sender, entry: Entry) -> None:
    for state in (Temperature(1), Temperature(2), Door(True)):
        sender.peers.publish(state)
    sender.learn(entry, encoder=Entry("encoder", 1, frozenset({"Door"})), nobody=Entry("nobody", 1, frozenset()))
    sender.acknowledge("encoder")
    sender.peers.acknowledged("camera", 1)
    sender.peers.acknowledged("camera", 2)
    told = {path: [to.message for where, to in sender.sent if where == path] for path, _ in sender.sent}  # type: ignore[attr-defined]
    assert told == {"camera.1": [Temperature(2), Door(True)], "encoder": [Door(True)]}


def test_a_state_is_told_once_to_each_life(sender: Sender) -> None:
    sender.peers.publish(Door(True))
    for entry in (starting(1), up(1), up(1, TOPICS | {"More"})):
        sender.learn(entry)
        sender.acknowledge()
    assert sender.told() == [Door(True)]
    sender.learn(starting(2))
    assert sender.told() == [Door(True)] * 2


def test_who_is_still_starting_is_told_states_and_nothing_else(sender: Sender) -> None:
    sender.learn(up(1))
    sender.peers.tell("camera", Do(0))
    sender.peers.publish(Rang(1))
    sender.learn(starting(2))
    sender.peers.publish(Rang(2))  # it is not up: not for it
    sender.peers.publish(Temperature(1))
    sender.peers.publish(Door(True))
    sender.acknowledge()
    sender.acknowledge()
    assert sender.told() == [Do(0), Temperature(1), Door(True)]
    sender.learn(up(2))
    assert sender.told()[3:] == [Rang(1)]


def test_all_that_want_it_are_told(sender: Sender) -> None:
    sender.peers.tell("absent", Do(0))  # known by name alone
    sender.learn(Entry("camera", 1, frozenset()))
    sender.learn(
        Entry("camera", 1, frozenset()),
        encoder=Entry("encoder", 1, TOPICS),
        settings=Entry("settings", 1, TOPICS, up=False),
        rtsp=Entry("rtsp", 1, TOPICS),
    )
    sender.peers.publish(Door(True))
    assert {path for path, _ in sender.sent} == {"encoder", "settings", "rtsp"}
    sender.sent.clear()
    for name in ("encoder", "settings", "rtsp"):
        for number in range(1, 5):
            sender.peers.acknowledged(name, number)
    sender.peers.publish(Rang(1))
    assert sorted(path for path, _ in sender.sent) == ["encoder", "rtsp"]


# -------------------------------------------------------------------- news
def test_the_oldest_news_gives_way_and_is_counted(sender: Sender) -> None:
    sender.learn(up())
    sender.peers.tell("camera", Do(0))
    sender.peers.tell("camera", Do(1))
    sender.peers.publish(Unheard())  # nobody wants it
    for number in range(limits.NOTIFICATIONS_WAITING + 2):
        sender.peers.publish(Rang(number))
    assert sender.missed == [("camera", 1)] * 3
    sender.acknowledge_all()
    assert sender.told() == [Do(0), Do(1), *(Rang(number) for number in range(3, limits.NOTIFICATIONS_WAITING + 2))]
    assert [notification.missed for notification in sender.notifications()] == [0, 3] + [0] * (
        limits.NOTIFICATIONS_WAITING - 1
    )


def test_among_tells_alone_news_finds_no_place(sender: Sender) -> None:
    sender.learn(up())
    for number in range(limits.NOTIFICATIONS_WAITING + 1):
        sender.peers.tell("camera", Do(number))
    sender.peers.publish(Rang(1))
    sender.peers.publish(Rang(2))
    assert sender.missed == [("camera", 1)] * 2
    sender.acknowledge_all()
    assert Rang(1) not in sender.told()
    assert sender.notifications()[1].missed == 2


def test_what_was_too_large_does_not_hide_what_was_missed(sender: Sender) -> None:
    sender.learn(up())
    sender.peers.tell("camera", Do(0))
    for number in range(limits.NOTIFICATIONS_WAITING + 1):
        sender.peers.publish(Rang(number))
    sender.too_large = {Rang(1)}
    sender.acknowledge()
    assert (sender.notifications()[1].message, sender.notifications()[1].missed) == (Rang(2), 1)
