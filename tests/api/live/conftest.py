"""A whole HTTP surface with scripted actors, and a client that checks every message against the schema."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from api.app import build_app
from api.app_state import APP_STATE, AppState
from api.live import broadcast, hub
from models.http.json_schema import problem
from models.http.schema import EXTENSIONS, SERVER
from models.messages.license import LicenseView
from tests.api.stage import PRO, TOKEN, Stage

SHAPES = EXTENSIONS | SERVER
SNAPSHOT = ["connected", "status", "system_info", "mqtt_status", "rtsp_status"]
PATIENCE_S = 5.0


class Caller:
    """One socket."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws

    async def send(self, kind: str, **fields: object) -> None:
        await self.ws.send_str(json.dumps({"type": kind, **fields}))

    async def receive(self) -> dict[str, Any] | bytes | int:
        """A message, a binary message, or the close code."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.ws.receive()
                if message.type is WSMsgType.TEXT:
                    return self._checked(json.loads(message.data))
                if message.type is WSMsgType.BINARY:
                    return bytes(message.data)
                if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}:
                    return int(self.ws.close_code or 0)

    def _checked(self, message: dict[str, Any]) -> dict[str, Any]:
        assert not (found := problem(SHAPES[message["type"]], message)), (found, message)
        return message

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next message, which must be of this type."""
        message = await self.receive()
        assert isinstance(message, dict), message
        assert message["type"] == kind, message
        return message

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of this type, whatever state is told before."""
        while True:
            message = await self.receive()
            assert not isinstance(message, int), f"closed with {message}"
            if isinstance(message, dict) and message["type"] == kind:
                return message

    async def said(self) -> list[str]:
        """The types of all messages that were on their way."""
        await self.send("ping")
        kinds: list[str] = []
        while not kinds or kinds[-1] != "pong":
            message = await self.receive()
            assert isinstance(message, dict), message
            kinds.append(message["type"])
        return kinds

    async def closed(self) -> int:
        while not isinstance(message := await self.receive(), int):
            continue
        return message

    async def snapshot(self) -> dict[str, dict[str, Any]]:
        return {kind: await self.expect(kind) for kind in SNAPSHOT}


class Surface:
    def __init__(self, stage: Stage, client: TestClient[Any, Any], app_state: AppState) -> None:
        self.stage, self.client, self.app_state = stage, client, app_state
        self.origin = f"http://127.0.0.1:{client.port}"

    async def connect(self, carrier: str = "bearer", token: str = TOKEN, **headers: str) -> Caller:
        """``carrier``: none, bearer, query, cookie."""
        path = f"/ws?token={token}" if carrier == "query" else "/ws"
        if carrier == "bearer":
            headers["Authorization"] = f"Bearer {token}"
        if carrier == "cookie":
            headers = {"Cookie": f"session={token}", "Origin": self.origin, **headers}
        return Caller(await self.client.ws_connect(path, headers=headers, autoping=False))

    async def ready(self, carrier: str = "bearer") -> Caller:
        caller = await self.connect(carrier)
        await caller.snapshot()
        return caller


Open = Callable[..., Any]


@pytest.fixture
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who wait for what is looked at once a second, and do not mind ``system_info`` in between."""
    monkeypatch.setattr(hub, "TICK_S", 0.05)


@pytest.fixture
def status_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who wait for a second ``status``: it need not be a second after the first."""
    monkeypatch.setitem(broadcast.EVERY_S, "status", 0.05)


@pytest.fixture
async def surface(tmp_path: Path) -> AsyncIterator[Open]:
    """``await surface(license=FREE, auth=True)``"""
    async with AsyncExitStack() as stack:

        async def open_surface(license: LicenseView = PRO, auth: bool = False) -> Surface:
            stage = Stage(tmp_path, license, auth)
            app = build_app(stage)
            client: TestClient[Any, Any] = TestClient(TestServer(app))
            await stack.enter_async_context(client)
            stage.app_state = app[APP_STATE]
            return Surface(stage, client, app[APP_STATE])

        yield open_surface
