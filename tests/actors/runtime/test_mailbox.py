"""A mailbox by itself: lanes, order, bounds, what is withdrawn."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from actors.runtime import limits
from actors.runtime.mailbox import Job, Mailbox, is_awaitable


class Box:
    """A mailbox, what it has begun, and the gates that what it has begun waits for."""

    def __init__(self, is_open: bool = True) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.mailbox = Mailbox(self._start_task)
        self.begun: list[Any] = []
        self.gates: dict[Any, asyncio.Event] = {}
        if is_open:
            self.mailbox.open()

    def _start_task(self, coroutine: Any) -> "asyncio.Task[None]":
        self.tasks.append(asyncio.get_running_loop().create_task(coroutine))
        return self.tasks[-1]

    def slow(self, name: Any, *lane: Any) -> bool:
        async def wait() -> None:
            await self.gates.setdefault(name, asyncio.Event()).wait()

        def call() -> Any:
            self.begun.append(name)
            return wait()

        return self.mailbox.put(Job(call, name), *lane)

    def quick(self, name: Any) -> bool:
        return self.mailbox.put(Job(lambda: self.begun.append(name), name))

    async def finish(self, name: Any) -> None:
        self.gates.setdefault(name, asyncio.Event()).set()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_what_is_done_at_once_is_done_at_once() -> None:
    box = Box()
    assert [box.quick(number) for number in range(3)] == [True] * 3
    assert box.begun == [0, 1, 2]
    assert len(box.mailbox) == 0
    assert box.tasks == []


async def test_one_after_another_in_order_and_counted() -> None:
    box = Box()
    assert [box.slow(number) for number in range(2)] == [True, True]
    box.quick(2)
    box.slow(3)
    assert (box.begun, len(box.mailbox)) == ([0], 4)
    await box.finish(0)
    assert (box.begun, len(box.mailbox)) == ([0, 1], 3)
    await box.finish(1)
    assert (box.begun, len(box.mailbox)) == ([0, 1, 2, 3], 1)
    await box.finish(3)
    assert len(box.mailbox) == 0
    assert all(task.done() for task in box.tasks)


async def test_closed_it_keeps_everything_until_it_is_opened() -> None:
    box = Box(is_open=False)
    box.quick(1)
    box.slow(2, "one", 1)
    box.slow(3)
    assert (box.begun, len(box.mailbox)) == ([], 3)
    box.mailbox.open()
    assert (sorted(box.begun), len(box.mailbox)) == ([1, 2, 3], 2)
    await box.finish(2)
    await box.finish(3)


async def test_each_lane_has_its_own_width_and_holds_up_no_other() -> None:
    box = Box()
    box.slow("serial")
    for number in range(3):
        box.slow(f"one {number}", "one", 2)
    box.slow("two", "two", 1)
    box.slow("two later", "two", 1)
    assert box.begun == ["serial", "one 0", "one 1", "two"]
    assert len(box.mailbox) == 6
    await box.finish("one 1")
    assert box.begun[4:] == ["one 2"]
    await box.finish("two")
    assert box.begun[5:] == ["two later"]
    for name in ("serial", "one 0", "one 2", "two later"):
        await box.finish(name)
    assert len(box.mailbox) == 0


async def test_in_a_lane_one_at_a_time_unless_it_says_more() -> None:
    box = Box()
    box.slow(1, "one")
    box.slow(2, "one")
    assert box.begun == [1]
    for number in (1, 2):
        await box.finish(number)
    assert box.begun == [1, 2]


async def test_each_lane_refuses_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAILBOX_WAITING", 2)
    box = Box()
    assert [box.slow(number) for number in range(4)] == [True, True, True, False]
    assert [box.slow(number, "one", 1) for number in range(4, 8)] == [True, True, True, False]
    assert len(box.mailbox) == 6
    for number in (0, 1, 2, 4, 5, 6):
        await box.finish(number)
    assert box.begun == [0, 4, 1, 2, 5, 6]


async def test_what_has_not_begun_can_be_withdrawn() -> None:
    box = Box()
    for number in range(4):
        box.slow(number)
    box.slow("a", "one", 1)
    box.slow("b", "one", 1)
    assert [box.mailbox.cancel(key) for key in (0, 2, 2, "b", "a", "nothing")] == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    for number in (0, 1, 3, "a"):
        await box.finish(number)
    assert box.begun == [0, "a", 1, 3]


async def test_a_job_without_a_name_is_not_withdrawn_by_one() -> None:
    box = Box(is_open=False)
    box.mailbox.put(Job(lambda: None))
    assert not box.mailbox.cancel("")
    assert len(box.mailbox) == 1


@pytest.mark.parametrize("end", [ValueError, asyncio.CancelledError])
async def test_what_fails_frees_its_place_and_begins_nothing_more(end: type[BaseException]) -> None:
    box = Box()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise end

    box.mailbox.put(Job(fail))
    box.quick("next")
    assert len(box.mailbox) == 2
    with pytest.raises(end):
        await box.tasks[0]
    assert (box.begun, len(box.mailbox)) == ([], 1)


def test_an_awaitable_is_told_from_a_value() -> None:
    async def coroutine() -> None: ...

    values: list[Callable[[], Any]] = [lambda: None, lambda: 0, lambda: "x", lambda: coroutine]
    assert not any(is_awaitable(value()) for value in values)
    waiting = coroutine()
    assert is_awaitable(waiting)
    waiting.close()
