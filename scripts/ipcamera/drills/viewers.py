"""Clients on the same device that keep their connections: a viewer of /stream, a WebSocket, an RTSP player."""

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp

from scripts.ipcamera.drills.player import Player

CONNECT_S = 5.0
AGAIN_S = 0.1
CLOSE_WITHIN_S = 5.0
BEGIN = b"\xff\xd8\xff"  # of a JPEG (ITU-T T.81, SOI and the next marker)
OK = 200
REASON_CHARACTERS = 200
GOODBYE = aiohttp.ClientWSTimeout(ws_close=1.0)


class Watch:
    """Watches in its own thread until it is closed; lost connections are reopened at once.

    ``refused``: why there is no picture to watch, "" while there is one. Figures since the last ``mark``.
    """

    def __init__(self, port: int, token: str, rtsp_url: str = "") -> None:
        """``rtsp_url``: "" where RTSP is off."""
        self._base = f"https://127.0.0.1:{port}"
        self._token = token
        self.refused = "not connected yet"
        self.pictures = 0
        self._cut_off = 0
        self.player = Player(rtsp_url) if rtsp_url else None
        self._last = self._marked = time.monotonic()
        self._gap = 0.0
        self._tail = b""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    # ---------------------------------------------------------------- figures
    def mark(self) -> None:
        """Begin anew."""
        self._cut_off, self._gap, self._marked = 0, 0.0, time.monotonic()
        if self.player is not None:
            self.player.lost = 0

    @property
    def lost(self) -> int:
        """Connections that ended."""
        return self._cut_off + (self.player.lost if self.player is not None else 0)

    def longest_gap_s(self) -> float:
        """Between two pictures, the present wait included."""
        return max(self._gap, time.monotonic() - max(self._last, self._marked))

    def sees_more(self, pictures: int, within_s: float) -> bool:
        """Whether so many more pictures come in time."""
        goal, end = self.pictures + pictures, time.monotonic() + within_s
        while self.pictures < goal and time.monotonic() < end:
            time.sleep(0.02)
        return self.pictures >= goal

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._all.cancel)
        if self.player is not None:
            self.player.close()
        self._thread.join(CLOSE_WITHIN_S)

    # ---------------------------------------------------------------- in its thread
    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._all = self._loop.create_task(self._watch())
        try:
            self._loop.run_until_complete(self._all)
        except asyncio.CancelledError:
            return
        finally:
            self._loop.close()

    async def _watch(self) -> None:
        # The server of this device, on loopback: its self-made certificate proves nothing here.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with (
            aiohttp.ClientSession(
                self._base,
                connector=aiohttp.TCPConnector(ssl=context),
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            ) as session,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._again_and_again(lambda: self._view(session)))
            group.create_task(self._again_and_again(lambda: self._listen(session)))

    async def _again_and_again(self, once: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """``once`` holds one connection to its end, and counts it if it had been open."""
        while True:
            try:
                await once()
            except (aiohttp.ClientError, OSError) as error:
                self.refused = self.refused or f"no connection: {error}"
            await asyncio.sleep(AGAIN_S)

    async def _view(self, session: aiohttp.ClientSession) -> None:
        async with session.get("/stream") as answer:
            if answer.status != OK:
                self.refused = f"/stream answers {answer.status}, {(await answer.text())[:REASON_CHARACTERS]}"
                return
            self.refused, self._tail = "", b""
            with contextlib.suppress(aiohttp.ClientError, OSError):  # its end, of whatever kind
                async for data in answer.content.iter_any():
                    self._took(data)
            self._cut_off += 1

    def _took(self, data: bytes) -> None:
        self._tail += data
        if count := self._tail.count(BEGIN):
            now = time.monotonic()
            self._gap = max(self._gap, now - max(self._last, self._marked))
            self._last = now
            self.pictures += count
        self._tail = self._tail[1 - len(BEGIN) :] if not self._tail.endswith(BEGIN) else b""

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/ws", max_msg_size=0, timeout=GOODBYE) as socket:
            async for _ in socket:
                continue
            self._cut_off += 1
