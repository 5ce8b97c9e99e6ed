"""A client of /ws made with somebody else's library, that checks every message against the schema."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from models.http.json_schema import problem
from models.http.schema import EXTENSIONS, SERVER
from tests.wire.server import INSECURE, RunningServer

SHAPES = EXTENSIONS | SERVER
SNAPSHOT = ["connected", "status", "system_info", "mqtt_status", "rtsp_status"]
PATIENCE_S = 20.0


class LiveClient:
    """``seen``: types of all messages so far. ``frames``: binary messages not yet taken."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[str] = []
        self.frames: list[bytes] = []

    @classmethod
    async def open(
        cls, server: RunningServer, credential: str = "query", token: str = "", **headers: str
    ) -> "LiveClient":
        """``credential``: query, bearer, cookie, none."""
        token = token or (server.token if credential != "none" else "")
        url = f"{server.ws_url}?token={token}" if credential == "query" else server.ws_url
        if credential == "bearer":
            headers["Authorization"] = f"Bearer {token}"
        if credential == "cookie":
            headers = {"Cookie": f"session={token}", "Origin": server.url, **headers}
        connection = await connect(url, ssl=INSECURE, additional_headers=headers, max_size=None)
        return cls(connection)

    @classmethod
    async def ready(cls, server: RunningServer, credential: str = "query", **how: str) -> "LiveClient":
        client = await cls.open(server, credential, **how)
        for kind in SNAPSHOT:
            await client.expect(kind)
        return client

    async def send(self, kind: str, **fields: object) -> None:
        await self.connection.send(json.dumps({"type": kind, **fields}))

    async def receive(self) -> dict[str, Any] | bytes:
        async with asyncio.timeout(PATIENCE_S):
            raw = await self.connection.recv()
        if isinstance(raw, bytes):
            return raw
        message: dict[str, Any] = json.loads(raw)
        assert not (found := problem(SHAPES[message["type"]], message)), (found, message)
        self.seen.append(message["type"])
        return message

    async def expect(self, kind: str) -> dict[str, Any]:
        message = await self.receive()
        assert isinstance(message, dict), message[:16]
        assert message["type"] == kind, message
        return message

    async def until(self, kind: str, where: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next message of that type; pictures that come before it are kept in ``frames``."""
        while True:
            message = await self.receive()
            if isinstance(message, bytes):
                self.frames.append(message)
            elif message["type"] == kind and where(message):
                return message

    async def frame(self) -> bytes:
        while not self.frames:
            message = await self.receive()
            if isinstance(message, bytes):
                self.frames.append(message)
        return self.frames.pop(0)

    async def closed(self) -> int:
        try:
            while True:
                await self.receive()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    async def close(self) -> None:
        await self.connection.close()
