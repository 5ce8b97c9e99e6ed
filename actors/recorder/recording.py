"""One recording under way: what it takes of the stream, and its task that writes it down."""

import asyncio
import errno
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from actors.recorder import limits
from actors.recorder.file import About, Growing, Part, note
from actors.runtime.worker import SerialExecutor
from models.clips import MILLISECOND, SOUND_NS, Course, Frame, Kind, Sound
from models.media import fmp4
from models.media.fmp4 import Picture, Sample

Fragment = tuple[list[Sample], int, list[Sample]]
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def new_id(start_ms: int) -> str:
    """Ids rise with time, and cannot be guessed."""
    return f"{start_ms:012x}{secrets.token_hex(6)}"


class Recording:
    """``stop`` ends it where it is; ``problem`` says why it ended before its time."""

    def __init__(
        self,
        kind: Kind,
        frames: list[Frame],
        sounds: Iterable[Sound] | None,
        picture: Picture,
        course: Course,
        moment: int,
        at_ms: int,
    ) -> None:
        """``frames``: from an IDR on; ``sounds``: None for a file without; ``moment``: pts of the event, ``at_ms``: its
        Unix time.
        """
        first = frames[0]
        start = first.wall // MILLISECOND
        run_up = max(0, moment - first.pts) // MILLISECOND
        self.course = course
        self.picture = picture
        self.about = About(
            new_id(start), kind, start, run_up, at_ms or start, picture.width, picture.height, picture.codec,
            sounds is not None,
        )  # fmt: skip
        self.closing_at: int | None = None  # pts of the end
        self.problem = ""
        self.boxes: list[tuple[int, list[list[object]]]] = []
        self.backlog = 0  # bytes that wait to be written
        self._origin = first.pts
        self._video: list[Frame] = []
        self._audio: list[Sound] = []
        self._heard_to: int | None = None  # pts up to which there is sound
        self._last = first.pts
        self._step = 0
        self._queue: asyncio.Queue[Fragment | None] = asyncio.Queue()
        self._noted = asyncio.Event()
        self.kinds: dict[int, str] = {}  # of its events
        for heard in sounds or ():
            self.sound(heard)
        for frame in frames:
            self.video(frame)

    # ---------------------------------------------------------------- what it is about
    @property
    def id(self) -> str:
        return self.about.id

    @property
    def taking(self) -> bool:
        """Whether it goes on."""
        return self.closing_at is None

    def belongs(self, kind: str, event_id: int | None = None) -> None:
        """An event of this kind is in it."""
        if kind not in self.about.types:
            self.about.types.append(kind)
        if event_id is not None and event_id not in self.about.events and len(self.about.events) < limits.EVENTS_MAX:
            self.about.events.append(event_id)
            self.kinds[event_id] = kind
        self._noted.set()

    def tracked(self, pts: int, objects: list[list[object]]) -> None:
        """Where tracked objects are."""
        if self.taking and pts >= self._origin and len(self.boxes) < limits.BOXES_MAX:
            self.boxes.append(((pts - self._origin) // MILLISECOND, objects))

    # ---------------------------------------------------------------- the stream
    def video(self, frame: Frame) -> None:
        if self.taking and self.course.over(frame.pts):
            self.close(frame.pts)
        if self.taking:
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        if self._video and (frame.key or frame.pts - self._video[0].pts >= limits.FRAGMENT_NS):
            self._flush(frame.pts)
        self._step = frame.pts - self._last or self._step
        self._last = frame.pts
        self._video.append(frame)

    def sound(self, frame: Sound) -> None:
        if self.about.sound and frame.pts >= self._origin and (self.closing_at is None or frame.pts < self.closing_at):
            self._audio.append(frame)

    def close(self, pts: int | None = None) -> None:
        """No more pictures, from ``pts`` on or from now on; late sound is still waited for."""
        if self.closing_at is None:
            here = self._last + max(self._step, MILLISECOND)
            self.closing_at = here if pts is None else min(pts, here + limits.LAST_PICTURE_NS)

    def late(self, now: int) -> bool:
        """Whether all has come that can come."""
        return self.closing_at is not None and now >= self.closing_at + limits.LATE_SOUND_NS

    def end(self) -> None:
        """Write what is left."""
        self.close()
        assert self.closing_at is not None
        self._flush(self.closing_at)
        self._queue.put_nowait(None)

    def _flush(self, until: int) -> None:
        video = [Sample(frame.pts - self._origin, frame.data, frame.key) for frame in self._video]
        audio = [Sample(frame.pts - self._origin, frame.data) for frame in self._heard(until)]
        self._video = []
        if video or audio:
            self.backlog += sum(len(sample.data) for sample in (*video, *audio))
            self._queue.put_nowait((video, until - self._origin, audio))

    def _heard(self, until: int) -> Iterator[Sound]:
        """The sound before ``until``, silence where it is missing: some players count frames, not time."""
        while self._audio and self._audio[0].pts < until:
            sound = self._audio.pop(0)
            if self._heard_to is None:
                self._heard_to = self._origin + (sound.pts - self._origin) % SOUND_NS
            while sound.pts - self._heard_to > SOUND_NS // 2:
                yield Sound(self._heard_to, fmp4.AAC_SILENCE)
                self._heard_to += SOUND_NS
            if self._heard_to - sound.pts < SOUND_NS // 2:  # else a restarted encoder brings it again
                yield sound
                self._heard_to += SOUND_NS

    # ---------------------------------------------------------------- the task
    async def write(
        self, data_dir: Path, executor: SerialExecutor, room: Callable[[bool], Awaitable[None]]
    ) -> list[Part]:
        """Until ``end``: the fragments that are on the disk. ``room`` raises OSError where there is none."""
        growing: Growing | None = None
        try:
            await room(True)
            growing = await executor.run(Growing, data_dir, self.about, self.picture)
            while (fragment := await self._queue.get()) is not None:
                video, until, audio = fragment
                await room(False)
                await executor.run(growing.append, video, until, audio)
                self.backlog -= sum(len(sample.data) for sample in (*video, *audio))
                if self._noted.is_set():
                    self._noted.clear()
                    await executor.run(note, data_dir, self.about)
            await executor.run(note, data_dir, self.about)
        except OSError as error:
            self.problem = "the disk is full" if error.errno in NO_ROOM else error.strerror or str(error)
            self.close()
        finally:
            if growing is not None:
                await executor.run(growing.close)
        return growing.parts if growing is not None else []


def pts_of(unix_ms: int) -> int:
    """When an event was that is told now: its Unix time, as long ago as the clock says it is."""
    ago = time.time_ns() - unix_ms * MILLISECOND
    return time.monotonic_ns() - min(max(ago, 0), 60 * 1000 * MILLISECOND)
