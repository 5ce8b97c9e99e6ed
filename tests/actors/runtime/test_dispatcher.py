"""What comes in to one actor, envelope by envelope: who is answered what, and when."""

import asyncio
import pickle
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from actors.runtime import limits
from actors.runtime.dispatcher import Dispatcher, handlers_of, handles
from actors.runtime.envelope import Acknowledge, Cancel, Envelope, Notification, Reply, Request
from models.errors import LimitReached
from models.messages import Ask, Failure, News, Ok, State, Tell


@dataclass(frozen=True, slots=True)
class Get(Ask[Any, Any]):
    answer: Any = None


@dataclass(frozen=True, slots=True)
class GetSlowly(Ask[Any, Any]):
    answer: Any = None


@dataclass(frozen=True, slots=True)
class GetBeside(Ask[Any, Any]):
    number: int


@dataclass(frozen=True, slots=True)
class Unknown(Ask[Any, Any]): ...


@dataclass(frozen=True, slots=True)
class Do(Tell[Any]):
    what: Any


@dataclass(frozen=True, slots=True)
class DoSlowly(Tell[Any]):
    what: Any


@dataclass(frozen=True, slots=True)
class DoBeside(Tell[Any]):
    number: int


@dataclass(frozen=True, slots=True)
class Open(Tell[Any]): ...


@dataclass(frozen=True, slots=True)
class Close(Ask[Any, Any]): ...


@dataclass(frozen=True, slots=True)
class UnknownTell(Tell[Any]): ...


@dataclass(frozen=True, slots=True)
class Rang(News):
    number: int


@dataclass(frozen=True, slots=True)
class Temperature(State):
    value: int


@dataclass(frozen=True, slots=True)
class Door(State):
    open: bool


@dataclass(frozen=True, slots=True)
class Light(State):
    """Nobody handles it."""

    on: bool


FULL = LimitReached("too often", retry_s=5)


def done(what: Any) -> Any:
    if isinstance(what, Exception):
        raise what
    return what


class Handlers:
    @handles(Get)
    def _get(self, message: Get) -> Any:
        self.seen.append(message)
        return done(message.answer)

    @handles(GetSlowly)
    async def _get_slowly(self, message: GetSlowly) -> Any:
        self.seen.append(message)
        await self.gate.wait()
        return done(message.answer)

    @handles(GetBeside, max_concurrency=2)
    async def _get_beside(self, message: GetBeside) -> int:
        self.seen.append(message)
        await self.gate.wait()
        return message.number

    @handles(Do)
    def _do(self, message: Do) -> None:
        self.seen.append(message)
        done(message.what)

    @handles(Rang)
    @handles(DoSlowly)
    async def _do_slowly(self, message: Any) -> None:
        self.seen.append(message)
        await self.gate.wait()
        if isinstance(message, DoSlowly):
            done(message.what)

    @handles(DoBeside, max_concurrency=1)
    async def _do_beside(self, message: DoBeside) -> None:
        self.seen.append(message)
        await self.gate.wait()

    @handles(Open, group="gate")
    @handles(Close, group="gate")
    async def _gate(self, message: Any) -> None:
        self.seen.append(message)
        await self.gate.wait()

    @handles(Temperature)
    async def _temperature(self, old: Temperature | None, new: Temperature) -> None:
        self.seen.append((old, new))
        await self.gate.wait()
        if new.value > 100:
            raise FULL

    @handles(Door)
    def _door(self, old: Door | None, new: Door) -> None:
        self.seen.append((old, new))

    seen: list[Any]
    gate: asyncio.Event


class Owner(Handlers):
    """``Owner`` of the inbox: its name is "me", in its seventh life."""

    handlers = handlers_of(Handlers)

    def __init__(self) -> None:
        self.name = "me"
        self.log = structlog.get_logger("me")
        self.seen = []
        self.gate = asyncio.Event()
        self.missed: list[tuple[str, int]] = []
        self.came: list[State] = []
        self.turns: list[State] = []
        self.done: list[State] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.dispatcher = Dispatcher(self, 7)
        self.dispatcher.mailbox.open()

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        self.tasks.append(asyncio.get_running_loop().create_task(coroutine))
        return self.tasks[-1]

    async def on_missed(self, publisher: str, count: int) -> None:
        self.missed.append((publisher, count))

    def state_came(self, state: State) -> None:
        self.came.append(state)

    async def state_turn(self, state: State) -> None:
        self.turns.append(state)

    def state_done(self, state: State) -> None:
        self.done.append(state)


class Peer:
    """The actor "rtsp" in its third life, and what came back to it."""

    def __init__(self, owner: Owner, name: str = "rtsp") -> None:
        self.owner, self.name = owner, name
        self.received: list[Envelope] = []
        self.number = 0

    def send(self, data: bytes) -> None:
        self.received.append(pickle.loads(data))

    def ask(self, message: Any) -> int:
        self.number += 1
        self.owner.dispatcher.request(Request(self.name, 3, self.number, message), self)
        return self.number

    def tell(self, message: Any, missed: int = 0) -> int:
        self.number += 1
        self.owner.dispatcher.notification(Notification(self.name, 3, self.number, message, missed), self)
        return self.number

    def answers(self) -> list[Any]:
        return [answer.message for answer in self.received if isinstance(answer, Reply)]

    def acknowledged(self) -> list[int]:
        return [one.number for one in self.received if isinstance(one, Acknowledge)]


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def owner() -> Any:
    owner = Owner()
    yield owner
    owner.gate.set()
    await turns()
    for task in owner.tasks:
        await task


@pytest.fixture
async def peer(owner: Owner) -> Peer:
    return Peer(owner)


# -------------------------------------------------------------------- the table
def test_the_table_holds_each_message_with_its_handler() -> None:
    table = handlers_of(Handlers)
    assert table.keys() == {Get, GetSlowly, GetBeside, Do, DoSlowly, DoBeside, Open, Close, Rang, Temperature, Door}
    assert table[Rang].function is table[DoSlowly].function is Handlers._do_slowly
    assert [(table[kind].lane, table[kind].max_concurrency) for kind in (Get, GetBeside, Open, Close)] == [
        (None, 1),
        (GetBeside, 2),
        ("gate", 1),
        ("gate", 1),
    ]


def test_a_handler_says_which_lane_it_is_for_and_how_wide_that_is() -> None:
    class Marked:
        @handles(Get)
        def plain(self, _: Get) -> None: ...

        @handles(GetBeside, max_concurrency=2)
        @handles(DoBeside, max_concurrency=1)
        def beside(self, _: Any) -> None: ...

        @handles(Open, group="gate")
        def grouped(self, _: Open) -> None: ...

    assert {kind: (one.lane, one.max_concurrency) for kind, one in handlers_of(Marked).items()} == {
        Get: (None, 1),
        GetBeside: (GetBeside, 2),
        DoBeside: (DoBeside, 1),
        Open: ("gate", 1),
    }


def test_two_handlers_for_one_message_are_a_mistake() -> None:
    class Twice:
        @handles(Get)
        def one(self, _: Get) -> None: ...

        @handles(Get)
        def two(self, _: Get) -> None: ...

    with pytest.raises(TypeError) as caught:
        handlers_of(Twice)
    assert str(caught.value) == "Twice has two handlers for Get"


# -------------------------------------------------------------------- asks
@pytest.mark.parametrize(("returned", "answer"), [(5, 5), (None, Ok()), (0, 0), ("", "")])
async def test_the_answer_is_what_the_handler_returns(owner: Owner, peer: Peer, returned: Any, answer: Any) -> None:
    peer.ask(Get(returned))
    assert peer.received == [Reply("me", 7, 1, answer)]
    peer.ask(GetSlowly(returned))
    await turns()
    assert len(peer.received) == 1
    owner.gate.set()
    await turns()
    assert peer.received[1:] == [Reply("me", 7, 2, answer)]


async def test_an_error_on_purpose_is_the_answer(owner: Owner, peer: Peer) -> None:
    failure = Failure("limit_reached", "too often", (("retry_s", 5),))
    owner.gate.set()
    peer.ask(Get(FULL))
    peer.ask(GetSlowly(FULL))
    await turns()
    assert peer.received == [Reply("me", 7, 1, failure), Reply("me", 7, 2, failure)]


async def test_an_exception_that_nobody_expects_is_not_caught(owner: Owner, peer: Peer) -> None:
    with pytest.raises(KeyError):
        peer.ask(Get(KeyError("x")))
    assert peer.received == []


@pytest.mark.parametrize("message", [Unknown(), Do(1)])
async def test_what_is_no_question_of_ours_is_refused(owner: Owner, peer: Peer, message: Any) -> None:
    with capture_logs() as logs:
        peer.ask(message)
    assert peer.answers() == [Failure("internal", f"me does not handle {type(message).__name__}")]
    assert owner.seen == []
    assert [line["log_level"] for line in logs] == ["error"]


async def test_questions_are_handled_in_turn_and_beside(owner: Owner, peer: Peer) -> None:
    for message in (GetSlowly(1), Get(2), GetBeside(3), GetBeside(4), GetBeside(5)):
        peer.ask(message)
    await turns()
    assert owner.seen == [GetSlowly(1), GetBeside(3), GetBeside(4)]
    owner.gate.set()
    await turns()
    assert sorted(peer.answers()) == [1, 2, 3, 4, 5]


async def test_a_full_mailbox_is_an_answer(owner: Owner, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAILBOX_WAITING", 1)
    for number in range(3):
        peer.ask(GetSlowly(number))
    assert peer.received == [Reply("me", 7, 3, Failure("overloaded", "me has too many unanswered asks"))]
    owner.gate.set()
    await turns()
    assert peer.answers()[1:] == [0, 1]


async def test_a_question_is_withdrawn_by_who_asked_it(owner: Owner, peer: Peer) -> None:
    peer.ask(GetSlowly(0))
    for number in (1, 2):
        peer.ask(Get(number))
    for sender, own_generation, request_id in (("encoder", 3, 2), ("rtsp", 2, 2), ("rtsp", 3, 9), ("rtsp", 3, 3)):
        owner.dispatcher.cancel(Cancel(sender, own_generation, request_id))
    owner.gate.set()
    await turns()
    assert peer.answers() == [0, 1]


async def test_an_answer_that_is_too_large_is_an_error_at_both_ends(owner: Owner, peer: Peer) -> None:
    with capture_logs() as logs:
        peer.ask(Get(b"x" * limits.MESSAGE_MAX_BYTES))
    failure = Failure("too_large", "a message of 4 MB is too large; at most 4 MB")
    assert peer.received == [Reply("me", 7, 1, failure)]
    assert [(line["log_level"], line["to"], line["kind"]) for line in logs] == [("error", "rtsp", "Get")]


# -------------------------------------------------------------------- tells and news
async def test_a_letter_is_acknowledged_when_it_has_been_handled(owner: Owner, peer: Peer) -> None:
    peer.tell(Do(1))
    assert peer.received == [Acknowledge("me", 7, 1)]
    peer.tell(DoSlowly(2))
    peer.tell(Rang(3))
    await turns()
    assert owner.seen == [Do(1), DoSlowly(2)]
    assert peer.acknowledged() == [1]
    owner.gate.set()
    await turns()
    assert owner.seen[2:] == [Rang(3)]
    assert peer.received[1:] == [Acknowledge("me", 7, 2), Acknowledge("me", 7, 3)]


async def test_what_could_not_be_acted_on_is_logged_and_acknowledged(owner: Owner, peer: Peer) -> None:
    owner.gate.set()
    with capture_logs() as logs:
        peer.tell(Do(FULL))
        peer.tell(DoSlowly(FULL))
        peer.tell(Temperature(101))
        await turns()
    assert peer.acknowledged() == [1, 3, 2]
    assert [(line["log_level"], line["kind"], line["reason"]) for line in logs] == [
        ("warning", kind, "too often") for kind in ("Do", "DoSlowly", "Temperature")
    ]


async def test_a_letter_that_nobody_handles_is_logged_and_acknowledged(owner: Owner, peer: Peer) -> None:
    with capture_logs() as logs:
        peer.tell(UnknownTell())
    assert peer.acknowledged() == [1]
    assert [(line["log_level"], line["kind"]) for line in logs] == [("error", "UnknownTell")]


async def test_letters_too_have_lanes(owner: Owner, peer: Peer) -> None:
    for message in (DoBeside(1), DoBeside(2), Do(3)):
        peer.tell(message)
    await turns()
    assert owner.seen == [Do(3), DoBeside(1)]
    owner.gate.set()
    await turns()
    assert owner.seen == [Do(3), DoBeside(1), DoBeside(2)]
    assert peer.acknowledged() == [3, 1, 2]


async def test_those_of_a_group_take_turns_whatever_they_are(owner: Owner, peer: Peer) -> None:
    peer.tell(Open())
    peer.ask(Close())
    peer.tell(Do(1))
    await turns()
    assert owner.seen == [Do(1), Open()]
    owner.gate.set()
    await turns()
    assert owner.seen[2:] == [Close()]


async def test_a_full_mailbox_drops_a_letter_and_says_so(
    owner: Owner, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAILBOX_WAITING", 1)
    with capture_logs() as logs:
        for number in range(3):
            peer.tell(DoSlowly(number))
    assert peer.acknowledged() == [3]
    assert [(line["log_level"], line["kind"]) for line in logs] == [("error", "DoSlowly")]
    owner.gate.set()
    await turns()
    assert owner.seen == [DoSlowly(0), DoSlowly(1)]


async def test_what_was_missed_is_told(owner: Owner, peer: Peer) -> None:
    peer.tell(Do(0))
    peer.tell(Do(1), missed=4)
    peer.tell(Door(True), missed=1)
    await turns()
    assert owner.missed == [("rtsp", 4), ("rtsp", 1)]


# -------------------------------------------------------------------- states
async def test_a_state_is_known_and_acknowledged_at_once_and_handled_in_its_turn(owner: Owner, peer: Peer) -> None:
    peer.tell(DoSlowly(1))
    peer.tell(Door(True))
    assert peer.received == [Acknowledge("me", 7, 2)]
    assert owner.came == [Door(True)]
    assert owner.dispatcher.latest(Door, "rtsp") == Door(True)
    await turns()
    assert (owner.turns, owner.seen) == ([], [DoSlowly(1)])
    owner.gate.set()
    await turns()
    assert (owner.turns, owner.seen[1:], owner.done) == ([Door(True)], [(None, Door(True))], [Door(True)])


async def test_of_states_that_wait_the_newest_is_handled_after_the_one_that_was(owner: Owner, peer: Peer) -> None:
    for value in (1, 2, 3):
        peer.tell(Temperature(value))
        await turns()
    assert (owner.seen, owner.done) == ([(None, Temperature(1))], [])
    owner.gate.set()
    await turns()
    assert owner.seen[1:] == [(Temperature(1), Temperature(3))]
    assert owner.came == [Temperature(1), Temperature(2), Temperature(3)]
    peer.tell(Temperature(4))
    await turns()
    assert owner.seen[2:] == [(Temperature(3), Temperature(4))]


async def test_a_state_that_is_as_before_is_not_handled(owner: Owner, peer: Peer) -> None:
    peer.tell(Door(True))
    await turns()
    peer.tell(Door(True))
    await turns()
    assert owner.seen == [(None, Door(True))]
    assert owner.turns == owner.done == [Door(True)]


async def test_states_are_kept_by_kind_and_publisher(owner: Owner, peer: Peer) -> None:
    other = Peer(owner, "encoder")
    assert owner.dispatcher.latest(Door, "") is None
    peer.tell(Temperature(1))
    other.tell(Door(True))
    peer.tell(Door(False))
    assert owner.dispatcher.latest(Door, "encoder") == Door(True)
    assert owner.dispatcher.latest(Door, "rtsp") == Door(False)
    assert owner.dispatcher.latest(Door, "camera") is None
    assert owner.dispatcher.latest(Door, "") == Door(True)
    assert owner.dispatcher.latest(Temperature, "") == Temperature(1)
    owner.gate.set()
    await turns()
    assert owner.seen == [(None, Temperature(1)), (None, Door(True)), (None, Door(False))]


async def test_a_state_without_a_handler_is_kept_all_the_same(owner: Owner, peer: Peer) -> None:
    peer.tell(Light(True))
    await turns()
    assert (owner.dispatcher.latest(Light, ""), owner.came, owner.turns) == (Light(True), [Light(True)], [Light(True)])
    assert owner.seen == []
