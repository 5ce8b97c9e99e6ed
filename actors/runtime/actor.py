"""The base class of every actor: handlers, asks, states, news, leases, workers, heartbeats.

Guaranteed: handlers run one at a time, in the order in which messages arrived, except those declared with
``max_concurrency``; ``await`` in a handler lets tasks and timers run, never another handler of the same lane. An
unexpected exception (in a handler, a task, a callback, a timer, a worker) ends the process with its traceback in the
log. The one exception: an error within one client's connection ends only that connection, because otherwise a stranger
could end the actor.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, TypeVar

from actors.runtime import limits
from actors.runtime.dispatcher import Dispatcher, Handler, handlers_of, handles
from actors.runtime.envelope import (
    Acknowledge,
    Cancel,
    Directory,
    Envelope,
    Heartbeat,
    Notification,
    Ready,
    Reply,
    Request,
    Start,
    StartFailed,
    Stop,
    Stopped,
)
from actors.runtime.peers import Peers
from actors.runtime.port import Connection, Port
from actors.runtime.process import CANNOT_START
from actors.runtime.rings import RingReader, RingWriter
from actors.runtime.transport import serialize
from actors.runtime.worker import SerialExecutor, Worker
from config import logs
from models.errors import ServerError
from models.messages import Ask, Message, News, Ref, State, Tell
from models.messages.handle import ASK_TIMEOUT_S, Handle
from models.messages.media import Lease, MediaOwner
from models.messages.settings import SettingsView, Value, changed_keys

A = TypeVar("A")
R = TypeVar("R")
S = TypeVar("S", bound=State)
H = TypeVar("H", bound=Callable[..., Any])

__all__ = ["Actor", "handles"]

IN_A_CONNECTION = frozenset({"transport", "protocol", "socket"})  # keys of asyncio's report of an error


class Actor:
    """One process. See ARCHITECTURE.md, "Contracts between rooms"."""

    max_restarts: ClassVar[int] = limits.MAX_RESTARTS  # within limits.RESTART_WINDOW_S; beyond that it is degraded
    retry_s: ClassVar[float] = limits.DEGRADED_RETRY_S  # pause before a degraded actor is retried
    critical: ClassVar[bool] = False  # the program ends where other actors would be degraded
    must_start: ClassVar[bool] = False  # the program ends if this actor reports at the first start that it cannot start
    memory_mb: ClassVar[int] = 400  # resident; above it the actor is killed and restarted
    oom_score: ClassVar[int] = 0  # 0–1000: the order of sacrifice when memory runs out (proc(5), oom_score_adj)

    observes: ClassVar[tuple[type[State], ...]] = ()  # states without a handler, read with ``latest`` only
    handlers: ClassVar[Mapping[type[Message], Handler]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.handlers = handlers_of(cls)

    def __init__(self, start: Start, port: Port, supervisor: Connection) -> None:
        self.name = start.name
        self.boot = start.boot
        self.settings: Mapping[str, Value] = {}
        self._generation = start.own_generation
        self._port = port
        self._supervisor = supervisor
        self._peers = Peers(self.name, self._generation, self._send_to, self._renew_leases_with, self._receiver_missed)
        self._settings_view: SettingsView | None = None
        self._know_settings = asyncio.Event()
        self._settled_revision = 0  # of the settings that have been applied
        self._settled = asyncio.Event()  # set for a moment when others have been
        self.state_news = asyncio.Event()  # set for a moment when a state has come
        self._dispatcher = Dispatcher(self, self._generation)
        self._leases: set[tuple[MediaOwner, str, str]] = set()
        self._workers: list[Worker | SerialExecutor] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._degraded = ""
        self.log = logs.configure(self.boot, self.name)
        port.loop.set_exception_handler(self._loop_exception)
        self._peers.learn(0, start.directory)

    # ---------------------------------------------------------------- to be overridden
    @classmethod
    def preload(cls) -> None:
        """Called once, in the parent of all processes: import what is imported late, compute what all lives share.

        Opens and starts nothing: no thread, file, socket, codec or session (see ``actors.runtime.preload``).
        """

    @classmethod
    def wanted(cls, settings: Mapping[str, Value]) -> bool:
        """Whether these effective settings need this actor. While they do not, it is ``off``: it has no process."""
        return True

    async def on_start(self) -> None:
        """Before the actor counts as up. A ``ServerError`` is shown as the reason why it cannot start."""

    async def on_settings(self, changed: frozenset[str]) -> None:
        """``self.settings`` is already the new one; ``changed`` are the keys that differ from the last call."""

    async def on_missed(self, publisher: str, count: int) -> None:
        """This many news of ``publisher`` were dropped because this actor was too slow."""
        self.log.warning("news was missed", publisher=publisher, count=count)

    async def on_stop(self) -> None:
        """Before a clean end."""

    # ---------------------------------------------------------------- to be used
    def actor(self, ref: Ref[A]) -> Handle[A]:
        """The actor of this name; it need not be up."""
        return Handle(ref, self)

    async def ask(self, to: Ref[Any], message: Ask[Any, R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        """For ``Handle``, which checks the types."""
        return await self._peers.ask(to, message, timeout_s)

    def tell(self, to: Ref[Any], message: Tell[Any]) -> None:
        """For ``Handle``, which checks the types."""
        self._peers.tell(to, message)

    def publish(self, news: News) -> None:
        """To every actor that is up and has a handler for this kind; at most once, in order.

        News dropped because a receiver is too slow are counted, and the receiver is told (``on_missed``). A receiver
        that starts later does not get them: what it must know then is a state.
        """
        self._peers.publish(news)

    def publish_state(self, state: State) -> None:
        """Publish the whole state to every actor that has a handler for this kind, now or whenever it starts.

        The newest wins: older ones may be skipped. Not ordered relative to tells and answers of this actor.
        """
        self._peers.publish(state)

    def latest(self, kind: type[S], publisher: str = "") -> S | None:
        """The newest state of this kind that has arrived, handled or not; None before the first.

        Only kinds that this actor handles or ``observes`` arrive. ``publisher``: where several actors publish the kind.
        """
        return self._dispatcher.latest(kind, publisher)

    async def first(self, kind: type[S], timeout_s: float) -> S | None:
        """Wait for ``latest``; None if it does not arrive in time."""
        deadline = self._port.loop.time() + timeout_s
        while (state := self.latest(kind)) is None and (left_s := deadline - self._port.loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.state_news.wait(), left_s)
        return state

    async def settled(self, revision: int) -> None:
        """Wait until this actor has applied settings of this revision; at most ``limits.SETTLED_S``.

        For an actor that has had settings changed and relies on them: the answer may arrive before the new state.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.SETTLED_S):
                while self._settled_revision < revision:
                    await self._settled.wait()

    def is_up(self, name: str) -> bool:
        """Whether that actor is up, as far as we know."""
        return self._peers.is_up(name)

    def degraded(self, reason: str) -> None:
        """Report what does not work and what to do about it; "" when it works again."""
        self._degraded = reason

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task whose failure ends the actor."""
        task = self._port.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def start_worker(self, worker: Worker) -> None:
        """Start a worker; its death ends the actor, its silence counts as the actor's."""
        self._workers.append(worker)
        worker.start(self._port.loop, lambda error: self._worker_ended(worker, error))

    def stop_worker(self, worker: Worker) -> None:
        """Stop a worker that is no longer needed; it may still take a moment to return."""
        worker.stop()

    def executor(self, name: str = "executor") -> SerialExecutor:
        executor = SerialExecutor(f"{self.name} {name}")
        self._workers.append(executor)
        return executor

    def ring_writer(self, name: str, largest: int, records: int, slots: int) -> RingWriter:
        return RingWriter(self.boot.shm_dir, self.boot.run_dir, name, largest, records, slots)

    def ring_reader(self, name: str) -> RingReader:
        return RingReader(self.boot.shm_dir, self.boot.run_dir, name)

    def lease(self, owner: MediaOwner, ring: str, holder: str = "") -> None:
        """Keep ``ring`` filled by ``owner`` until ``release``."""
        key = (owner, ring, holder or self.name)
        if key not in self._leases:
            self._leases.add(key)
            self._renew(key)

    def release(self, owner: MediaOwner, ring: str, holder: str = "") -> None:
        key = (owner, ring, holder or self.name)
        if key in self._leases:
            self._leases.remove(key)
            self.tell(Ref(owner), Lease(ring, self._holder(key), 0))

    def hold(self, owner: MediaOwner, ring: str, wanted: bool) -> None:
        """``lease`` while it is wanted, else ``release``."""
        (self.lease if wanted else self.release)(owner, ring)

    # ---------------------------------------------------------------- life
    @classmethod
    def topics(cls) -> frozenset[str]:
        """The states and news that this actor is told."""
        kinds = {kind.__name__ for kind in (*cls.handlers, *cls.observes) if issubclass(kind, State | News)}
        return frozenset(kinds | ({SettingsView.__name__} if cls.uses_settings() else set()))

    @classmethod
    def uses_settings(cls) -> bool:
        """Whether ``self.settings`` is kept; the settings actor and the supervisor go without."""
        return True

    def begin(self) -> None:
        """For the runtime: called once, after construction."""
        self.start_task(self._beat_for_ever())
        self.start_task(self._start())

    async def _start(self) -> None:
        try:
            if self.uses_settings():
                await self._know_settings.wait()
            await self.on_start()
        except ServerError as error:
            self._to_supervisor(StartFailed(self.name, self._generation, error.detail))
            self.log.error("cannot start", reason=error.detail)
            return self._port.exit(CANNOT_START)
        self._to_supervisor(Ready(self.name, self._generation))
        self._dispatcher.mailbox.open()
        self.start_task(self._renew_leases())

    async def _finish(self) -> None:
        await self.on_stop()
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join(limits.WORKER_JOIN_S)
        self._to_supervisor(Stopped(self.name, self._generation))
        self._port.exit(0)

    async def _beat_for_ever(self) -> None:
        while True:
            stalled = next((reason for worker in self._workers if (reason := worker.stalled())), "")
            beat = Heartbeat(self.name, self._generation, len(self._dispatcher.mailbox), stalled, self._degraded)
            self._to_supervisor(beat)
            await asyncio.sleep(limits.BEAT_EVERY_S)

    # ---------------------------------------------------------------- what comes in
    def receive(self, envelope: Envelope, sender: Connection) -> None:
        """For the runtime: an envelope has arrived."""
        match envelope:
            case Request():
                self._dispatcher.request(envelope, sender)
            case Reply():
                self._peers.replied(envelope)
            case Notification():
                self._dispatcher.notification(envelope, sender)
            case Acknowledge():
                self._peers.acknowledged(envelope.sender, envelope.number)
            case Cancel():
                self._dispatcher.cancel(envelope)
            case Directory():
                self._peers.learn(envelope.version, envelope.entries, envelope.off)
            case Stop():
                self.start_task(self._finish())
            case _:
                self.log.error("unknown envelope", kind=type(envelope).__name__)

    # ---------------------------------------------------------------- states
    def state_came(self, state: State) -> None:
        """For ``Dispatcher``: known at once, handled in turn."""
        self.state_news.set()
        self.state_news.clear()
        if isinstance(state, SettingsView) and self.uses_settings() and self._settings_view is None:
            self._settings_view, self.settings = state, state.effective
            self._settled_revision = state.revision
            self._know_settings.set()

    async def state_turn(self, state: State) -> None:
        """For ``Dispatcher``: before the handler of a state."""
        if isinstance(state, SettingsView) and self.uses_settings():
            former, self._settings_view, self.settings = self._settings_view, state, state.effective
            if former is not None and (changed := changed_keys(former, state)):
                await self.on_settings(changed)

    def state_done(self, state: State) -> None:
        """For ``Dispatcher``: after the handler of a state."""
        if isinstance(state, SettingsView):
            self._settled_revision = state.revision
            self._settled.set()
            self._settled.clear()

    def _receiver_missed(self, receiver: str, count: int) -> None:
        self.log.warning("a receiver is too slow: news is dropped", receiver=receiver, count=count)

    # ---------------------------------------------------------------- what goes out
    def _to_supervisor(self, envelope: Envelope) -> None:
        self._supervisor.send(serialize(envelope))

    def _send_to(self, path: str, envelope: Envelope) -> None:
        data = serialize(envelope)
        if (connection := self._port.to(path)) is not None:
            connection.send(data)

    # ---------------------------------------------------------------- leases
    def _holder(self, key: tuple[MediaOwner, str, str]) -> str:
        return key[2] if key[2] == self.name else f"{self.name}/{key[2]}"

    def _renew(self, key: tuple[MediaOwner, str, str]) -> None:
        self.tell(Ref(key[0]), Lease(key[1], self._holder(key), limits.LEASE_TTL_S))

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
            self._port.crash(self.name, error)

    def _worker_ended(self, worker: Worker, error: BaseException | None) -> None:
        self._workers.remove(worker)
        if error is not None:
            self._port.crash(self.name, error)
        elif not worker.stopping.is_set():
            self._port.crash(self.name, RuntimeError(f"worker {worker.name} returned"))

    def _loop_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An uncaught exception: in a callback, a timer, a task that nobody awaits, or a client's connection."""
        error = context.get("exception")
        if isinstance(error, Exception) and IN_A_CONNECTION.isdisjoint(context):
            self._port.crash(self.name, error)
        self.log.warning("in a connection", what=context.get("message", ""), error=repr(error) if error else "")
