"""What the base class promises, in one loop: order, bounds, states, ends. The same with real processes: test_actors."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from actors.runtime import limits
from actors.runtime.actor import Actor, handles
from actors.runtime.worker import Worker
from config.boot import Boot
from models.errors import Overloaded, Restarted, ServerError, TimedOut, TooLarge, Unavailable
from models.messages import Ask, News, Ok, State, Tell
from models.messages.camera import CameraView, GetCamera
from models.messages.settings import GetSettings
from tests.actor_kit import ActorKit

CAMERA = CameraView("running", True, "test pattern", "pattern", 64, 48, 30.0)


@dataclass(frozen=True, slots=True)
class Set(Tell):
    value: int
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Get(Ask[Any, tuple[int, ...]]): ...


@dataclass(frozen=True, slots=True)
class Big(Ask[Any, bytes]):
    size: int


@dataclass(frozen=True, slots=True)
class Slow(Ask[Any, Ok]):
    """Handled beside the others, two at a time."""


@dataclass(frozen=True, slots=True)
class First(Ask[Any, int]):
    """Handled in turn with ``Second``."""


@dataclass(frozen=True, slots=True)
class Second(Ask[Any, int]): ...


@dataclass(frozen=True, slots=True)
class Through(Ask[Any, CameraView]):
    timeout_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Happened(News):
    number: int


@dataclass(frozen=True, slots=True)
class Fault(Tell):
    kind: str


class Beating(Worker):
    def run(self) -> None:
        while not self.stopping.wait(0.01):
            self.beat()


class Subject(Actor):
    async def on_start(self) -> None:
        self.values: list[int] = []
        self.states: list[tuple[CameraView | None, CameraView]] = []
        self.changed: list[frozenset[str]] = []
        self.gate = asyncio.Event()
        self.slow = self.turns = 0
        self.missed: list[tuple[str, int]] = []

    async def on_settings(self, changed: frozenset[str]) -> None:
        self.changed.append(changed)

    async def on_missed(self, publisher: str, count: int) -> None:
        self.missed.append((publisher, count))

    @handles(Set)
    async def _set(self, message: Set) -> None:
        await asyncio.sleep(message.pause_s)
        self.values.append(message.value)

    @handles(Get)
    def _get(self, _: Get) -> tuple[int, ...]:
        return tuple(self.values)

    @handles(Big)
    def _big(self, message: Big) -> bytes:
        return b"x" * message.size

    @handles(Slow, max_concurrency=2)
    async def _slow(self, _: Slow) -> None:
        self.slow += 1
        await self.gate.wait()
        self.slow -= 1

    @handles(First, group="turns")
    @handles(Second, group="turns")
    async def _in_turn(self, _: First | Second) -> int:
        self.slow += 1
        await self.gate.wait()
        assert self.slow == 1, "one at a time"
        self.slow -= 1
        self.turns += 1
        return self.turns

    @handles(Through)
    async def _through(self, message: Through) -> CameraView:
        return await self.ask("camera", GetCamera(), message.timeout_s)

    @handles(CameraView)
    async def _camera(self, old: CameraView | None, new: CameraView) -> None:
        await asyncio.sleep(0.01)
        self.states.append((old, new))

    @handles(Happened)
    def _happened(self, news: Happened) -> None:
        self.values.append(news.number)

    @handles(Fault)
    async def _fault(self, message: Fault) -> None:
        loop = asyncio.get_running_loop()

        def fail() -> None:
            raise KeyError("deep inside")

        async def fail_later() -> None:
            fail()

        match message.kind:
            case "handler":
                fail()
            case "callback":
                loop.call_soon(fail)
            case "timer":
                loop.call_later(0.001, fail)
            case "task":
                self.start_task(fail_later())
            case "posted":
                worker = Beating("worker")
                self.start_worker(worker)
                worker.post(fail)


@pytest.fixture
async def kit(boot: Boot) -> Any:
    kit = ActorKit(Subject, boot, name="rtsp", answers={GetCamera: CAMERA})
    await kit.start()
    yield kit
    await kit.stop()


# -------------------------------------------------------------------- one at a time, in order, bounded
async def test_tells_are_handled_one_after_another(kit: ActorKit[Subject]) -> None:
    await asyncio.gather(kit.tell(Set(1, 0.05), "camera"), kit.tell(Set(2), "camera"), kit.tell(Set(3), "encoder"))
    assert kit.actor.values == [1, 2, 3]


async def test_a_tell_is_acknowledged_when_it_has_been_handled(kit: ActorKit[Subject]) -> None:
    told = asyncio.create_task(kit.tell(Set(1, 0.05), "camera"))
    await asyncio.sleep(0.02)
    assert not told.done()
    await told
    assert kit.actor.values == [1]


async def test_an_ask_waits_for_its_turn(kit: ActorKit[Subject]) -> None:
    told = asyncio.create_task(kit.tell(Set(1, 0.05), "camera"))
    await asyncio.sleep(0)
    assert await kit.ask(Get()) == (1,)
    await told


async def test_what_is_declared_concurrent_holds_up_nobody_and_is_bounded(kit: ActorKit[Subject]) -> None:
    asked = [asyncio.create_task(kit.ask(Slow())) for _ in range(5)]
    await kit.until(lambda: kit.actor.slow == 2)
    assert await kit.ask(Get()) == ()
    assert kit.actor.slow == 2
    kit.actor.gate.set()
    await asyncio.gather(*asked)
    assert kit.actor.slow == 0


async def test_those_of_one_group_take_turns_and_hold_up_nobody_else(kit: ActorKit[Subject]) -> None:
    asked = [asyncio.create_task(kit.ask(message)) for message in (First(), Second(), First())]
    await kit.until(lambda: kit.actor.slow == 1)
    assert await kit.ask(Get()) == ()
    assert kit.actor.slow == 1
    kit.actor.gate.set()
    assert await asyncio.gather(*asked) == [1, 2, 3]


async def test_a_full_mailbox_refuses_at_once(kit: ActorKit[Subject]) -> None:
    held = asyncio.create_task(kit.tell(Set(1, 0.2), "camera"))
    await asyncio.sleep(0)
    asked = [asyncio.create_task(kit.ask(Get())) for _ in range(limits.MAILBOX_WAITING + 10)]
    await asyncio.sleep(0)
    refused = [task for task in asked if task.done() and isinstance(task.exception(), Overloaded)]
    assert len(refused) == 10
    assert kit.beat is not None
    await held
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(result == (1,) for result in results) == limits.MAILBOX_WAITING


async def test_an_answer_that_is_too_large_is_a_failure_at_the_asker(kit: ActorKit[Subject]) -> None:
    with pytest.raises(TooLarge, match="too large"):
        await kit.ask(Big(limits.MESSAGE_MAX_BYTES + 1))
    assert len(await kit.ask(Big(limits.MESSAGE_MAX_BYTES // 2))) == limits.MESSAGE_MAX_BYTES // 2


async def test_what_is_not_taken_is_refused(kit: ActorKit[Subject]) -> None:
    with pytest.raises(ServerError, match="does not handle GetSettings"):
        await kit.ask(GetSettings())


# -------------------------------------------------------------------- asks always end
async def test_an_ask_ends_with_the_answer(kit: ActorKit[Subject]) -> None:
    assert await kit.ask(Through()) == CAMERA


async def test_an_ask_that_timed_out_is_withdrawn(kit: ActorKit[Subject]) -> None:
    kit.silent.add("camera")
    with pytest.raises(TimedOut):
        await kit.ask(Through(0.02))
    assert len(kit.withdrawn) == 1


async def test_a_withdrawn_ask_is_not_begun(kit: ActorKit[Subject]) -> None:
    kit.answers[GetCamera] = Unavailable("not reached")
    from actors.runtime.envelope import Cancel, Request

    held = asyncio.create_task(kit.tell(Set(1, 0.02), "camera"))
    await asyncio.sleep(0)
    kit._receive(Request("facade", 7, 4711, Through()), "facade")
    kit._receive(Cancel("facade", 7, 4711), "facade")
    await held
    await kit.idle()
    assert kit.asked == []


async def test_an_ask_is_repeated_after_one_restart(kit: ActorKit[Subject]) -> None:
    kit.silent.add("camera")
    asked = asyncio.create_task(kit.ask(Through()))
    await kit.until(lambda: kit.asked)
    kit.silent.clear()
    kit.restart("camera")
    assert await asked == CAMERA


async def test_an_actor_that_dies_again_at_once_ends_the_ask_and_not_the_asker(kit: ActorKit[Subject]) -> None:
    kit.silent.add("camera")
    asked = asyncio.create_task(kit.ask(Through(0.1)))
    await kit.until(lambda: kit.asked)
    kit.take_down("camera")
    await asyncio.sleep(0.01)
    kit.bring_up("camera")  # both are read in one pass
    kit.take_down("camera")
    with pytest.raises((TimedOut, Restarted)):
        await asked
    kit.check()


# -------------------------------------------------------------------- states
async def test_a_state_comes_with_the_one_before(kit: ActorKit[Subject]) -> None:
    later = CameraView("standby", False, "", "", 0, 0, 0.0)
    await kit.tell(CAMERA, "camera")
    await kit.tell(later, "camera")
    assert kit.actor.states == [(None, CAMERA), (CAMERA, later)]


async def test_of_states_that_wait_only_the_newest_is_handled_and_nothing_between_is_lost(
    kit: ActorKit[Subject],
) -> None:
    views = [CameraView("running", True, "", "", 0, 0, float(number)) for number in range(5)]
    for view in views:
        kit.state(view, "camera")
    assert kit.actor.latest(CameraView) == views[-1]  # at once
    await kit.idle()
    assert kit.actor.states[-1][1] == views[-1]
    assert [old for old, _ in kit.actor.states[1:]] == [new for _, new in kit.actor.states[:-1]]


async def test_settings_that_change_quickly_are_all_acted_on(kit: ActorKit[Subject]) -> None:
    held = asyncio.create_task(kit.tell(Set(1, 0.02), "camera"))
    await asyncio.sleep(0)
    kit.settle(jpegQuality=40)
    kit.settle(mqttPort=1884)
    kit.settle(jpegQuality=41)
    await held
    await kit.idle()
    assert frozenset().union(*kit.actor.changed) == {"jpegQuality", "mqttPort"}
    assert (kit.actor.settings["jpegQuality"], kit.actor.settings["mqttPort"]) == (41, 1884)


async def test_settings_that_change_while_it_starts_are_not_missed(boot: Boot) -> None:
    class Starting(Subject):
        async def on_start(self) -> None:
            await super().on_start()
            self.seen = self.settings["jpegQuality"]
            await asyncio.sleep(0.05)

    kit = ActorKit(Starting, boot, name="rtsp")
    kit.begin()
    kit.settle(jpegQuality=50)
    await asyncio.sleep(0.01)
    kit.settle(jpegQuality=60)
    await kit.until(lambda: kit.actor.changed)
    assert (kit.actor.seen, kit.actor.settings["jpegQuality"]) == (50, 60)
    assert kit.actor.changed == [frozenset({"jpegQuality"})]
    await kit.stop()


async def test_whoever_comes_late_is_told_the_last_state(kit: ActorKit[Subject]) -> None:
    kit.take_down("encoder")
    kit.actor.publish_state(CAMERA)
    received: list[State] = []
    sent = kit.sent

    def watch(path: str, envelope: Any) -> None:
        if path == "encoder" and hasattr(envelope, "message"):
            received.append(envelope.message)
        sent(path, envelope)

    kit.sent = watch  # type: ignore[method-assign]
    kit.bring_up("encoder")
    await kit.until(lambda: received)
    assert received == [CAMERA]


# -------------------------------------------------------------------- news
async def test_news_that_had_to_be_dropped_is_counted_and_said(kit: ActorKit[Subject]) -> None:
    notifications: list[Any] = []
    kit.silent.add("encoder")
    sent = kit.sent

    def watch(path: str, envelope: Any) -> None:
        if path == "encoder" and hasattr(envelope, "missed"):
            notifications.append(envelope)
        sent(path, envelope)

    kit.sent = watch  # type: ignore[method-assign]
    for number in range(limits.NOTIFICATIONS_WAITING + 11):
        kit.actor.publish(Happened(number))
    assert [notification.message.number for notification in notifications] == [0]
    kit.silent.clear()
    from actors.runtime.envelope import Acknowledge

    kit._receive(Acknowledge("encoder", 7, notifications[0].number), "encoder")
    await kit.until(lambda: len(notifications) == limits.NOTIFICATIONS_WAITING + 1)
    assert [notification.missed for notification in notifications[1:]] == [10] + [0] * (
        limits.NOTIFICATIONS_WAITING - 1
    )
    assert [notification.message.number for notification in notifications[1:]] == list(
        range(11, limits.NOTIFICATIONS_WAITING + 11)
    )


async def test_the_receiver_learns_that_it_missed_news(kit: ActorKit[Subject]) -> None:
    from actors.runtime.envelope import Notification

    kit._receive(Notification("event_log", 7, 4711, Happened(3), 5), "event_log")
    await kit.idle()
    await kit.until(lambda: kit.actor.missed)
    assert (kit.actor.missed, kit.actor.values) == ([("event_log", 5)], [3])


# -------------------------------------------------------------------- exceptions
@pytest.mark.parametrize("kind", ["handler", "callback", "timer", "task", "posted"])
async def test_an_exception_anywhere_ends_the_actor(kit: ActorKit[Subject], kind: str) -> None:
    asyncio.create_task(kit.tell(Fault(kind), "camera")).add_done_callback(lambda task: task.exception())
    with pytest.raises(KeyError, match="deep inside"):
        await kit.until(lambda: False)


async def test_what_goes_wrong_in_a_connection_of_a_client_does_not(kit: ActorKit[Subject]) -> None:
    class Rude(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            raise ValueError(data)

    server = await asyncio.get_running_loop().create_server(Rude, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"nonsense")
    assert await reader.read() == b""  # closed
    writer.close()
    server.close()
    assert not kit.crashes
