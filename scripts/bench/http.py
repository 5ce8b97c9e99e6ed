"""Requests that are answered from states: how many a second, how late, and what ten viewers see meanwhile.

.venv/bin/python -m scripts.bench.http

Sixteen keep-alive connections from this process, which shares the processors with the server; ten MJPEG viewers watch
at the same time, in a process of their own.
"""

import asyncio
import multiprocessing
import ssl
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from scripts.bench import machine
from tests.wire.server import RunningServer

CONNECTIONS, VIEWERS = 16, 10
WARM_UP_S, MEASURE_S = 1.0, 5.0
PATHS = ("/status", "/settings", "/auth/status")


def main() -> None:
    print(machine.describe())
    with tempfile.TemporaryDirectory() as directory:
        server = RunningServer(Path(directory) / "data")
        try:
            for path in PATHS:
                _measure(server, path)
        finally:
            server.stop()


def _measure(server: RunningServer, path: str) -> None:
    here, there = multiprocessing.Pipe()
    viewers = multiprocessing.get_context("spawn").Process(target=_watch, args=(there, server.url, server.token))
    viewers.start()
    here.recv()  # each has seen a picture
    times = asyncio.run(_ask(server.url + path, server.token))
    here.send("enough")
    slowest_fps = here.recv()
    viewers.join()
    times.sort()
    print(
        f"GET {path:13} {len(times) / MEASURE_S:6.0f}/s  p50 {times[len(times) // 2] * 1e3:5.1f} ms  "
        f"p99 {times[int(len(times) * 0.99)] * 1e3:5.1f} ms; the slowest of {VIEWERS} viewers: {slowest_fps:.1f} fps"
    )


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _ask(url: str, token: str) -> list[float]:
    """Seconds that each request took, over all connections."""
    times: list[float] = []
    connector = aiohttp.TCPConnector(ssl=_trusting(), limit=CONNECTIONS)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        begin = time.perf_counter() + WARM_UP_S
        end = begin + MEASURE_S

        async def one() -> None:
            while (sent := time.perf_counter()) < end:
                async with session.get(url) as answer:
                    await answer.read()
                    assert answer.status == 200, answer.status
                if sent >= begin:
                    times.append(time.perf_counter() - sent)

        await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return times


def _watch(pipe: Any, url: str, token: str) -> None:
    pipe.send(asyncio.run(_viewers(pipe, url, token)))


async def _viewers(pipe: Any, url: str, token: str) -> float:
    """Pictures a second of the slowest, from the word that all have begun until the word that it is enough."""
    counts, watching = [0] * VIEWERS, asyncio.Event()
    connector = aiohttp.TCPConnector(ssl=_trusting(), limit=VIEWERS)
    timeout = aiohttp.ClientTimeout(total=None)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:

        async def one(number: int) -> None:
            async with session.get(f"{url}/stream") as answer:
                while line := await answer.content.readline():
                    if line.lower().startswith(b"content-length:"):
                        await answer.content.readexactly(int(line.split(b":")[1]) + 2)
                        counts[number] += 1
                        if all(counts):
                            watching.set()

        tasks = [asyncio.create_task(one(number)) for number in range(VIEWERS)]
        await watching.wait()
        pipe.send("watching")
        before, began = list(counts), time.monotonic()
        await asyncio.to_thread(pipe.recv)
        seconds = time.monotonic() - began
        for task in tasks:
            task.cancel()
        return min(now - then for now, then in zip(counts, before, strict=True)) / seconds


if __name__ == "__main__":
    main()
