"""Guests of the network: other addresses of the loopback, without the password."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.wire.server import INSECURE, RunningServer

PATIENCE_S = 30.0


async def ask(
    device: RunningServer, source: str, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any]:
    """(status, JSON) of one request over a connection of its own."""
    async with connection(device, source) as (reader, writer):
        return await exchange(reader, writer, method, path, body, **headers)


@contextlib.asynccontextmanager
async def connection(
    device: RunningServer, source: str
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", device.https_port, ssl=INSECURE, local_addr=(source, 0)
        )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any]:
    raw = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: camera", f"Content-Length: {len(raw)}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    async with asyncio.timeout(PATIENCE_S):
        writer.write("\r\n".join((*lines, "", "")).encode() + raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        answer = await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    return int(head.split()[1]), json.loads(answer) if "application/json" in head else answer


async def log_in(device: RunningServer, source: str, password: str = "") -> tuple[int, Any]:
    return await ask(device, source, "POST", "/auth", {"password": password or device.password})


def silent(port: int, source: str) -> socket.socket:
    """A TCP connection that never says a word."""
    made = socket.socket()
    made.bind((source, 0))
    made.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        made.connect(("127.0.0.1", port))
    return made


def is_cut_off(made: socket.socket) -> bool:
    try:
        return made.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def live(device: RunningServer, source: str, query: str = "", **headers: str) -> ClientConnection:
    """A WebSocket; raises ``InvalidStatus`` where the upgrade is refused."""
    how = {name.replace("_", "-"): value for name, value in headers.items()}
    return await connect(
        f"{device.ws_url}{query}", ssl=INSECURE, local_addr=(source, 0), additional_headers=how, open_timeout=PATIENCE_S
    )
