"""From the capture of a picture to the client that has it whole: MJPEG over HTTPS, H.264 over WebSocket.

.venv/bin/python -m scripts.bench.latency [--seconds 10] [--source pattern:]

By the capture time that the server sends with each picture; server and client share the clock of this machine.
"""

import argparse
import asyncio
import json
import re
import ssl
import tempfile
import time
import urllib.request
from pathlib import Path

from websockets.asyncio.client import connect

from models.http.websocket_frames import V1_HEADER
from scripts.bench import machine
from tests.wire.server import INSECURE, RunningServer

WARM_UP_S = 2.0
PART = re.compile(rb"Content-Length: (\d+)\r\nX-Timestamp: ([0-9.]+)\r\n\r\n")


def mjpeg(server: RunningServer, seconds: float) -> list[float]:
    """Seconds from capture to the last byte, one figure for each picture."""
    headers = {"Authorization": f"Bearer {server.token}"}
    request = urllib.request.Request(f"{server.url}/stream", headers=headers)  # noqa: S310
    found = []
    begin = time.time() + WARM_UP_S
    with urllib.request.urlopen(request, timeout=10, context=INSECURE) as answer:  # noqa: S310
        while time.time() < begin + seconds:
            head = b""
            while (match := PART.search(head)) is None:
                line = answer.readline()
                assert line, "the stream has ended"
                head += line
            answer.read(int(match[1]))
            now = time.time()
            if now > begin:
                found.append(now - float(match[2]))
    return found


async def websocket(server: RunningServer, seconds: float) -> list[float]:
    headers = {"Authorization": f"Bearer {server.token}"}
    insecure: ssl.SSLContext = INSECURE
    found = []
    begin = time.time() + WARM_UP_S
    async with connect(server.ws_url, ssl=insecure, additional_headers=headers, max_size=None) as socket:
        await socket.send(json.dumps({"type": "enableH264", "enable": True, "framing": "v1"}))
        while time.time() < begin + seconds:
            message = await socket.recv()
            now = time.time()
            if isinstance(message, bytes) and now > begin:
                wall_us = V1_HEADER.unpack_from(message)[5]
                found.append(now - wall_us / 1e6)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--source", default="pattern:")
    arguments = parser.parse_args()
    print(machine.describe())
    with tempfile.TemporaryDirectory() as directory:
        server = RunningServer(Path(directory) / "data", source=arguments.source)
        try:
            print(f"MJPEG over HTTPS      {machine.spread(mjpeg(server, arguments.seconds))}")
            print(f"H.264 over WebSocket  {machine.spread(asyncio.run(websocket(server, arguments.seconds)))}")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
