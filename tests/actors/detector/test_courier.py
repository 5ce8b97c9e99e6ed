"""Events on their way: in order, until they are taken."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from actors.detector import limits
from actors.detector.courier import Courier
from models.errors import Missing, Restarted, TimedOut, Unavailable
from models.events import Detection, Event
from models.messages import Ok
from models.messages.event_log import EndEvent, RecordEvent


class Log:
    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class Shell:
    """Answers asks with the errors of a script, then well; dedupes as the event log does."""

    def __init__(self, errors: list[Exception]) -> None:
        self.log = Log()
        self.errors = errors
        self.taken: list[str] = []
        self.delivered: list[Event] = []

    async def ask(self, to: str, message: Any, timeout_s: float) -> Any:
        assert to == "event_log"
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        if isinstance(message, EndEvent):
            self.taken.append(f"end {message.uid}")
            return Ok()
        self.taken.append(message.detection.uid)
        return Event(1, len(self.taken), message.detection.type, 0, {})


def record(uid: str) -> RecordEvent:
    return RecordEvent(Detection(uid, "MOTION", 0))


async def carried(shell: Shell, *messages: RecordEvent | EndEvent) -> None:
    courier = Courier(shell, shell.delivered.append)  # type: ignore[arg-type]
    running = asyncio.create_task(courier.run())
    for message in messages:
        courier.send(message)
    await asyncio.wait_for(courier._idle.wait(), 10)
    running.cancel()


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RETRY_S", (0.001,))


async def test_in_order_whatever_happens() -> None:
    shell = Shell([Restarted("x"), TimedOut("x"), Unavailable("full")])
    await carried(shell, record("a"), EndEvent("a", 1, {}), record("b"))
    assert shell.taken == ["a", "end a", "b"]
    assert len(shell.delivered) == 2


async def test_the_end_of_a_cleared_event_is_dropped() -> None:
    shell = Shell([Missing("no such event")])
    await carried(shell, EndEvent("gone", 1, {}), record("b"))
    assert shell.taken == ["b"]


async def test_too_many_lose_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EVENTS_WAITING", 3)
    shell = Shell([])
    await carried(shell, *(record(uid) for uid in "abcde"))
    assert shell.taken == ["c", "d", "e"]
