"""Stands between the actor and the broker and misbehaves: knows only MQTT 3.1.1, or cuts the line at a chosen byte."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

V5 = 5
REFUSED_VERSION = b"\x20\x02\x00\x01"  # CONNACK of an old broker


class Proxy:
    """``cuts`` gives, for each connection, after how many bytes from the broker the line is cut (0: never).

    ``refuses``: the line is cut when the client sends these bytes, as brokers do whose access rules forbid a topic.
    """

    def __init__(self, target: int, old: bool = False, cuts: Iterator[int] | None = None, refuses: bytes = b"") -> None:
        self.port = 0
        self.connections = 0
        self.versions: list[int] = []
        self._target = target
        self._old = old
        self._cuts = cuts
        self._refuses = refuses
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> "Proxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.connections += 1
        first = await reader.read(4096)
        if not first:
            return
        version = first[first.index(b"MQTT") + 4]
        self.versions.append(version)
        if self._old and version == V5:
            writer.write(REFUSED_VERSION)
            await writer.drain()
            writer.close()
            return
        broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.append(broker_writer)
        broker_writer.write(first)
        left = next(self._cuts, 0) if self._cuts is not None else 0
        await asyncio.gather(
            _pipe(reader, broker_writer, _without(self._refuses)),
            _pipe(broker_reader, writer, _limited(left)),
        )


def _without(refused: bytes) -> Callable[[bytes], bytes]:
    """Passes everything until ``refused`` comes, whole in one piece."""

    def take(data: bytes) -> bytes:
        return data.partition(refused)[0] if refused else data

    return take


def _limited(limit: int) -> Callable[[bytes], bytes]:
    """Passes ``limit`` bytes and then nothing; empty cuts the line."""
    left = limit

    def take(data: bytes) -> bytes:
        nonlocal left
        if not limit:
            return data
        passed, left = data[:left], max(0, left - len(data))
        return passed

    return take


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Callable[[bytes], bytes]) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(4096):
            passed = take(data)
            writer.write(passed)
            await writer.drain()
            if len(passed) < len(data):
                break
    with contextlib.suppress(OSError):
        await writer.drain()
    writer.close()
