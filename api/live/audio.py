"""Listening: two blocks of 20 ms become one ``audio`` message, made once for all listeners."""

import asyncio
import base64
import contextlib
import math
from collections.abc import Iterator
from typing import Any

from api.context import Context
from api.live.socket import LiveSocket
from models.http.websocket_frames import text
from models.media.ring import Entry

RING = "pcm"
SILENCE_DB = -100.0


def level_db(blocks: tuple[Entry, ...]) -> float:
    """dBFS over several blocks of equal length, from the level that each carries."""
    power = sum(10 ** (-block.spare / 1000) for block in blocks) / len(blocks)
    return round(max(SILENCE_DB, 10 * math.log10(power)), 1) if power > 0 else SILENCE_DB


class AudioBroadcast:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._listeners: set[LiveSocket] = set()
        self._task: asyncio.Task[Any] | None = None
        self._number = 0  # of chunks, for ever: a gap is a loss

    def __iter__(self) -> Iterator[LiveSocket]:
        return iter(tuple(self._listeners))

    def add(self, socket: LiveSocket) -> None:
        socket.listening = True
        self._listeners.add(socket)
        if self._task is None:
            self._task = self._context.start_task(self._follow())

    def drop(self, socket: LiveSocket) -> None:
        socket.listening = False
        socket.outbox.silence()
        self._listeners.discard(socket)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _follow(self) -> None:
        first: Entry | None = None
        async with contextlib.aclosing(self._context.follow(RING)) as blocks:
            async for block in blocks:
                if first is None or (block.epoch, block.sequence) != (first.epoch, first.sequence + 1):
                    first = block
                    continue
                self._send((first, block))
                first = None

    def _send(self, blocks: tuple[Entry, Entry]) -> None:
        self._number += 1
        pcm = blocks[0].data + blocks[1].data
        message = {
            "type": "audio",
            "data": base64.b64encode(pcm).decode(),
            "seq": self._number,
            "timestamp": blocks[0].wall // 1_000_000,
            "level": level_db(blocks),
        }
        frame = text(message)
        for socket in self:
            socket.outbox.sound(frame)
            socket.wake()
