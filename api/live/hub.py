"""All sockets: admission, welcome, heartbeat and end."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable

import structlog
from aiohttp import web

from api.actor_table import ActorTableCache
from api.context import Context
from api.latest_states import LatestStates
from api.live import messages
from api.live.audio import AudioBroadcast
from api.live.broadcast import Broadcast
from api.live.messages import Message
from api.live.socket import LiveSocket
from api.live.system_info import SystemInfo
from api.live.video import VideoBroadcast
from config.device_id import device_id
from models.errors import ServerError
from models.http import limits
from models.http.handshake import Close, Event
from models.http.websocket_frames import text
from models.media.tier import Tier
from models.messages.auth import AUTH, WhoIs
from models.messages.facade import ViewersView

log = structlog.get_logger("facade")

NAME = "IP Camera"
TICK_S = 1.0
WELL = frozenset({"up", "starting", "off", "stopped"})


class Hub:
    """``viewers``: counts of all viewers. ``watchers``: addresses with an open /stream."""

    def __init__(
        self,
        context: Context,
        states: LatestStates,
        actors: ActorTableCache,
        viewers: Callable[[], ViewersView],
        watchers: Callable[[], frozenset[str]],
    ) -> None:
        self.context, self.states, self.watchers = context, states, watchers
        self.all = Broadcast()
        self.pictures, self.sound = VideoBroadcast(context, states), AudioBroadcast(context)
        self.changed: Callable[[], None] = lambda: None  # set by the ``AppState``
        self.pictures.changed = lambda: self.changed()
        self.all.tell["status"] = lambda: self.all.state(self._status())
        self._viewers = viewers
        self._device = device_id(context.boot.data_dir)
        self._system = SystemInfo(context.boot.version)
        self._started = time.monotonic()
        self._actors = actors
        self._told_at = float("-inf")

    def __len__(self) -> int:
        """The number of authenticated sockets."""
        return sum(socket.ready for socket in self.all.sockets)

    def room_for(self, address: str) -> bool:
        """Whether there is a place for one more authenticated socket; unauthenticated ones do not count."""
        counts = Counter(socket.caller.address for socket in self.all.sockets if socket.caller.authenticated)
        return counts.total() < limits.SOCKETS and counts[address] < limits.SOCKETS_PER_ADDRESS

    def make_room_for(self, stranger: str) -> bool:
        """For one more unauthenticated socket; if necessary, the address with the most of them loses one."""
        waiting = [socket for socket in self.all.sockets if not socket.caller.authenticated]
        counts = Counter(socket.caller.address for socket in waiting)
        if counts[stranger] >= limits.SOCKETS_PER_ADDRESS:
            return False
        if len(waiting) < limits.SOCKETS_WAITING:
            return True
        greediest, most = counts.most_common(1)[0]
        if most <= counts[stranger]:
            return False
        oldest = min((one for one in waiting if one.caller.address == greediest), key=lambda one: one.opened_at)
        oldest.end(Close.OVERLOADED)
        self.all.sockets.discard(oldest)
        return True

    def join(self, socket: LiveSocket) -> None:
        self.all.sockets.add(socket)

    def leave(self, socket: LiveSocket) -> None:
        self.pictures.drop(socket)
        self.sound.drop(socket)
        self.all.sockets.discard(socket)
        self.changed()

    async def welcome(self, socket: LiveSocket) -> None:
        """connected, status, system_info, mqtt_status, rtsp_status: together, with nothing between."""
        await self._actors.rows(limits.SYSTEM_INFO_EVERY_S)
        if not len(self):
            self._told_at = time.monotonic()  # in the snapshot that follows
        pro = self.context.license.is_pro
        if not pro and not socket.caller.dashboard:  # the licence ended meanwhile
            return socket.step(Event.PRO_NEEDED)
        socket.step(Event.AUTHENTICATED)  # before the status, so that wsClients counts it
        snapshot = (
            messages.connected(NAME, self.context.boot.version, self._device, pro),
            self._status(),
            self._system_info(),
            messages.mqtt_status(self.states, pro),
            messages.rtsp_status(self.states),
        )
        socket.outbox.open([text(message) for message in snapshot])
        socket.wake()
        self.changed()

    async def close(self) -> None:
        """The server stops: 1001 to all sockets."""
        for socket in tuple(self.all.sockets):
            socket.end(Close.GOING_AWAY)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.CLOSE_S / 2):
                await asyncio.gather(*(socket.ended.wait() for socket in self.all.sockets))

    def actors_changed(self) -> None:
        """The next tick sends the table."""
        self._told_at = float("-inf")

    def _status(self) -> Message:
        warning = any(row.state not in WELL or row.detail for row in self._actors.last)
        return messages.status(self.states, self._viewers(), self.context.license, warning)

    def _system_info(self) -> Message:
        streams = {tier: self.states.video(tier) for tier in Tier}
        return self._system.info(self._actors.last, streams, self._started)

    # ---------------------------------------------------------------- once a second
    async def tick(self) -> None:
        """Heartbeats, timeouts, and periodic messages, without end."""
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            for socket in tuple(self.all.sockets):
                if not socket.transport.closing:
                    await self._look_after(socket, now)
            if len(self) and now - self._told_at >= limits.SYSTEM_INFO_EVERY_S:
                self._told_at = now
                await self._actors.rows()
                self.all.state(self._system_info())
                self.all.mark("status")

    async def _look_after(self, socket: LiveSocket, now: float) -> None:
        if not socket.ready and now - socket.opened_at > limits.AUTH_S:
            socket.answer(messages.error("Authentication timed out", "AUTH_TIMEOUT"))
            socket.step(Event.TIMED_OUT)
        elif now - socket.seen_at > limits.DEAD_AFTER_S:
            socket.end(Close.IDLE)
        elif now - socket.pinged_at > limits.PING_EVERY_S and socket.transport.backlog() <= limits.SOCKET_BACKLOG:
            socket.pinged_at = now
            with contextlib.suppress(ConnectionError):
                await socket.ws.ping()
        used = socket.seen_at > socket.refreshed_at
        if socket.ready and used and now - socket.refreshed_at > limits.REFRESH_SESSION_S:
            socket.refreshed_at = now
            socket.spawn(self._refresh(socket))

    async def _refresh(self, socket: LiveSocket) -> None:
        """Traffic keeps a session alive; one that has expired meanwhile ends its sockets."""
        caller = socket.caller
        try:
            identity = await self.context.actor(AUTH).ask(WhoIs(caller.carrier, caller.token, caller.address))
        except ServerError as error:
            log.info("a session was not refreshed", reason=error.detail)
            return
        if not identity.authenticated:
            socket.step(Event.REVOKED)


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
