"""/stream: each picture to all viewers, each at its own pace.

A picture is made into a part once and the same bytes are written to every viewer whose backlog is small; the others
get the next one. Nothing is queued, so no viewer is late, needs memory, or slows another. Viewers outlive the camera
and the encoder: while there is no picture they get "no signal", for half a minute.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from api.aiohttp_internals import Unframed
from api.client_transport import ClientTransport
from api.context import Context
from api.latest_states import LatestStates
from models.errors import Unavailable
from models.http import limits, mjpeg
from models.media import sizes
from models.media.jpeg import shrunk
from models.media.ring import Entry
from models.media.tier import JPEG, Tier
from models.messages.auth import Identity

NOT_STARTED = "Camera not started"
NO_SIGNAL = Path(__file__).parent / "no_signal.jpg"
HEADERS = {
    "Content-Type": mjpeg.CONTENT_TYPE,
    "Cache-Control": "no-store, no-cache",
    "Pragma": "no-cache",
    "X-Accel-Buffering": "no",
    "Connection": "close",
}


class Multipart(Unframed):
    """Without chunks, which many players cannot read, and which would need a copy."""

    def __init__(self) -> None:
        super().__init__(HEADERS)


class Viewer:
    """One open /stream, and its client."""

    def __init__(
        self, transport: ClientTransport, mode: mjpeg.Mode, address: str, identity: Identity, tier: Tier = Tier.MAIN
    ) -> None:
        self.transport, self.mode, self.address, self.identity, self.tier = transport, mode, address, identity, tier
        self.ended = asyncio.Event()
        self._written = self._read = 0  # bytes
        self._moved = time.monotonic()

    def offer(self, data: bytes) -> None:
        """Write it, unless too much is still unread."""
        if self.transport.backlog() <= limits.STREAM_BACKLOG:
            self._written += len(data)
            self.transport.write(data)

    def check(self, now: float) -> None:
        """Once a second: is the client still there, and does it read?"""
        backlog = self.transport.backlog()
        read = self._written - backlog
        if backlog == 0 or read > self._read:
            self._moved, self._read = now, read
        if self.transport.closing:
            self.ended.set()
        elif now - self._moved > limits.STREAM_STUCK_S:
            self.transport.abort()
            self.ended.set()


class _Cast:
    """The pictures of one tier, followed while somebody watches."""

    def __init__(self, context: Context, states: LatestStates, tier: Tier) -> None:
        self.viewers: set[Viewer] = set()
        self._context, self._states, self._ring = context, states, tier.ring(JPEG)
        self._parts = mjpeg.Parts()
        self._tasks: list[asyncio.Task[Any]] = []
        self._picture_at = 0.0
        self._closed = False

    def join(self, viewer: Viewer, first: Entry) -> None:
        viewer.offer(self._parts.of(first, viewer.mode))
        self.viewers.add(viewer)
        if not self._tasks and not self._closed:
            self._picture_at = time.monotonic()
            self._tasks = [self._context.start_task(self._cast()), self._context.start_task(self._watch())]

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        if not self.viewers:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    async def close(self) -> None:
        self._closed = True
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _cast(self) -> None:
        async with contextlib.aclosing(self._context.follow(self._ring)) as pictures:
            async for entry in pictures:
                self._picture_at = time.monotonic()
                self._show(entry)

    def _show(self, entry: Entry) -> None:
        for viewer in tuple(self.viewers):
            if viewer.transport.closing:
                viewer.ended.set()
            else:
                viewer.offer(self._parts.of(entry, viewer.mode))

    async def _watch(self) -> None:
        placeholder = await asyncio.to_thread(NO_SIGNAL.read_bytes)
        while True:
            await asyncio.sleep(limits.NO_SIGNAL_EVERY_S)
            now = time.monotonic()
            for viewer in tuple(self.viewers):
                viewer.check(now)
            patience = limits.NO_SIGNAL_AFTER_S if not self._states.camera.running else limits.NO_SIGNAL_ANYWAY_AFTER_S
            missing = now - self._picture_at
            if missing > patience + limits.NO_SIGNAL_FOR_S:
                for viewer in self.viewers:
                    viewer.ended.set()
            elif missing > patience:
                self._show(Entry(0, 0, time.monotonic_ns(), time.time_ns(), 0, 0, 0, 0, 0, placeholder))


class Streams:
    """All viewers of /stream in this process."""

    def __init__(self, context: Context, states: LatestStates) -> None:
        self._casts = {tier: _Cast(context, states, tier) for tier in Tier}
        self._coming: Counter[str] = Counter()  # addresses of clients that wait for their first picture
        self.changed: Callable[[], None] = lambda: None  # set by the ``AppState``

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Viewer]:
        return iter([viewer for cast in self._casts.values() for viewer in cast.viewers])

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(viewer.address for viewer in self)

    @contextlib.contextmanager
    def place(self, address: str) -> Iterator[None]:
        """A place for one more viewer, held until it is served: many may wait for the same first picture.

        Raises:
            Unavailable: there is none.
        """
        counts = self._coming + Counter(viewer.address for viewer in self)
        if counts.total() >= limits.STREAM_CLIENTS or counts[address] >= limits.STREAM_CLIENTS_PER_ADDRESS:
            raise Unavailable("Too many connections")
        self._coming[address] += 1
        try:
            yield
        finally:
            self._coming -= Counter((address,))

    async def serve(self, viewer: Viewer, first: Entry) -> None:
        """Until the client disconnects, or streaming ends."""
        viewer.transport.write(mjpeg.opening(viewer.mode))
        cast = self._casts[viewer.tier]
        cast.join(viewer, first)
        self.changed()
        try:
            await viewer.ended.wait()
        finally:
            cast.leave(viewer)
            self.changed()

    def end(self, whose: Callable[[Identity], bool] = lambda _: True) -> None:
        """Streaming was switched off, or these viewers may no longer watch."""
        for viewer in self:
            if whose(viewer.identity):
                viewer.ended.set()

    async def close(self) -> None:
        self.end()
        for cast in self._casts.values():
            await cast.close()


async def fresh_picture(context: Context, states: LatestStates, tier: Tier = Tier.MAIN) -> Entry:
    """A picture of this tier that is at most a second old; waits for one while the camera wakes up.

    Raises:
        Unavailable: streaming is switched off, or no picture arrived in time.
    """
    if not states.camera.streaming:
        raise Unavailable(NOT_STARTED)
    ring = tier.ring(JPEG)
    entry = context.newest(ring)
    if entry is not None and _fresh(entry):
        return entry
    try:
        async with (
            asyncio.timeout(limits.SNAPSHOT_WAIT_S),
            contextlib.aclosing(context.follow(ring)) as pictures,
        ):
            async for picture in pictures:
                if _fresh(picture):
                    return picture
    except TimeoutError:
        pass
    raise Unavailable(NOT_STARTED)


async def sized_picture(context: Context, states: LatestStates, width: int) -> Entry:
    """``fresh_picture`` of this width, from the smallest sufficient tier; never enlarged.

    Raises:
        Unavailable: also where the camera's own JPEG cannot be read.
    """
    there = context.newest(JPEG)
    large = there is not None and _fresh(there)
    picture = await fresh_picture(
        context, states, Tier.MAIN if large or not _sub_gives(context, states, width) else Tier.SUB
    )
    if picture.width <= width:
        return picture
    quality = int(context.settings["jpegQuality"])
    try:
        return picture._replace(data=await asyncio.to_thread(shrunk, picture.data, width, quality))
    except ValueError:
        raise Unavailable("The camera's picture cannot be read") from None


def _sub_gives(context: Context, states: LatestStates, width: int) -> bool:
    """Whether the small stream is wide enough, and smaller than the main stream."""
    whole = (states.camera.width, states.camera.height)
    box = sizes.parse(str(context.settings["subResolution"]))
    return box is not None and 0 not in whole and width <= sizes.fitted(whole, box)[0] < whole[0]


def _fresh(entry: Entry) -> bool:
    return time.monotonic_ns() - entry.pts <= limits.FRESH_S * 1e9
