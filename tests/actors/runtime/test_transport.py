"""Messages between processes: order, size, what happens when a peer is gone or does not read."""

import asyncio
import os
import pickle
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.runtime import limits, transport
from actors.runtime.transport import LAST, MORE, Connection, Endpoint, listen, serialize
from models.errors import TooLarge


class Process:
    """One endpoint, and what has come in."""

    def __init__(self, path: Path) -> None:
        self.endpoint = Endpoint(asyncio.get_running_loop(), str(path))
        self.endpoint.received = self._received
        self.messages: list[Any] = []
        self.senders: list[Connection] = []

    def _received(self, message: Any, connection: Connection) -> None:
        self.messages.append(message)
        self.senders.append(connection)

    def send(self, to: "Process", message: Any) -> bool:
        connection = self.endpoint.to(to.endpoint.path)
        if connection is not None:
            connection.send(serialize(message))
        return connection is not None

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.messages) < count:
                await asyncio.sleep(0.001)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    failed: list[Any] = []  # in a callback of the loop, which would end an actor
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    one, two = Process(tmp_path / "one"), Process(tmp_path / "two")
    yield one, two
    one.endpoint.close()
    two.endpoint.close()
    assert failed == []


async def test_messages_arrive_in_order(pair: tuple[Process, Process]) -> None:
    one, two = pair
    count = limits.PACKETS_WAITING
    for number in range(count):
        one.send(two, number)
    await two.until(count)
    assert two.messages == list(range(count))


async def test_an_answer_takes_the_way_back(pair: tuple[Process, Process]) -> None:
    one, two = pair
    one.send(two, "question")
    await two.until(1)
    two.senders[0].send(serialize("answer"))
    await one.until(1)
    assert one.messages == ["answer"]


@pytest.mark.parametrize("more", [-1, 0, 1, limits.PACKET_MAX_BYTES, 40 * limits.PACKET_MAX_BYTES])
async def test_large_messages_travel_in_parts_and_keep_their_place(pair: tuple[Process, Process], more: int) -> None:
    one, two = pair
    overhead = len(serialize(b"x" * 70_000)) - 70_000
    large = b"x" * (limits.PACKET_MAX_BYTES - overhead + more)
    for message in (1, large, 2, large, 3):
        one.send(two, message)
    await two.until(5)
    assert two.messages == [1, large, 2, large, 3]


async def test_what_is_too_large_is_refused_at_the_sender() -> None:
    overhead = len(serialize(b"x" * 70_000)) - 70_000
    most = serialize(b"x" * (limits.MESSAGE_MAX_BYTES - overhead))
    assert len(most) == limits.MESSAGE_MAX_BYTES
    assert most[:2] == b"\x80\x05", "pickle's protocol 5: bytes are not copied twice"
    with pytest.raises(TooLarge) as caught:
        serialize(b"x" * (limits.MESSAGE_MAX_BYTES - overhead + 1))
    assert caught.value.detail == "a message of 4 MB is too large; at most 4 MB"


async def test_a_peer_that_does_not_read_costs_a_bounded_queue_and_then_its_connection(
    pair: tuple[Process, Process],
) -> None:
    one, two = pair
    two.endpoint.loop.remove_reader(two.endpoint._listener)  # it never accepts
    message = b"x" * 1000
    sent = 0
    connection = one.endpoint.to(two.endpoint.path)
    assert connection is not None
    while connection._socket.fileno() >= 0 and sent < 100_000:
        connection.send(serialize(message))
        sent += 1
    assert limits.PACKETS_WAITING < sent < limits.PACKETS_WAITING + 1000
    assert not one.endpoint.waiting


async def test_a_message_to_nobody_is_dropped(pair: tuple[Process, Process]) -> None:
    one, two = pair
    assert one.send(two, 1)
    await two.until(1)
    two.endpoint.close()
    await asyncio.sleep(0)
    assert not one.send(two, 2) or not one.endpoint.waiting
    assert not one.send(two, 3)


async def test_a_later_process_on_another_path_gets_nothing_of_its_former_life(tmp_path: Path) -> None:
    one, two = Process(tmp_path / "one"), Process(tmp_path / "two")
    one.send(two, "old")
    two.endpoint.close()
    later = Process(tmp_path / "three")
    one.send(later, "new")
    await later.until(1)
    assert later.messages == ["new"]
    one.endpoint.close()
    later.endpoint.close()


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3 * limits.PACKET_MAX_BYTES), max_size=12))
def test_any_sizes_in_any_order(sizes: list[int]) -> None:
    async def run() -> list[int]:
        with tempfile.TemporaryDirectory() as folder:
            one, two = Process(Path(folder, "one")), Process(Path(folder, "two"))
            for size in sizes:
                one.send(two, b"x" * size)
            await two.until(len(sizes))
            one.endpoint.close()
            two.endpoint.close()
            return [len(message) for message in two.messages]

    assert asyncio.run(run()) == sizes


async def flood(rude: socket.socket, size: int) -> None:
    for _ in range(0, size, limits.PACKET_MAX_BYTES):
        await asyncio.get_running_loop().sock_sendall(rude, b"\1" + b"x" * limits.PACKET_MAX_BYTES)


async def test_a_message_that_never_ends_closes_the_connection(pair: tuple[Process, Process]) -> None:
    _, two = pair
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as rude:
        rude.connect(two.endpoint.path)
        rude.setblocking(False)
        with pytest.raises(OSError):  # noqa: PT011 — broken pipe or reset, as it happens
            await flood(rude, 10 * limits.MESSAGE_MAX_BYTES)
    assert two.messages == []


# -------------------------------------------------------------------- one end, and a bare socket at the other
class Bare:
    """A socket that speaks the packets itself."""

    def __init__(self, to: Process) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(to.endpoint.path)
        self.socket.setblocking(False)

    def packet(self, mark: bytes, data: bytes) -> None:
        self.socket.send(mark + data)

    def closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


@pytest.fixture
def bare(pair: tuple[Process, Process]) -> Iterator[Callable[[], Bare]]:
    made: list[Bare] = []

    def make() -> Bare:
        made.append(Bare(pair[1]))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_listener_keeps_who_comes_before_it_is_read(tmp_path: Path) -> None:
    listener = listen(str(tmp_path / "early"))
    assert not listener.getblocking()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as early:
        early.connect(str(tmp_path / "early"))
        early.send(LAST + serialize("early"))
        process = Process.__new__(Process)
        process.messages, process.senders = [], []
        process.endpoint = Endpoint(asyncio.get_running_loop(), str(tmp_path / "early"), listener)
        process.endpoint.received = process._received
        await process.until(1)
    assert (process.messages, process.senders[0].path) == (["early"], "")
    process.endpoint.close()


async def test_each_message_ends_where_it_says(pair: tuple[Process, Process], bare: Callable[[], Bare]) -> None:
    first, second = bare(), bare()
    data = serialize("in parts")
    first.packet(MORE, data[:3])
    second.packet(LAST, serialize("between"))
    first.packet(MORE, data[3:5])
    first.packet(LAST, data[5:])
    first.packet(LAST, serialize("after"))
    await pair[1].until(3)
    assert sorted(pair[1].messages) == ["after", "between", "in parts"]


async def test_a_message_may_have_so_many_parts_and_no_more(
    pair: tuple[Process, Process], bare: Callable[[], Bare], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MESSAGE_MAX_BYTES", 3 * limits.PACKET_MAX_BYTES)
    one, data = bare(), pickle.dumps("whole")
    for part in (data[:1], data[1:2], data[2:3]):
        one.packet(MORE, part)
    one.packet(LAST, data[3:])
    await pair[1].until(1)
    assert pair[1].messages == ["whole"]
    for _ in range(4):
        one.packet(MORE, b"x")
    await until(one.closed)
    other = bare()
    other.packet(LAST, data)
    await pair[1].until(2)


async def test_one_that_sends_much_lets_others_have_their_turn(
    pair: tuple[Process, Process], bare: Callable[[], Bare], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PACKETS_PER_TURN", 2)
    one = bare()
    one.packet(LAST, serialize(0))
    await pair[1].until(1)
    for number in range(1, 6):
        one.packet(LAST, serialize(number))
    pair[1].senders[0]._readable()
    assert pair[1].messages == [0, 1, 2]
    await pair[1].until(6)


async def test_nothing_is_read_after_the_receiver_has_closed(
    pair: tuple[Process, Process], bare: Callable[[], Bare]
) -> None:
    _, two = pair
    seen: list[Any] = []

    def end(message: Any, connection: Connection) -> None:
        seen.append(message)
        two.endpoint.close()

    two.endpoint.received = end
    one = bare()
    one.packet(LAST, serialize(1))
    one.packet(LAST, serialize(2))
    await until(one.closed)
    assert seen == [1]


async def test_what_the_kernel_does_not_take_waits_in_order(pair: tuple[Process, Process]) -> None:
    one, two = pair
    flushed: list[bool] = []
    one.endpoint.flushed = lambda: flushed.append(one.endpoint.waiting)
    two.endpoint.loop.remove_reader(two.endpoint._listener)  # it does not accept for a while
    connection = one.endpoint.to(two.endpoint.path)
    assert connection is not None
    assert not connection._socket.getblocking()
    number = 0
    while len(connection._waiting) < 5:
        one.send(two, (number, b"x" * 40_000))
        number += 1
    one.send(two, (number, b"x" * 3 * limits.PACKET_MAX_BYTES))
    assert one.endpoint.waiting
    assert flushed == []
    two.endpoint.loop.add_reader(two.endpoint._listener, two.endpoint._accept)
    await two.until(number + 1)
    assert [message[0] for message in two.messages] == list(range(number + 1))
    await until(lambda: flushed)
    assert flushed == [False]
    await asyncio.sleep(0)
    assert not one.endpoint.loop.remove_writer(connection._socket)


async def test_so_much_waits_and_no_more(pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PACKETS_WAITING", 3)
    one, two = pair
    two.endpoint.loop.remove_reader(two.endpoint._listener)
    connection = one.endpoint.to(two.endpoint.path)
    assert connection is not None
    while len(connection._waiting) < 3:
        connection.send(serialize(b"x" * 40_000))
    assert one.endpoint.to(two.endpoint.path) is connection
    connection.send(serialize("one too many"))
    assert not connection.waiting
    assert connection._socket.fileno() < 0
    connection.send(serialize("dropped"))
    connection.close()
    again = one.endpoint.to(two.endpoint.path)
    assert again is not connection
    assert again is not None
    again.send(serialize(b"x" * 60 * limits.PACKET_MAX_BYTES))  # in the midst of a message
    assert (again.waiting, again._socket.fileno()) == (False, -1)


@pytest.mark.parametrize("found", ["reading", "writing"])
async def test_a_peer_that_dies_while_much_waits_for_it_costs_the_connection(
    pair: tuple[Process, Process], tmp_path: Path, found: str
) -> None:
    one, _ = pair
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "dying"))
        listener.listen()
        connection = one.endpoint.to(str(tmp_path / "dying"))
        assert connection is not None
        while not connection.waiting:
            connection.send(serialize(b"x" * 40_000))
    if found == "writing":
        connection._writable()
        assert connection._socket.fileno() < 0
    await until(lambda: connection._socket.fileno() < 0)
    assert not one.endpoint.waiting
    assert one.endpoint.to(str(tmp_path / "dying")) is None


class Credentials:
    """``struct ucred`` of somebody else."""

    size = 12

    def __init__(self, *values: int) -> None:
        self.values = values

    def unpack(self, data: bytes) -> tuple[int, ...]:
        assert len(data) == self.size
        return self.values


async def test_only_processes_of_our_own_user_are_let_in(
    pair: tuple[Process, Process], bare: Callable[[], Bare], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = os.getuid(), os.getuid() + 1
    monkeypatch.setattr(transport, "_CREDENTIALS", Credentials(ours, other, ours))
    stranger = bare()
    await until(stranger.closed)
    monkeypatch.setattr(transport, "_CREDENTIALS", Credentials(other, ours, other))
    friend = bare()
    friend.packet(LAST, serialize("let in"))
    await pair[1].until(1)
    monkeypatch.undo()
    assert not friend.closed()
    assert not pair[1].senders[0]._socket.getblocking()


async def test_so_many_connections_and_no_more(
    pair: tuple[Process, Process], bare: Callable[[], Bare], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PEERS", 2)
    first, second = bare(), bare()
    for one in (first, second):
        one.packet(LAST, serialize("let in"))
    await pair[1].until(2)
    third = bare()
    await until(third.closed)
    first.socket.close()
    await until(lambda: len(pair[1].endpoint._from) == 1)
    fourth = bare()
    fourth.packet(LAST, serialize("let in"))
    await pair[1].until(3)


async def test_nobody_at_the_door_is_no_error(pair: tuple[Process, Process]) -> None:
    pair[0].endpoint._accept()


async def test_one_connection_to_each_peer(pair: tuple[Process, Process], tmp_path: Path) -> None:
    one, two = pair
    connection = one.endpoint.to(two.endpoint.path)
    assert connection is not None
    assert one.endpoint.to(two.endpoint.path) is connection
    assert connection.path == two.endpoint.path
    assert one.endpoint.to(str(tmp_path / "nobody")) is None
    assert one.endpoint.to(str(tmp_path / "nobody")) is None
    assert one.endpoint.to(two.endpoint.path) is connection


async def test_a_closed_endpoint_leaves_nothing_behind(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    one, two = Process(tmp_path / "one"), Process(tmp_path / "two")
    one.send(two, 1)
    await two.until(1)
    files = [two.endpoint._listener.fileno(), two.senders[0]._socket.fileno()]
    two.endpoint.close()
    two.endpoint.close()
    assert not (tmp_path / "two").exists()
    assert not any(loop.remove_reader(file) or loop.remove_writer(file) for file in files)
    assert two.senders[0]._socket.fileno() < 0
    assert two.endpoint._from == set()
    await until(lambda: not one.endpoint._to)
    (tmp_path / "one").unlink()
    one.endpoint.close()
