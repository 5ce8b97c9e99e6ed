"""Three sentences, each for random kills, stops and restarts of both sides, with the real base class.

An ask always ends. A tell is delivered at most once and in order. Whoever comes late knows the state.
"""

import asyncio
import pickle
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.runtime.actor import Actor, handles
from actors.runtime.envelope import Directory, Entry, Envelope, Ready, Start
from actors.runtime.port import SpawnedProcess
from config.boot import Boot
from models.errors import ServerError
from models.messages import Ask, State, Tell

BOOT = Boot(Path("/nowhere"), Path("/nowhere"), Path("/nowhere"))


@dataclass(frozen=True, slots=True)
class Request(Ask[Any, int]):
    number: int
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Order(Tell):
    own_generation: int  # of the sender
    number: int


@dataclass(frozen=True, slots=True)
class Now(State):
    own_generation: int
    number: int


class Player(Actor):
    """Asks, tells and publishes on command; what it took is kept outside of it, as its lives are short."""

    taken: ClassVar[list[tuple[str, int, int, int]]] = []  # receiver, its life, sender's life, number

    @classmethod
    def uses_settings(cls) -> bool:
        return False

    @handles(Request)
    async def _question(self, message: Request) -> int:
        await asyncio.sleep(0)
        return message.number

    @handles(Order)
    async def _order(self, message: Order) -> None:
        await asyncio.sleep(0)
        self.taken.append((self.name, self._generation, message.own_generation, message.number))

    @handles(Now)
    def _now(self, _: Now | None, __: Now) -> None: ...


class Node:
    """One process in the net: ``Port`` and mailbag. Stopped, it reads nothing; killed, it is gone."""

    def __init__(self, net: "Net", name: str, own_generation: int) -> None:
        self.net, self.name, self.own_generation = net, name, own_generation
        self.path = f"{name}.{own_generation}"
        self.loop = asyncio.get_running_loop()
        self.unread: deque[tuple[Envelope, str]] = deque()
        self.stopped = self.dead = self.up = False
        self.actor = Player(
            Start("supervisor", 1, name, "", own_generation, BOOT, net.entries()), self, Line(net, self.path, "s")
        )
        self.actor.begin()

    def to(self, path: str) -> "Line":
        return Line(self.net, self.path, path)

    def create(self) -> SpawnedProcess:
        raise NotImplementedError

    def forget(self, created: SpawnedProcess) -> None:
        raise NotImplementedError

    def crash(self, name: str, error: BaseException) -> None:
        self.net.crashes.append(error)

    def exit(self, code: int) -> None:
        self.dead = True

    def read(self) -> None:
        while self.unread and not self.stopped and not self.dead:
            envelope, sender = self.unread.popleft()
            self.actor.receive(envelope, Line(self.net, self.path, sender))

    def kill(self) -> None:
        self.dead = True
        for task in tuple(self.actor._tasks):
            task.cancel()


@dataclass
class Line:
    net: "Net"
    here: str
    there: str

    def send(self, data: bytes) -> None:
        self.net.loop.call_soon(self.net.carry, self.here, self.there, pickle.loads(data))


class Net:
    """Two actors and the directory of who lives."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.nodes: dict[str, Node] = {}
        self.lives = 1
        self.version = 0
        self.crashes: list[BaseException] = []
        self.ends: list[asyncio.Task[Any]] = []
        self.sent = 0
        self.published: dict[str, Now] = {}

    def entries(self) -> dict[str, Entry]:
        return {
            name: Entry(node.path, node.own_generation, Player.topics(), node.up)
            for name, node in self.nodes.items()
            if not node.dead
        }

    def tell_directory(self) -> None:
        self.version += 1
        for node in self.nodes.values():
            self.carry("s", node.path, Directory("supervisor", 1, self.version, self.entries()))

    def carry(self, here: str, there: str, envelope: Envelope) -> None:
        if there == "s":
            node = next((node for node in self.nodes.values() if node.path == here), None)
            if isinstance(envelope, Ready) and node is not None and not node.dead:
                node.up = True
                self.tell_directory()
            return
        for node in self.nodes.values():
            if node.path == there and not node.dead:
                node.unread.append((envelope, here))
                node.read()

    # ---------------------------------------------------------------- what may happen
    def start(self, name: str) -> None:
        if name not in self.nodes or self.nodes[name].dead:
            self.lives += 1
            self.nodes[name] = Node(self, name, self.lives)
            self.published.pop(name, None)
            self.tell_directory()

    def kill(self, name: str) -> None:
        if name in self.nodes and not self.nodes[name].dead:
            self.nodes[name].kill()
            self.tell_directory()

    def stop(self, name: str) -> None:
        if name in self.nodes:
            self.nodes[name].stopped = True

    def go_on(self, name: str) -> None:
        if name in self.nodes:
            self.nodes[name].stopped = False
            self.nodes[name].read()

    def ask(self, name: str) -> None:
        if (node := self.alive(name)) is not None:
            self.sent += 1
            self.ends.append(self.loop.create_task(self._ask(node, self.sent)))

    async def _ask(self, node: Node, number: int) -> None:
        try:
            assert await node.actor.ask(other(node.name), Request(number), 0.05) == number
        except ServerError:
            return

    def tell(self, name: str) -> None:
        if (node := self.alive(name)) is not None:
            self.sent += 1
            node.actor.tell(other(name), Order(node.own_generation, self.sent))

    def publish(self, name: str) -> None:
        if (node := self.alive(name)) is not None:
            self.sent += 1
            self.published[name] = Now(node.own_generation, self.sent)
            node.actor.publish_state(self.published[name])

    def alive(self, name: str) -> Node | None:
        node = self.nodes.get(name)
        return node if node is not None and not node.dead and not node.stopped else None


def other(name: str) -> str:
    return "b" if name == "a" else "a"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "kill", "stop", "go_on", "ask", "ask", "tell", "tell", "publish", "publish", "wait"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=40,
)
Check = Callable[[Net], Awaitable[None]]


def play(steps: list[tuple[str, str]], check: Check) -> None:
    async def run() -> None:
        Player.taken.clear()
        net = Net()
        net.start("a")
        net.start("b")
        for what, name in steps:
            if what == "wait":
                await turns(10)
            else:
                getattr(net, what)(name)
        for name in ("a", "b"):  # in the end both live
            net.go_on(name)
            net.start(name)
        await turns(50)
        await check(net)
        assert net.crashes == []
        for node in net.nodes.values():
            node.kill()
        await turns(2)

    asyncio.run(run())


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@settings(max_examples=150)
@given(STEPS)
def test_an_ask_always_ends(steps: list[tuple[str, str]]) -> None:
    async def check(net: Net) -> None:
        if net.ends:
            done, pending = await asyncio.wait(net.ends, timeout=5)
            assert not pending
            for task in done:
                task.result()
        for node in net.nodes.values():
            assert not node.actor._peers._open

    play(steps, check)


@settings(max_examples=150)
@given(STEPS)
def test_a_tell_is_delivered_at_most_once_and_in_order(steps: list[tuple[str, str]]) -> None:
    async def check(_: Net) -> None:
        streams: dict[tuple[str, int], list[int]] = {}
        for receiver, _life, sender_life, number in Player.taken:
            streams.setdefault((receiver, sender_life), []).append(number)
        for numbers in streams.values():
            assert numbers == sorted(set(numbers))

    play(steps, check)


@settings(max_examples=150)
@given(STEPS)
def test_whoever_comes_late_knows_the_state(steps: list[tuple[str, str]]) -> None:
    async def check(net: Net) -> None:
        for publisher, state in net.published.items():
            receiver = net.nodes[other(publisher)]
            assert receiver.actor.latest(Now, publisher) == state

    play(steps, check)
