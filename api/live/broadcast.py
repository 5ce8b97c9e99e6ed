"""Messages to all sockets: states (newest wins, at intervals), events (never dropped), and extensions on request."""

import asyncio
import time
from collections.abc import Callable

from api.live.messages import Message
from api.live.socket import LiveSocket
from models.http import limits
from models.http.handshake import SocketState
from models.http.websocket_frames import text

EVERY_S = {
    "settings": limits.SETTINGS_EVERY_S,
    "status": limits.STATUS_EVERY_S,
    "levels": limits.LEVELS_EVERY_S,
}


class Broadcast:
    """Each message is framed once. ``tell`` has, for each kind of state, the function that sends it."""

    def __init__(self) -> None:
        self.sockets: set[LiveSocket] = set()
        self.tell: dict[str, Callable[[], None]] = {}
        self._told_at: dict[str, float] = {}
        self._marked: set[str] = set()

    def mark(self, *kinds: str) -> None:
        """Send this state soon: at once, or when its interval since the last time is over."""
        loop = asyncio.get_running_loop()
        for kind in kinds:
            if kind not in self._marked:
                self._marked.add(kind)
                due = self._told_at.get(kind, float("-inf")) + EVERY_S[kind] - time.monotonic()
                loop.call_later(max(0.0, due), self._tell, kind)

    def _tell(self, kind: str) -> None:
        self._marked.discard(kind)
        self._told_at[kind] = time.monotonic()
        self.tell[kind]()

    def state(self, message: Message) -> None:
        """To all sockets; to those that are not ready yet, after their snapshot."""
        frame = text(message)
        for socket in self.sockets:
            if socket.state is not SocketState.CLOSED:
                socket.outbox.state(message["type"], frame)
                socket.wake()

    def event(self, message: Message) -> None:
        frame = text(message)
        for socket in tuple(self.sockets):
            if socket.ready:
                socket.frame(frame)

    def wanted(self, message: Message, as_event: bool = False) -> None:
        """An extension: only to sockets that have requested it with ``hello``."""
        kind, frame = message["type"], text(message)
        for socket in tuple(self.sockets):
            if socket.ready and kind in socket.wants:
                if as_event:
                    socket.frame(frame)
                else:
                    socket.outbox.state(kind, frame)
                    socket.wake()

    def boxes(self, message: Message, watchers: frozenset[str]) -> None:
        """To clients that see the picture, over this socket or over /stream from the same address (``watchers``)."""
        frame = text(message)
        for socket in self.sockets:
            if socket.ready and (socket.watching or socket.caller.address in watchers):
                socket.outbox.boxes(frame)
                socket.wake()
