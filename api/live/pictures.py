"""H.264 to all sockets that watch: each access unit is framed once and offered to every viewer's own queue."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from api.context import Context
from api.live import messages
from api.live.messages import Message
from api.live.socket import LiveSocket
from api.now import Now
from models.http.limits import FIRST_PICTURE_S
from models.http.live import AccessUnit
from models.http.viewer import Offered, ViewerQueue
from models.media.annexb import codec_string
from models.media.ring import Entry
from models.messages.encoder import ENCODER, RequestKeyframe

RING = "video"


class Pictures:
    def __init__(self, context: Context, now: Now) -> None:
        self._context, self._now = context, now
        self._viewers: dict[LiveSocket, Message | None] = {}  # with the request that is not answered yet
        self._task: asyncio.Task[Any] | None = None
        self.changed: Callable[[], None] = lambda: None  # set by the hub

    def __len__(self) -> int:
        return len(self._viewers)

    def __iter__(self) -> Iterator[LiveSocket]:
        return iter(tuple(self._viewers))

    def add(self, socket: LiveSocket, queue: ViewerQueue, request: Message) -> None:
        """``h264_ack`` is sent with the first IDR, from its own SPS; without one in three seconds it says so."""
        socket.outbox.video = queue
        self._viewers[socket] = request
        if self._task is None:
            self._task = self._context.start_task(self._follow())
        self._context.actor(ENCODER).tell(RequestKeyframe())
        socket.spawn(self._answer_anyway(socket, queue))
        self.changed()

    def drop(self, socket: LiveSocket) -> None:
        socket.outbox.video = None
        if socket not in self._viewers:
            return
        del self._viewers[socket]
        if not self._viewers and self._task is not None:
            self._task.cancel()
            self._task = None
        self.changed()

    def stop_all(self) -> None:
        """Streaming was switched off."""
        for socket in self:
            self.drop(socket)
            socket.answer({"type": "h264_ack", "success": True, "enabled": False})

    def tell_quality(self, except_for: LiveSocket) -> None:
        for socket in self:
            if socket is not except_for and socket.outbox.video is not None:
                socket.answer(messages.h264_ack(self._now.video(), socket.outbox.video.framing))

    async def _follow(self) -> None:
        async with contextlib.aclosing(self._context.follow(RING)) as entries:
            async for entry in entries:
                self._offer(AccessUnit(entry))

    def _offer(self, unit: AccessUnit) -> None:
        now, need_key = time.monotonic(), False
        for socket in self:
            if socket.outbox.video is None:
                continue
            if socket.outbox.video.at_beginning and not unit.entry.key:
                self._begin(socket, socket.outbox.video, unit.entry)
            offered = socket.outbox.video.offer(unit, now)
            need_key |= offered.need_key
            self._tell(socket, unit.entry, offered)
            socket.wake()
        if need_key:
            self._context.actor(ENCODER).tell(RequestKeyframe())

    def _begin(self, socket: LiveSocket, queue: ViewerQueue, before: Entry) -> None:
        """With the group of pictures that is under way, instead of waiting for the next key: cameras take no orders."""
        group = [AccessUnit(entry) for entry in self._context.kept(RING, before)]
        if group and queue.begin(group):
            self._tell(socket, group[0].entry, Offered(True, begins=True))

    def _tell(self, socket: LiveSocket, entry: Entry, offered: Offered) -> None:
        if offered.begins and socket.outbox.video is not None:
            request, self._viewers[socket] = self._viewers[socket], None
            about: Message = {"width": entry.width, "height": entry.height, "generation": entry.spare}
            codec = codec_string(entry.data)
            about |= {"codec": codec} if codec else {}
            socket.answer(messages.h264_ack(self._now.video(), socket.outbox.video.framing, **about), request)
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
            socket.answer(messages.h264_ack(None, queue.framing), request)
