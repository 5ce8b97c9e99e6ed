"""Events on their way: in order, until they are taken."""

from collections.abc import AsyncIterator

import pytest

from actors.detector import limits
from actors.detector.event_sender import EventSender
from actors.runtime.actor import Actor
from config.boot import Boot
from models.errors import Missing, Overloaded, ServerError, Unavailable
from models.events import Detection, Event
from models.messages import Ok
from models.messages.event_log import EndEvent, RecordEvent
from tests.actor_kit import ActorKit


class Sender(Actor):
    async def on_start(self) -> None:
        self.delivered: list[Event] = []
        self.event_sender = EventSender(self, self.delivered.append)
        self.start_task(self.event_sender.run())


class Kit(ActorKit[Sender]):
    """The event log answers with the errors of a script, then well."""

    def __init__(self, boot: Boot) -> None:
        super().__init__(Sender, boot, name="motion", answers={RecordEvent: self._record, EndEvent: self._end})
        self.errors: list[ServerError] = []
        self.taken: list[str] = []

    def _record(self, message: RecordEvent) -> Event:
        self._take(message.detection.uid)
        return Event(1, len(self.taken), message.detection.type, 0, {})

    def _end(self, message: EndEvent) -> Ok:
        self._take(f"end {message.uid}")
        return Ok()

    def _take(self, what: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(what)

    async def carried(self) -> None:
        await self.until(self.actor.event_sender._idle.is_set)


@pytest.fixture
async def kit(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kit]:
    monkeypatch.setattr(limits, "RETRY_S", (0.001,))
    async with Kit(boot) as kit:
        yield kit


def record(uid: str) -> RecordEvent:
    return RecordEvent(Detection(uid, "MOTION", 0))


def send(kit: Kit, *messages: RecordEvent | EndEvent) -> None:
    for message in messages:
        kit.actor.event_sender.send(message)


async def test_in_order_whatever_happens(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.errors = [Unavailable("full"), Overloaded("busy"), Unavailable("full")]
    send(kit, record("a"), EndEvent("a", 1, {}), record("b"))
    await kit.carried()
    assert kit.taken == ["a", "end a", "b"]
    assert len(kit.actor.delivered) == 2


async def test_an_event_log_that_dies_or_is_silent_is_asked_again(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.silent.add("event_log")
    send(kit, record("a"), record("b"))
    await kit.until(lambda: kit.asked)
    kit.restart("event_log")
    await kit.until(lambda: len(kit.asked) == 2)
    monkeypatch.setattr(limits, "ASK_S", 0.01)
    kit.restart("event_log")
    await kit.until(lambda: kit.withdrawn)
    kit.silent.clear()
    await kit.carried()
    assert kit.taken == ["a", "b"]


async def test_the_end_of_a_cleared_event_is_dropped(kit: Kit) -> None:
    kit.errors = [Missing("no such event")]
    send(kit, EndEvent("gone", 1, {}), record("b"))
    await kit.carried()
    assert kit.taken == ["b"]


async def test_too_many_lose_the_oldest(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EVENTS_WAITING", 3)
    send(kit, *(record(uid) for uid in "abcde"))
    await kit.carried()
    assert kit.taken == ["c", "d", "e"]
