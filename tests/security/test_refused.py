"""What has been tried on the landed program and was refused, against the whole program: it must stay so."""

import asyncio
import gzip
import json
from collections.abc import Iterator

import pytest

from tests.security.guests import PATIENCE_S, ask, connection, exchange, log_in
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
AFTER = b"GET /auth/status HTTP/1.1\r\nHost: x\r\n\r\n"  # what is smuggled in must not be answered


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("device") / "data")
    yield running
    running.stop()


async def answers(device: RunningServer, raw: bytes) -> bytes:
    """All that comes back until the server closes, or says no more for a moment after its first answer."""
    async with connection(device, "127.0.11.1") as (reader, writer):
        writer.write(raw)
        got = b""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while more := await (reader.read(65536) if not got else asyncio.wait_for(reader.read(65536), 0.5)):
                    got += more
        except (TimeoutError, ConnectionError):
            pass
        return got


@pytest.mark.parametrize(
    "head",
    [
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
        b"POST /auth/status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"GET /auth/status HTTP/1.1\r\nHost: x\r\nA\0B: c\r\n\r\n",
        b"GET /auth/status HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    ],
)
async def test_smuggling(device: RunningServer, head: bytes) -> None:
    got = await answers(device, head + AFTER)
    assert b" 200 " not in got, got
    assert got == b"" or got.startswith(b"HTTP/1.1 4") or got.startswith(b"HTTP/1.0 4"), got


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/js/../../app.py",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/js/..%2f..%2fapp.py",
        "/js/..%5c..%5capp.py",
        "/js//../app.py",
        "/.env",
        "/js/app.js%00.html",
        "/js/",
    ],
)
async def test_path_traversal(device: RunningServer, path: str) -> None:
    status, body = await ask(device, "127.0.11.2", "GET", path)
    assert status in (400, 404), (status, body)


async def test_a_bomb_and_a_flood_of_headers(device: RunningServer) -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    head = (
        f"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(bomb)}\r\n\r\n"
    ).encode()
    assert b"HTTP/1.1 400" in await answers(device, head + bomb)
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 1000) for number in range(500))
    got = await answers(device, b"GET / HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
    assert got == b"" or got.split()[1] == b"400"
    assert (await log_in(device, "127.0.11.3"))[0] == 200


async def test_pipelining_is_answered_in_order(device: RunningServer) -> None:
    async with connection(device, "127.0.11.4") as (reader, writer):
        for number in range(30):
            path = "/health" if number % 2 else "/nowhere"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for number in range(30):
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)).lower()
            body = await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
            assert ("actors" in json.loads(body)) is bool(number % 2)


async def test_a_redirect_leads_nowhere_else(device: RunningServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", device.http_port, local_addr=("127.0.11.5", 0))
    writer.write(b"GET //evil.example/x.html HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    got = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    assert f"Location: https://127.0.0.1:{device.https_port}/".encode() in got, got


async def test_a_session_cannot_be_chosen_by_others(device: RunningServer) -> None:
    """No fixation: a login gives a token of its own, whatever cookie it comes with."""
    chosen = "ab" * 32
    async with connection(device, "127.0.11.6") as (reader, writer):
        _, body = await exchange(
            reader, writer, "POST", "/auth", {"password": device.password}, Cookie=f"session={chosen}"
        )
    assert body["token"] != chosen
    assert (await ask(device, "127.0.11.6", "GET", "/settings", Cookie=f"session={chosen}"))[0] == 401
