"""H.264 to all watching sockets: each access unit is framed once and offered to every viewer's queue."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from api.context import Context
from api.latest_states import LatestStates
from api.live import messages
from api.live.messages import Message
from api.live.socket import LiveSocket
from models.http.limits import FIRST_PICTURE_S
from models.http.viewer_queue import Offered, ViewerQueue
from models.http.websocket_frames import AccessUnit
from models.media.annexb import codec_string
from models.media.ring import Entry
from models.media.tier import VIDEO, Tier
from models.messages.encoder import ENCODER, RequestKeyframe


class VideoBroadcast:
    def __init__(self, context: Context, states: LatestStates) -> None:
        self._context, self._states = context, states
        self._viewers: dict[LiveSocket, Message | None] = {}  # with the request that is not answered yet
        self._tasks: dict[Tier, asyncio.Task[Any]] = {}  # one per tier that is being watched
        self.changed: Callable[[], None] = lambda: None  # set by the hub

    def __len__(self) -> int:
        return len(self._viewers)

    def __iter__(self) -> Iterator[LiveSocket]:
        return iter(tuple(self._viewers))

    def add(self, socket: LiveSocket, queue: ViewerQueue, request: Message) -> None:
        """``h264_ack`` is sent with the first IDR, from its own SPS; without one in three seconds it fails."""
        socket.outbox.video = queue
        self._viewers[socket] = request
        self._follow_what_is_watched()
        self._context.actor(ENCODER).tell(RequestKeyframe(queue.tier))
        socket.spawn(self._answer_anyway(socket, queue))
        self.changed()

    def drop(self, socket: LiveSocket) -> None:
        socket.outbox.video = None
        if socket not in self._viewers:
            return
        del self._viewers[socket]
        self._follow_what_is_watched()
        self.changed()

    def _follow_what_is_watched(self) -> None:
        watched = {queue.tier for _, queue in self._watching()}
        for tier in watched - self._tasks.keys():
            self._tasks[tier] = self._context.start_task(self._follow(tier))
        for tier in self._tasks.keys() - watched:
            self._tasks.pop(tier).cancel()

    def _watching(self) -> list[tuple[LiveSocket, ViewerQueue]]:
        return [(socket, socket.outbox.video) for socket in self._viewers if socket.outbox.video is not None]

    def watching(self, tier: Tier) -> int:
        """How many watch this tier."""
        return sum(queue.tier == tier for _, queue in self._watching())

    def stop_all(self) -> None:
        """Streaming was switched off."""
        for socket in self:
            self.drop(socket)
            socket.answer({"type": "h264_ack", "success": True, "enabled": False})

    def tell_quality(self, except_for: LiveSocket) -> None:
        for socket, queue in self._watching():
            if socket is not except_for and queue.tier == Tier.MAIN:
                socket.answer(self._ack(queue))

    async def _follow(self, tier: Tier) -> None:
        async with contextlib.aclosing(self._context.follow(tier.ring(VIDEO))) as entries:
            async for entry in entries:
                self._offer(tier, AccessUnit(entry))

    def _offer(self, tier: Tier, unit: AccessUnit) -> None:
        now, need_key = time.monotonic(), False
        for socket, queue in self._watching():
            if queue.tier != tier:
                continue
            if queue.at_beginning and not unit.entry.key:
                self._begin(socket, queue, unit.entry)
            offered = queue.offer(unit, now)
            need_key |= offered.need_key
            self._tell(socket, queue, unit.entry, offered)
            socket.wake()
        if need_key:
            self._context.actor(ENCODER).tell(RequestKeyframe(tier))

    def _begin(self, socket: LiveSocket, queue: ViewerQueue, before: Entry) -> None:
        """Begin with the current group of pictures: the next keyframe of a camera cannot be requested."""
        group = [AccessUnit(entry) for entry in self._context.kept(queue.tier.ring(VIDEO), before)]
        if group and queue.begin(group):
            self._tell(socket, queue, group[0].entry, Offered(True, begins=True))

    def _ack(self, queue: ViewerQueue, **about: object) -> Message:
        return messages.h264_ack(self._states.video(queue.tier), queue.framing, queue.tier, **about)

    def _tell(self, socket: LiveSocket, queue: ViewerQueue, entry: Entry, offered: Offered) -> None:
        if offered.begins:
            request, self._viewers[socket] = self._viewers[socket], None
            about: Message = {"width": entry.width, "height": entry.height, "generation": entry.spare}
            codec = codec_string(entry.data)
            about |= {"codec": codec} if codec else {}
            socket.answer(self._ack(queue, **about), request)
        if offered.too_slow:
            slow = messages.error(
                "The connection is too slow for this stream",
                "RATE_LIMITED",
                hint="switch to MJPEG",
                inReplyTo="enableH264",
            )
            socket.answer(slow)

    async def _answer_anyway(self, socket: LiveSocket, queue: ViewerQueue) -> None:
        await asyncio.sleep(FIRST_PICTURE_S)
        request = self._viewers.get(socket)
        if request is not None and socket.outbox.video is queue:
            self._viewers[socket] = None
            socket.answer(messages.h264_ack(None, queue.framing, queue.tier), request)
