"""What every actor of ours is made of: handlers, asks, news, leases, workers, heartbeats."""

import asyncio
import gc
import inspect
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import structlog

from actors.runtime import limits
from actors.runtime.envelope import (
    Answer,
    Beat,
    BeatAnswer,
    Credit,
    Directory,
    Envelope,
    Letter,
    Question,
    Ready,
    Start,
    StartFailed,
    Stop,
    Stopped,
)
from actors.runtime.peers import Peers
from actors.runtime.process import CANNOT_START, crash
from actors.runtime.rings import RingReader, RingWriter
from actors.runtime.thespian_layer import Port
from actors.runtime.transport import Connection, serialize
from actors.runtime.worker import Bench, Worker
from config import logs
from models.errors import ServerError
from models.messages import Ask, Failure, Message, News, Ok, Tell
from models.messages.media import Lease
from models.messages.settings import GetSettings, SettingsChanged, SettingsView, Value

R = TypeVar("R")
H = TypeVar("H", bound=Callable[..., Any])

WITHOUT_SETTINGS = frozenset({"supervisor", "settings"})


def handles(kind: type[Message]) -> Callable[[H], H]:
    """Mark a method as the handler of one kind of message; for an ``Ask`` its return value is the answer."""

    def mark(function: H) -> H:
        function.__dict__.setdefault("handles", []).append(kind)
        return function

    return mark


class Actor:
    """One process. See ARCHITECTURE.md, "Contracts between rooms"."""

    def __init__(self, start: Start, port: Port, supervisor: Connection) -> None:
        self.name = start.name
        self.boot = start.boot
        self.settings: Mapping[str, Value] = {}
        self._settings_revision = 0
        self._generation = start.life
        self._port = port
        self._supervisor = supervisor
        self._handlers = _handlers_of(type(self))
        self._peers = Peers(self.name, self._generation, self._send_to)
        self._peers.on_new_life = self._renew_leases_with
        self._leases: set[tuple[str, str, str]] = set()
        self._peers.learn(0, start.directory)
        self._workers: list[Worker | Bench] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._busy = 0
        self._degraded = ""
        self._stopping = False
        logs.configure(self.boot, self.name)
        self.log = structlog.get_logger(self.name).bind(actor=self.name)
        port.loop.set_exception_handler(self._loop_exception)

    # ---------------------------------------------------------------- to be overridden
    async def on_start(self) -> None:
        """Before the actor counts as up. A ``ServerError`` is shown as the reason why it cannot start."""

    async def on_settings(self, changed: frozenset[str]) -> None:
        """``self.settings`` is the new one already."""

    async def on_stop(self) -> None:
        """Before a clean end."""

    # ---------------------------------------------------------------- to be used
    async def ask(self, to: str, message: Ask[R], timeout_s: float = limits.ASK_TIMEOUT_S) -> R:
        """The answer of another actor, or a ``ServerError``."""
        return await self._peers.ask(to, message, timeout_s)

    def tell(self, to: str, message: Tell) -> None:
        self._peers.tell(to, message)

    def publish(self, news: News) -> None:
        self._peers.publish(news)

    def degraded(self, reason: str) -> None:
        """Say what does not work and what to do about it; "" when it works again."""
        self._degraded = reason

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task whose failure ends the actor."""
        task = self._port.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def hire(self, worker: Worker) -> None:
        """Start a worker; its death ends the actor, its silence counts as the actor's."""
        self._workers.append(worker)
        worker.start(self._port.loop, lambda error: self._worker_ended(worker, error))

    def dismiss(self, worker: Worker) -> None:
        """Stop a worker that is no longer needed; it may still take a moment to return."""
        worker.stop()

    def bench(self, name: str = "bench") -> Bench:
        bench = Bench(f"{self.name} {name}")
        self._workers.append(bench)
        return bench

    def ring_writer(self, name: str, largest: int, records: int, slots: int) -> RingWriter:
        return RingWriter(self.boot.shm_dir, self.boot.run_dir, name, largest, records, slots)

    def ring_reader(self, name: str) -> RingReader:
        return RingReader(self.boot.shm_dir, self.boot.run_dir, name)

    def lease(self, owner: str, ring: str, holder: str = "") -> None:
        """Keep ``ring`` filled by ``owner`` until ``release``."""
        key = (owner, ring, holder or self.name)
        if key not in self._leases:
            self._leases.add(key)
            self._renew(key)

    def release(self, owner: str, ring: str, holder: str = "") -> None:
        key = (owner, ring, holder or self.name)
        if key in self._leases:
            self._leases.remove(key)
            self.tell(owner, Lease(ring, self._holder(key), 0))

    # ---------------------------------------------------------------- life
    def begin(self) -> None:
        """For the runtime: called once, after construction."""
        self.start_task(self._start())

    async def _start(self) -> None:
        try:
            if self.name not in WITHOUT_SETTINGS:
                view = await self.ask("settings", GetSettings(), limits.START_TIMEOUT_S / 2)
                self.settings, self._settings_revision = view.effective, view.revision
            await self.on_start()
        except ServerError as error:
            self._to_supervisor(StartFailed(self.name, self._generation, error.detail))
            self.log.error("cannot start", reason=error.detail)
            await asyncio.sleep(0.2)  # until the letter is out
            os._exit(CANNOT_START)
        # Thespian ties each sender's address into a reference cycle (addressManager.py:99), so only the collector frees
        # messages. With what is loaded set aside it runs often and costs little; otherwise, after megabytes.
        gc.collect()
        gc.freeze()
        topics = frozenset(kind.__name__ for kind in self._handlers if issubclass(kind, News))
        topics |= {SettingsChanged.__name__} if self.name not in WITHOUT_SETTINGS else set()
        self._to_supervisor(Ready(self.name, self._generation, topics))
        self.start_task(self._renew_leases())
        if self.name not in WITHOUT_SETTINGS:
            self.start_task(self._look_at_settings_again())

    async def _look_at_settings_again(self) -> None:
        """What was changed after we asked and before we were subscribed, nobody has told us."""
        await asyncio.sleep(limits.SETTLED_AFTER_S)
        try:
            await self._take_settings(await self.ask("settings", GetSettings()), frozenset())
        except ServerError as error:  # if it restarts, it tells the whole view when it is back
            self.log.warning("the settings could not be looked at again", reason=error.detail)

    async def _take_settings(self, view: SettingsView, told: frozenset[str]) -> None:
        """Act on a newer view: on what was told, and on what differs from what we had, as news may be skipped."""
        if view.revision < self._settings_revision:
            return
        former, self.settings, self._settings_revision = self.settings, view.effective, view.revision
        if changed := told.union(key for key, value in self.settings.items() if former.get(key) != value):
            await self.on_settings(frozenset(changed))

    async def _finish(self) -> None:
        self._stopping = True
        await self.on_stop()
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join(0.3)
        self._to_supervisor(Stopped(self.name, self._generation))
        await asyncio.sleep(0.02)  # until the letter is out; the supervisor sees the end of the process in any case
        os._exit(0)

    # ---------------------------------------------------------------- the mailbox
    def receive(self, envelope: Envelope, sender: Connection) -> None:
        """For the runtime: one envelope has come."""
        match envelope:
            case Question():
                self._busy += 1
                self.start_task(self._answer(envelope, sender))
            case Letter():
                sender.send(serialize(Credit(self.name, self._generation, envelope.number)))
                self._busy += 1
                self.start_task(self._read(envelope.message))
            case Answer():
                self._peers.answered(envelope)
            case Credit():
                self._peers.credited(envelope)
            case Beat():
                self._beat(envelope, sender)
            case Directory():
                self._peers.learn(envelope.epoch, envelope.entries)
            case Stop():
                self.start_task(self._finish())
            case _:
                self.log.error("unknown envelope", kind=str(envelope))

    async def _answer(self, question: Question, sender: Connection) -> None:
        try:
            answer = await self._handle(question.message)
        except ServerError as error:
            answer = Failure(error.code, error.detail, tuple(error.fields.items()))
        finally:
            self._busy -= 1
        answer = Ok() if answer is None else answer
        sender.send(serialize(Answer(self.name, self._generation, question.ticket, answer)))

    async def _read(self, message: Message) -> None:
        try:
            if isinstance(message, SettingsChanged) and self.name not in WITHOUT_SETTINGS:
                await self._take_settings(message.view, frozenset(message.changed))
                if type(message) not in self._handlers:
                    return
            await self._handle(message)
        except ServerError as error:
            self.log.warning("a message could not be acted on", kind=str(message), reason=error.detail)
        finally:
            self._busy -= 1

    async def _handle(self, message: Any) -> Any:
        handler = self._handlers.get(type(message))
        if handler is None:
            self.log.error("no handler", kind=str(message))
            raise ServerError(f"{self.name} has no handler for {type(message).__name__}")
        result = handler(self, message)
        return await result if inspect.isawaitable(result) else result

    def _beat(self, beat: Beat, sender: Connection) -> None:
        self._supervisor = sender
        stalled = next((reason for worker in self._workers if (reason := worker.stalled())), "")
        answer = BeatAnswer(self.name, self._generation, beat.number, self._busy, stalled, self._degraded)
        sender.send(serialize(answer))

    def _to_supervisor(self, envelope: Envelope) -> None:
        self._supervisor.send(serialize(envelope))

    def _send_to(self, path: str, envelope: Envelope) -> None:
        if (connection := self._port.to(path)) is not None:
            connection.send(serialize(envelope))

    # ---------------------------------------------------------------- leases
    def _holder(self, key: tuple[str, str, str]) -> str:
        return key[2] if key[2] == self.name else f"{self.name}/{key[2]}"

    def _renew(self, key: tuple[str, str, str]) -> None:
        self.tell(key[0], Lease(key[1], self._holder(key), limits.LEASE_TTL_S))

    def _renew_leases_with(self, owner: str) -> None:
        for key in self._leases:
            if key[0] == owner:
                self._renew(key)

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(limits.LEASE_RENEW_S)
            for key in self._leases:
                self._renew(key)

    # ---------------------------------------------------------------- ends
    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            crash(self.name, error)

    def _worker_ended(self, worker: Worker, error: BaseException | None) -> None:
        self._workers.remove(worker)
        if error is not None:
            crash(self.name, error)
        elif not worker.stopping.is_set():
            crash(self.name, RuntimeError(f"worker {worker.name} returned"))

    def _loop_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # Sockets of clients end here as well as anything a library forgot; neither says that our state is broken.
        error = context.get("exception")
        self.log.warning("in the loop", what=context.get("message", ""), error=repr(error) if error else "")


def _handlers_of(kind: type[Actor]) -> dict[type[Message], Callable[..., Any]]:
    """The checked dispatch table; two handlers for one message are a mistake."""
    table: dict[type[Message], Callable[..., Any]] = {}
    for _, function in inspect.getmembers(kind, inspect.isfunction):
        for message in getattr(function, "handles", []):
            if message in table:
                raise TypeError(f"{kind.__name__} has two handlers for {message.__name__}")
            table[message] = function
    return table
