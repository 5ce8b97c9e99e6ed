"""Messages between processes: order, size, what happens when a peer is gone or does not read."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.runtime import limits
from actors.runtime.transport import Connection, Endpoint, serialize
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
    one, two = Process(tmp_path / "one"), Process(tmp_path / "two")
    yield one, two
    one.endpoint.close()
    two.endpoint.close()


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
    with pytest.raises(TooLarge, match="at most 4 MB"):
        serialize(b"x" * (limits.MESSAGE_MAX_BYTES + 1))


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
