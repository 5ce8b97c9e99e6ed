"""The event log: stores events, publishes them, and answers queries. An acknowledged event is on disk."""

import asyncio
import secrets
from collections import deque

from actors.event_log import engine, limits
from actors.event_log.database import EventDatabase
from actors.event_log.group_commit import GroupCommit
from actors.event_log.id_allocation import LastPublished
from actors.event_log.store import WriteRequest
from actors.event_log.thumbnail_source import ThumbnailSource
from actors.event_log.thumbnail_store import FOLDER, FULL_FOLDER, ThumbnailStore
from actors.runtime.actor import Actor, handles
from config.clock import unix_ms
from models.clips import Clip
from models.errors import Missing, ServerError, Unavailable
from models.events import SYSTEM_PREFIX, VISITS, Detection, Event
from models.messages import Ok
from models.messages.event_log import (
    ClearEvents,
    ClipPage,
    ClipReady,
    CsvRows,
    DeleteClip,
    EndEvent,
    EndFormerVisits,
    EventBuckets,
    EventPage,
    EventRange,
    EventRecorded,
    EventsAfter,
    EventsCleared,
    ExportRows,
    GetClip,
    GetEvent,
    GetEventRange,
    GetStorageStats,
    GetThumbnail,
    KeepClip,
    MakeRoom,
    QueryBuckets,
    QueryClips,
    QueryEvents,
    RecordClip,
    RecordEvent,
    RecordSystem,
    StorageStats,
    Thumbnail,
)

DAY_MS = 86_400_000
NOTE_AGAIN_S = 10.0
BEGAN = "event_log.began"  # in the run directory, which is empty at the start of each run


class EventLog(Actor):
    critical = must_start = True

    @classmethod
    def preload(cls) -> None:
        engine.prepare()

    async def on_start(self) -> None:
        self._loop = asyncio.get_running_loop()
        write, read = self.executor("writer"), self.executor("reader")
        self._pictures = self.executor("thumbnails")
        self._database = EventDatabase(self.boot.data_dir, write, read, self._note)
        self._group_commit = GroupCommit(self._database, self.start_task)
        self._thumbnails = ThumbnailStore(self.boot.data_dir / FOLDER)
        self._full = ThumbnailStore(self.boot.data_dir / FULL_FOLDER, limits.PICTURES_MAX_BYTES)
        self._thumbnail_source = ThumbnailSource(self, self._pictures, self._thumbnails, self._full)
        self._last_published = LastPublished(self.boot.run_dir / "events.told")
        self._ended: deque[str] = deque(maxlen=limits.AGAIN)
        self._clips_told: deque[str] = deque(maxlen=limits.AGAIN)
        self._unkept: dict[str, Event] = {}  # by uid, while history is off: for their ends
        try:
            await self._database.open()
            await self._pictures.run(self._thumbnails.open)
            await self._pictures.run(self._full.open)
            began = self.boot.shm_dir / BEGAN
            if not began.exists():  # a new run of the program: no detector is left that could end a visit
                await self._database.write(lambda store: store.end_former(VISITS))
                began.touch()
            await self._tell_again()
        except (ServerError, OSError) as error:  # a full disk: opened by the first write for which there is space
            self.log.error("the history cannot be opened yet", reason=str(error))
            self.degraded(f"no event can be stored: {error}")
        self.start_task(self._housekeeping())

    async def on_stop(self) -> None:
        self._database.close()

    # ---------------------------------------------------------------- recording
    @handles(RecordEvent, max_concurrency=limits.WRITES_AT_ONCE)
    async def _record(self, message: RecordEvent) -> Event:
        detection, keep = message.detection, bool(self.settings["eventHistoryEnabled"])
        jpeg = await self._thumbnail_source.at_hand(detection.thumbnail_pts, detection.timestamp) if keep else None
        written = await self._group_commit.record(WriteRequest(detection, keep, jpeg is not None))
        if written.new:
            self._tell(written.event)
            if not keep:
                self._remember(detection.uid, written.event)
            elif jpeg is not None:
                await self._thumbnail_source.keep(written.event.event_id, jpeg)
            else:
                self.start_task(self._fetch_picture(written.event.event_id))
        return written.event

    @handles(RecordSystem, max_concurrency=limits.WRITES_AT_ONCE)
    async def _record_system(self, message: RecordSystem) -> Event:
        details = {"actor": message.actor, "text": message.text}
        kind = SYSTEM_PREFIX + message.kind.removeprefix(SYSTEM_PREFIX)
        written = await self._group_commit.record(
            WriteRequest(Detection(message.uid, kind, message.timestamp, dict(details)))
        )
        if written.new:
            self._tell(written.event)
        return written.event

    @handles(EndEvent, max_concurrency=limits.WRITES_AT_ONCE)
    async def _end(self, message: EndEvent) -> Ok:
        found = await self._database.write(
            lambda store: store.end(message.uid, message.ended, message.metadata, message.confidence)
        )
        event = found[0] if found else self._end_unkept(message)
        if event is None:
            raise Missing("no such event")
        if message.uid not in self._ended:  # published in this life; an earlier life may have died before publishing
            self._ended.append(message.uid)
            self.publish(EventRecorded(event))
        return Ok()

    @handles(EndFormerVisits)
    async def _end_former(self, message: EndFormerVisits) -> Ok:
        for event in await self._database.write(lambda store: store.end_former(message.types, message.ended)):
            self.publish(EventRecorded(event))
        return Ok()

    def _end_unkept(self, message: EndEvent) -> Event | None:
        event = self._unkept.pop(message.uid, None)
        if event is None:
            return None
        metadata = {**event.metadata, **message.metadata, "endTimestamp": message.ended}
        return Event(
            0, event.event_id, event.type, event.timestamp, event.details, event.confidence, metadata, "disappeared"
        )

    def _remember(self, uid: str, event: Event) -> None:
        self._unkept[uid] = event
        while len(self._unkept) > limits.AGAIN:
            del self._unkept[next(iter(self._unkept))]

    def _tell(self, event: Event) -> None:
        self.publish(EventRecorded(event))
        self._last_published.last = event.event_id

    async def _tell_again(self) -> None:
        """Publish what an earlier life stored, but may not have published."""
        if not self._last_published.known:
            self._last_published.last = await self._database.read(lambda queries: queries.newest_id())
            return
        events = await self._database.read(
            lambda queries: queries.after(self._last_published.last, limits.AGAIN, system=True)
        )
        for event in events:
            self._tell(event)

    async def _fetch_picture(self, event_id: int) -> None:
        if await self._thumbnail_source.fetch(event_id):
            await self._patiently(event_id)

    async def _patiently(self, event_id: int) -> None:
        try:
            await self._database.write(lambda store: store.set_thumbnail(event_id))
        except Unavailable as error:
            self.log.warning("a thumbnail could not be recorded", event_id=event_id, reason=error.detail)

    # ---------------------------------------------------------------- queries
    @handles(QueryEvents, max_concurrency=limits.READS_AT_ONCE)
    async def _query(self, message: QueryEvents) -> EventPage:
        return await self._database.read(lambda queries: queries.page(message, unix_ms()))

    @handles(QueryBuckets, max_concurrency=limits.READS_AT_ONCE)
    async def _buckets(self, message: QueryBuckets) -> EventBuckets:
        return await self._database.read(lambda queries: queries.buckets(message, unix_ms()))

    @handles(EventsAfter, max_concurrency=limits.READS_AT_ONCE)
    async def _after(self, message: EventsAfter) -> EventPage:
        events = await self._database.read(
            lambda queries: queries.after(message.event_id, message.limit, message.system)
        )
        return EventPage(events, ())

    @handles(GetEventRange, max_concurrency=limits.READS_AT_ONCE)
    async def _range(self, _: GetEventRange) -> EventRange:
        return await self._database.read(lambda queries: queries.range())

    @handles(GetStorageStats, max_concurrency=limits.READS_AT_ONCE)
    async def _stats(self, _: GetStorageStats) -> StorageStats:
        return await self._database.read(lambda queries: queries.stats())

    @handles(ExportRows, max_concurrency=limits.READS_AT_ONCE)
    async def _export(self, message: ExportRows) -> CsvRows:
        return await self._database.read(lambda queries: queries.csv(message.after_id, message.limit, message.system))

    @handles(GetEvent, max_concurrency=limits.READS_AT_ONCE)
    async def _event(self, message: GetEvent) -> Event:
        event = await self._database.read(lambda queries: queries.event(message.event_id))
        if event is None:
            raise Missing("No such event")
        return event

    @handles(GetThumbnail, max_concurrency=limits.READS_AT_ONCE)
    async def _thumbnail(self, message: GetThumbnail) -> Thumbnail:
        name = await self._database.read(lambda queries: queries.thumbnail(message.event_id))
        if message.full:
            name = f"{FULL_FOLDER}/{message.event_id}.jpg"
        path = self.boot.data_dir / name
        if not name or not path.is_file():
            raise Missing("No picture" if message.full else "No thumbnail")
        return Thumbnail(str(path))

    # ---------------------------------------------------------------- clips
    @handles(RecordClip, max_concurrency=limits.READS_AT_ONCE)
    async def _record_clip(self, message: RecordClip) -> Ok:
        clip = message.clip
        await self._database.write(lambda store: store.clips.record(clip))
        if clip.id not in self._clips_told:  # an earlier life may have died before publishing
            self._clips_told.append(clip.id)
            self.publish(ClipReady(clip))
        try:
            await self._trim_clips()
        except Unavailable as error:
            self.log.warning("old clips could not be deleted", reason=error.detail)
        return Ok()

    @handles(QueryClips, max_concurrency=limits.READS_AT_ONCE)
    async def _query_clips(self, message: QueryClips) -> ClipPage:
        allowed = self._clips_allowed
        return await self._database.read(
            lambda queries: ClipPage(queries.clips.page(message, unix_ms()), queries.clips.space(allowed))
        )

    @handles(GetClip, max_concurrency=limits.READS_AT_ONCE)
    async def _get_clip(self, message: GetClip) -> Clip:
        return await self._clip(message.id)

    async def _clip(self, clip_id: str) -> Clip:
        clip, there = await self._database.read(
            lambda queries: (found := queries.clips.get(clip_id), found is not None and queries.clips.there(found))
        )
        if clip is None:
            raise Missing("No such clip")
        if not there:
            await self._database.write(lambda store: store.clips.remove((clip_id,)))
            raise Missing("The file of this clip is missing")
        return clip

    @handles(KeepClip, max_concurrency=1)
    async def _keep_clip(self, message: KeepClip) -> Clip:
        await self._clip(message.id)
        await self._database.write(lambda store: store.clips.keep(message.id, message.keep))
        return await self._clip(message.id)

    @handles(DeleteClip, max_concurrency=1)
    async def _delete_clip(self, message: DeleteClip) -> Ok:
        if not await self._database.write(lambda store: store.clips.remove((message.id,))):
            raise Missing("No such clip")
        return Ok()

    @handles(MakeRoom, max_concurrency=1)
    async def _make_room(self, message: MakeRoom) -> bool:
        return await self._trim_clips(message.bytes)

    async def _trim_clips(self, room: int = 0) -> bool:
        before, allowed = unix_ms() - int(self.settings["clipRetentionDays"]) * DAY_MS, self._clips_allowed
        gone, fits = 0, False
        while True:
            count, fits = await self._database.write(lambda store: store.clips.trim(before, allowed, room))
            if not count:
                break
            gone += count
        if gone:
            self.log.info("old clips deleted", count=gone)
        return fits

    @property
    def _clips_allowed(self) -> int:
        return int(self.settings["clipMaxGb"]) << 30

    @handles(ClearEvents, max_concurrency=1)
    async def _clear(self, _: ClearEvents) -> int:
        count = await self._database.write(lambda store: store.clear())
        while await self._database.write(lambda store: store.clips.clear()):
            pass  # in steps, so that events are stored meanwhile
        await self._pictures.run(self._thumbnails.clear)
        await self._pictures.run(self._full.clear)
        self.publish(EventsCleared(count))
        self.start_task(self._give_back())
        return count

    # ---------------------------------------------------------------- maintenance
    async def _housekeeping(self) -> None:
        if not self._database.checked_at_start:
            checker = self.executor("checker")
            checker.patience_s = limits.CHECK_PATIENCE_S
            try:
                await self._database.check(checker)
            except Unavailable as error:
                self.log.error("the history was not checked", reason=error.detail)
        await asyncio.sleep(limits.TRIM_FIRST_S)
        while True:
            await self._trim()
            await asyncio.sleep(limits.TRIM_EVERY_S)

    async def _trim(self) -> None:
        before = unix_ms() - int(self.settings["eventRetentionDays"]) * DAY_MS
        try:
            trimmed = 0
            while count := await self._database.write(lambda store: store.trim(before)):
                trimmed += count
            if trimmed:
                await self._give_back()
                self.log.info("old events deleted", count=trimmed)
            await self._database.write(lambda store: store.drop_copies(before))
            await self._trim_clips()
            await self._database.write(lambda store: store.clips.sweep())
            await self._drop_pictures()
            kept = await self._database.write(lambda store: store.keep_reserve())
        except Unavailable as error:
            self.degraded(error.detail)
            return
        self.degraded("" if kept else "the disk is almost full: the oldest events will be deleted")

    async def _drop_pictures(self) -> None:
        """Delete those of deleted events, even if an earlier life ended between the two steps."""
        oldest = await self._database.write(lambda store: store.oldest_picture())
        for thumbnails in (self._thumbnails, self._full):
            await self._pictures.run(thumbnails.drop_before, oldest)

    async def _give_back(self) -> None:
        await self._database.write(lambda store: store.give_back())

    def _note(self, text: str) -> None:
        """From any thread: record a problem of the storage as an event."""
        self.log.warning("storage", what=text)
        note = RecordSystem(secrets.token_hex(16), "STORAGE", unix_ms(), self.name, text)
        self._loop.call_soon_threadsafe(lambda: self.start_task(self._insist(note)))

    async def _insist(self, note: RecordSystem) -> None:
        while True:
            try:
                await self._record_system(note)
            except Unavailable:
                await asyncio.sleep(NOTE_AGAIN_S)
            else:
                return
