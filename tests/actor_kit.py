"""One real actor in the test's own loop: its base class as it is, over a transport that hands envelopes over by hand.

    async with ActorKit(Mqtt, boot, answers={GetCredentials: Credentials("", "")}) as kit:
        kit.state(CAMERA, "camera")
        assert await kit.ask(GetMqtt()) == ...

Every other actor is there and up, answers what ``answers`` says, and acknowledges what it is told at once; the settings
check and keep what they are asked to. What the actor asks, tells and publishes is kept in ``asked``, ``told`` and
``published``. An exception that would end the process is raised when the kit is left, or by ``check`` and ``until``.
"""

import asyncio
import itertools
import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from actors.runtime.actor import Actor
from actors.runtime.envelope import (
    Acknowledge,
    Cancel,
    Directory,
    Entry,
    Envelope,
    Heartbeat,
    Notification,
    Ready,
    Reply,
    Request,
    Start,
    StartFailed,
    Stop,
)
from actors.runtime.port import SpawnedProcess
from actors.runtime.transport import serialize
from actors.runtime.worker import SerialExecutor
from actors.tree import tree
from config.boot import Boot
from config.settings import defaults, effective, validate
from models.errors import ServerError, Unavailable, from_failure
from models.messages import Ask, Failure, News, State, Tell
from models.messages.settings import (
    ChangeResult,
    ChangeSettings,
    Credentials,
    GetCredentials,
    GetSettings,
    SetCredentials,
    SettingsView,
)

R = TypeVar("R")
P = TypeVar("P", bound="State | News")
A = TypeVar("A", bound=Actor)
GENERATION = 7
WAIT_S = 30.0  # a busy machine may be slow; nobody waits so long where all is well


class Everything(frozenset[str]):
    """The topics of an actor that listens to all there is."""

    def __contains__(self, _topic: object) -> bool:
        return True


class KitPort:
    """``actors.runtime.port.Port``."""

    def __init__(self, kit: "ActorKit[Any]") -> None:
        self._kit = kit
        self.loop = asyncio.get_running_loop()
        self.path = kit.name

    def to(self, path: str) -> "KitConnection":
        return KitConnection(self._kit, path)

    def create(self) -> SpawnedProcess:
        raise NotImplementedError

    def forget(self, created: SpawnedProcess) -> None:
        raise NotImplementedError

    def crash(self, name: str, error: BaseException) -> None:
        self._kit.crashes.append(error)
        self._kit.moved.set()

    def exit(self, code: int) -> None:
        self._kit.exit_code = code
        self._kit.moved.set()
        for task in self._kit.actor._tasks - {asyncio.current_task()}:  # in the process, nothing runs any more
            task.cancel()


class KitConnection:
    """To the process with this path; in the kit an actor's path is its name."""

    def __init__(self, kit: "ActorKit[Any]", path: str) -> None:
        self._kit, self._path = kit, path

    def send(self, data: bytes) -> None:
        self._kit.sent(self._path, pickle.loads(data))


class ActorKit(Generic[A]):
    """``answers``: message type → answer, function of the message (plain or async), or error to raise.

    ``settings``: what differs from the defaults. ``down``: actors that are not there.
    """

    def __init__(
        self,
        kind: type[A],
        boot: Boot,
        name: str = "",
        answers: Mapping[type, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        down: Iterable[str] = (),
    ) -> None:
        self.kind, self.boot = kind, boot
        children = tree(boot)
        self.name = name or next(one.name for one in children if one.class_path.endswith(f":{kind.__name__}"))
        self.answers: dict[type, Any] = {
            GetSettings: lambda _: self.view(),
            ChangeSettings: self._change_settings,
            GetCredentials: lambda message: self.credentials.get(message.owner, Credentials("", "")),
            SetCredentials: self.set_credentials,
            **(answers or {}),
        }
        self.stored: dict[str, Any] = {**defaults("3f9a1c"), **(settings or {})}
        self.credentials: dict[str, Credentials] = {}
        self.pro = True
        self.asked: list[tuple[str, Any]] = []
        self.told: list[tuple[str, Tell[Any]]] = []
        self.published: list[State | News] = []
        self.withdrawn: list[int] = []
        self.crashes: list[BaseException] = []
        self.exit_code: int | None = None
        self.start_failed = ""
        self.beat: Heartbeat | None = None
        self.moved = asyncio.Event()
        self.silent: set[str] = set()  # actors that neither answer nor acknowledge
        self.actor: A
        self._life = 0
        self._generations = dict.fromkeys((one.name for one in children), GENERATION)
        self._up = {name for name in self._generations if name not in {*down, self.name}}
        self._states: dict[tuple[type[State], str], State] = {}  # what the others have published, by publisher
        self._numbers = itertools.count(1)
        self._version = 1
        self._living = False
        self._open: dict[int, asyncio.Future[Any]] = {}
        self._acknowledged: dict[int, asyncio.Future[None]] = {}
        self._ready = False

    # ---------------------------------------------------------------- life
    async def __aenter__(self) -> "ActorKit[A]":
        await self.start()
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self.stop()
        if kind is None:
            self.check()

    async def start(self) -> None:
        """Until it is up; raises the reason why it cannot start. After ``kill`` or ``stop``: its next life."""
        if self.kind.uses_settings():
            self._states[SettingsView, "settings"] = self.view()
        self.begin()
        await self.until(lambda: self._ready or self.start_failed)
        if self.start_failed:
            await self.kill()
            raise Unavailable(self.start_failed)
        await self.idle()

    def begin(self) -> None:
        """Make it, without waiting and without settings: it knows only the states that were published before."""
        self._life += 1
        self.exit_code, self.start_failed = None, ""
        start = Start("supervisor", 1, self.name, "", self._life, self.boot, self._entries())
        self.port = KitPort(self)
        self.actor = self.kind(start, self.port, KitConnection(self, "supervisor"))
        self._living = True
        self.actor.begin()
        for (_, publisher), state in self._states.items():
            self._send_state(state, publisher)

    async def stop(self) -> None:
        """As at the end of the program."""
        if self._living and self.exit_code is None and not self.crashes:
            self._receive(Stop("supervisor", 1), "supervisor")
            await self._wait(lambda: self.exit_code is not None or self.crashes)
        await self.kill()

    async def kill(self) -> None:
        """As by SIGKILL: nothing is said to anybody, and no thread goes on."""
        if not self._living:
            return
        await asyncio.sleep(0)  # what was just made has begun: a coroutine that never did would be complained of
        self._living = self._ready = False
        tasks = tuple(self.actor._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for worker in tuple(self.actor._workers):
            worker.stop()
            await asyncio.to_thread(worker.join, WAIT_S)
            if isinstance(worker, SerialExecutor):
                await asyncio.to_thread(worker._pool.shutdown)

    async def reborn(self) -> None:
        """It is killed, and started again by the supervisor."""
        await self.kill()
        await self.start()

    def check(self) -> None:
        """Raises what would have ended the process."""
        if self.crashes:
            raise self.crashes[0]

    # ---------------------------------------------------------------- what a test does
    async def ask(self, message: Ask[Any, R], sender: str = "facade") -> R:
        """Its answer, or its ``ServerError``."""
        request_id = next(self._numbers)
        future = self._open[request_id] = asyncio.get_running_loop().create_future()
        self._receive(Request(sender, self._generations[sender], request_id, message), sender)
        async with asyncio.timeout(WAIT_S):
            answer = await future
        if isinstance(answer, Failure):
            raise from_failure(answer.code, answer.detail, dict(answer.fields))
        return answer  # type: ignore[no-any-return]

    async def tell(self, message: Tell[Any] | News | State, sender: str) -> None:
        """Until it is acknowledged; for a state: until it is handled."""
        assert type(message) in self.kind.handlers, f"{self.name} has no handler for {message}"
        if isinstance(message, State):
            self.state(message, sender)
            return await self.idle()
        number = next(self._numbers)
        future = self._acknowledged[number] = asyncio.get_running_loop().create_future()
        self._receive(Notification(sender, self._generations.get(sender, 1), number, message), sender)
        async with asyncio.timeout(WAIT_S):
            await future
        await self.idle()

    def news(self, news: News, publisher: str) -> None:
        """Another actor publishes news; nobody waits until it is handled."""
        notification = Notification(publisher, self._generations.get(publisher, 1), next(self._numbers), news)
        self._receive(notification, publisher)

    def settle(self, source: str = "http", **values: Any) -> SettingsView:
        """Settings are, or have become, these."""
        self.stored |= values
        view = replace(self.view(), source=source, revision=next(self._numbers))
        self.state(view, "settings")
        return view

    def view(self) -> SettingsView:
        """What the settings actor has published last."""
        known = self._states.get((SettingsView, "settings"))
        revision = known.revision if isinstance(known, SettingsView) else next(self._numbers)
        marks = {owner: str(hash((known.username, known.password))) for owner, known in self.credentials.items()}
        return SettingsView(dict(self.stored), effective(self.stored, self.pro), marks, revision=revision)

    def state(self, state: State, publisher: str) -> None:
        """Another actor publishes a state, now or before this one is made; see ``tell`` to wait for it."""
        self._states[type(state), publisher] = state
        if self._living:
            self._send_state(state, publisher)

    def _send_state(self, state: State, publisher: str) -> None:
        if type(state).__name__ in self.kind.topics():  # nobody is told what he does not ask for
            notification = Notification(publisher, self._generations.get(publisher, 1), next(self._numbers), state)
            self._receive(notification, publisher)

    @property
    def degraded(self) -> str:
        """What it says of itself; the next heartbeat carries it."""
        return self.actor._degraded

    def of(self, kind: type[P]) -> list[P]:
        """What it has published of this kind."""
        return [one for one in self.published if isinstance(one, kind)]

    def restart(self, name: str) -> None:
        """Another actor dies and is up again."""
        self.take_down(name)
        self.bring_up(name)

    def take_down(self, name: str) -> None:
        self._up.discard(name)
        self._tell_directory()

    def bring_up(self, name: str) -> None:
        self._generations[name] += 1
        self._up.add(name)
        self._tell_directory()

    # ---------------------------------------------------------------- the settings actor
    def _change_settings(self, message: ChangeSettings) -> ChangeResult:
        checked = validate(message.values, internal=message.internal)
        if checked.errors:
            return ChangeResult(checked.errors, (), (), self.view())
        self.stored |= checked.values
        if message.credentials is not None:
            self._keep_credentials(message.credentials)
        return ChangeResult((), (), tuple(checked.values), self.settle(message.source))

    def set_credentials(self, message: SetCredentials) -> SettingsView:
        self._keep_credentials(message)
        return self.settle()

    def _keep_credentials(self, message: SetCredentials) -> None:
        old = self.credentials.get(message.owner, Credentials("", ""))
        username = old.username if message.username is None else message.username
        password = old.password if message.password is None else message.password
        self.credentials[message.owner] = Credentials(username, password)
        self.stored[f"{message.owner}HasPassword"] = bool(password)
        if message.owner == "mqtt":
            self.stored["mqttHasUsername"] = bool(username)
        else:
            self.stored["rtspUsername"] = username

    # ---------------------------------------------------------------- the transport
    def _entries(self) -> dict[str, Entry]:
        entries = {name: Entry(name, self._generations[name], Everything()) for name in self._up}
        own = Entry(self.name, self._life, self.kind.topics(), self._ready)
        return entries | {"supervisor": Entry("supervisor", 1, Everything()), self.name: own}

    def _tell_directory(self) -> None:
        self._version += 1
        self._receive(Directory("supervisor", 1, self._version, self._entries()), "supervisor")

    def _receive(self, envelope: Envelope, sender: str) -> None:
        if self._living:
            self.actor.receive(pickle.loads(serialize(envelope)), KitConnection(self, sender))

    def sent(self, path: str, envelope: Envelope) -> None:
        """The actor has sent something to ``path``."""
        if path == self.name:
            self.port.loop.call_soon(self._receive, envelope, path)
            return
        match envelope:
            case Ready():
                self._ready = True
                self._tell_directory()
            case StartFailed(reason=reason):
                self.start_failed = reason
            case Heartbeat():
                self.beat = envelope
            case Reply(request_id=request_id, message=message):
                if request_id in self._open and not self._open[request_id].done():
                    self._open.pop(request_id).set_result(message)
            case Acknowledge(number=number):
                if number in self._acknowledged:
                    self._acknowledged.pop(number).set_result(None)
            case Request():
                self.asked.append((path, envelope.message))
                if path not in self.silent:
                    self.port.loop.create_task(self._answer(path, envelope))
            case Cancel(request_id=request_id):
                self.withdrawn.append(request_id)
            case Notification(message=message):
                if isinstance(message, Tell):
                    self.told.append((path, message))
                elif path == "supervisor":  # each goes to all: one is enough
                    self.published.append(message)
                if path not in self.silent:
                    acknowledge = Acknowledge(path, self._generations.get(path, 1), envelope.number)
                    self.port.loop.call_soon(self._receive, acknowledge, path)
        self.moved.set()

    async def _answer(self, name: str, request: Request) -> None:
        generation = self._generations.get(name, 1)
        answer = self.answers.get(type(request.message), Unavailable(f"{name} does not answer that"))
        try:
            if callable(answer):
                answer = answer(request.message)
                if asyncio.iscoroutine(answer):
                    answer = await answer
            if isinstance(answer, ServerError):
                raise answer
        except ServerError as error:
            answer = Failure(error.code, error.detail, tuple(error.fields.items()))
        if self._generations.get(name, 1) == generation and (name in self._up or name == "supervisor"):
            self._receive(Reply(name, generation, request.request_id, answer), name)

    # ---------------------------------------------------------------- waiting
    async def until(self, condition: Callable[[], object], seconds: float = WAIT_S) -> None:
        """Wait for something that the actor does; raises what ends it before."""
        await self._wait(lambda: self.crashes or condition(), seconds)
        self.check()

    async def _wait(self, condition: Callable[[], object], seconds: float = WAIT_S) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                self.moved.clear()
                try:
                    async with asyncio.timeout(0.02):
                        await self.moved.wait()
                except TimeoutError:
                    continue

    async def idle(self) -> None:
        """Until its mailbox is empty and what it has published is out."""
        await asyncio.sleep(0)
        await self.until(lambda: not len(self.actor._dispatcher.mailbox) and not self._letters_under_way())

    def _letters_under_way(self) -> bool:
        peers = self.actor._peers._peers.values()
        return any(peer.under_way or peer.notifications for peer in peers if peer.name in self._up - self.silent)
