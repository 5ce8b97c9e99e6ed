"""An actor's entries for the server's history: bounded, in order, and kept until the event log is available."""

import asyncio
import secrets
import time
from collections import deque

from actors.runtime.actor import Actor
from config.clock import unix_ms
from models.errors import ServerError
from models.messages.event_log import EVENT_LOG, RecordSystem
from models.rate_limit import Buckets

WAITING = 64  # beyond it the oldest is dropped
PER_S, BURST = 1 / 60, 10  # of one kind, so that an attacker cannot fill the disk
KINDS = 64
AGAIN_S = 5.0


class SystemEvents:
    """The entries of one actor. Starts writing with the first one."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._waiting: deque[RecordSystem] = deque(maxlen=WAITING)
        self._rates = Buckets(PER_S, BURST, KINDS)
        self._left_out: dict[str, int] = {}
        self._writing: asyncio.Task[None] | None = None

    def note(self, kind: str, text: str) -> None:
        """Add a SYSTEM_<kind> event; ``text`` is a sentence without its full stop."""
        if not self._rates[kind].take(time.monotonic()):
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        if left_out := self._left_out.pop(kind, 0):
            text = f"{text} (and {left_out} more before that)"
        now = unix_ms()
        self._waiting.append(RecordSystem(secrets.token_hex(16), kind, now, self._actor.name, text))
        if self._writing is None or self._writing.done():
            self._writing = self._actor.start_task(self._write())

    async def _write(self) -> None:
        while self._waiting:
            first = self._waiting[0]
            try:
                await self._actor.actor(EVENT_LOG).ask(first)
            except ServerError as error:
                self._actor.log.info("not in the history yet", text=first.text, reason=error.detail)
                await asyncio.sleep(AGAIN_S)
            else:
                if self._waiting and self._waiting[0] is first:
                    self._waiting.popleft()
