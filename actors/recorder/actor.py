"""The actor: follows the rings and the events, and begins and ends recordings."""

import asyncio
import errno
import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from actors.recorder import file, limits
from actors.recorder.file import About, Part
from actors.recorder.recording import Recording, pts_of
from actors.recorder.sound import SoundTrack
from actors.runtime.actor import Actor, handles
from config.clock import unix_ms
from config.disk_space import free, stays_free
from models.clips import MANUAL, NS, SOUND_NS, Clip, Course, Frame, GroupStore, Kind, Sound, begin_at
from models.errors import Invalid, ServerError, Unavailable
from models.events import EVENT_TYPES, VISITS, Event
from models.media import annexb, fmp4, ring
from models.media.fmp4 import Picture
from models.media.ring import Entry
from models.messages.detector import DetectionFrame
from models.messages.event_log import EVENT_LOG, EventRecorded, MakeRoom, QueryEvents, RecordClip, RecordSystem
from models.messages.microphone import MicrophoneView
from models.messages.recorder import RecorderView, RecordNow
from models.messages.settings import Value

SWITCH: dict[Kind, str] = {"event": "clipsEnabled", "manual": "clipsEnabled", "continuous": "recordContinuously"}


@dataclass(slots=True)
class RecordingRequest:
    """A clip that waits for its first picture. ``at_ms``: Unix time of ``moment``."""

    moment: int
    at_ms: int
    kind: Kind
    course: Course
    belongs: list[tuple[str, int | None]] = field(default_factory=list)


class Recorder(Actor):
    observes = (MicrophoneView,)
    memory_mb = 320
    oom_score = 400

    @classmethod
    def wanted(cls, settings: Mapping[str, Value]) -> bool:
        return settings["clipsEnabled"] is True or settings["recordContinuously"] is True

    async def on_start(self) -> None:
        self._store = GroupStore(limits.STORE_BYTES)
        self._recordings: list[Recording] = []
        self._untold: dict[str, About] = {}  # by id: not stored by the event log yet
        self._waiting: RecordingRequest | None = None
        self._heard: deque[tuple[int, str]] = deque(maxlen=limits.EVENTS_HEARD)
        self._stream = 0  # of the stream that the kept pictures are from
        self._masked_ns = -limits.MASK_SETTLES_NS  # when another privacy mask was chosen
        self._last = (0, 0, 0)  # epoch, number and pts of the last record of the ring
        self._heard_to = 0  # pts at which the last sound ends
        self._key = 0  # pts of the last IDR
        self._broken = True  # nothing can be decoded before the next IDR
        self._problem = ""
        self._problem_at = float("-inf")
        self._shown: RecorderView | None = None
        self._writer, self._finisher = self.executor("writer"), self.executor("finisher")
        self._writer.patience_s = self._finisher.patience_s = limits.DISK_PATIENCE_S
        self._apply()
        left = await self._finisher.run(file.orphans, self.boot.data_dir)
        self._untold |= {about.id: about for about in left}
        video, sound = self.ring_reader("video"), SoundTrack(self, self._sound)
        self.lease("encoder", "video")
        video.seek_end()
        self.start_task(video.follow(self._picture, in_order=True))
        self.start_task(sound.follow())
        self.start_task(self._tick())
        self.start_task(self._go_on({event_id for about in left for event_id in about.events}))
        self.start_task(self._finish_orphans(left))

    async def on_settings(self, changed: frozenset[str]) -> None:
        self._apply()
        if "privacyMask" in changed:  # no later clip begins with earlier pictures; see ``_masked_anew``
            self._store.clear()
            self._masked_ns = time.monotonic_ns()
            self._broken = True
        for recording in self._recordings:
            if recording.taking and self.settings[SWITCH[recording.about.kind]] is not True:
                recording.close()

    async def on_stop(self) -> None:
        """What is not on disk within a moment is completed after the restart."""
        for recording in self._recordings:
            recording.end()

    def _apply(self) -> None:
        self._run_up = int(self.settings["clipRunUpSec"]) * NS
        self._run_out = int(self.settings["clipRunOutSec"]) * NS
        self._longest = int(self.settings["clipMaxSec"]) * NS
        self._store.keep_ns = self._run_up + limits.LATE_EVENT_NS if self.settings["clipsEnabled"] else 0
        self._types = set(filter(None, str(self.settings["clipEventTypes"]).split(","))) or set(EVENT_TYPES)

    # ---------------------------------------------------------------- the stream
    def _picture(self, entry: Entry) -> None:
        epoch, number, pts = self._last
        if (entry.epoch, entry.sequence) != (epoch, number + 1) or entry.flags & ring.DISCONTINUITY:
            self._broken = True
        if (self._broken and not entry.key) or entry.pts <= pts:
            return
        self._last = (entry.epoch, entry.sequence, entry.pts)
        frame = Frame(entry.pts, entry.wall, entry.key, fmp4.sample_of(entry.data))
        cut = self._cut(entry) if entry.key else []
        self._broken = not self._store.add(frame)
        for recording in self._recordings:
            recording.video(frame)
        for recording in cut:
            self._go_on_with(recording, frame)
        if frame.key:
            self._begin_what_waits(frame)

    def _cut(self, entry: Entry) -> list[Recording]:
        """Close recordings that cannot continue with this IDR: another size or codec, or they would be too long."""
        sps, pps = annexb.parameter_sets(entry.data)
        picture = Picture(sps, pps, entry.width, entry.height)
        if picture != self._store.picture or self._masked_anew(entry):
            self._store.begin(picture)
        taking = [recording for recording in self._recordings if recording.taking]
        group = entry.pts - self._key if self._key else 0  # the next one is taken to be as long as the last
        self._key = entry.pts
        cut = [one for one in taking if one.course.full(entry.pts, group) or one.picture != picture]
        for recording in cut:
            recording.close(entry.pts)
        return cut

    def _masked_anew(self, entry: Entry) -> bool:
        """Whether the stream of another privacy mask begins: it may do so before or after its setting is known here."""
        anew = entry.spare != self._stream and entry.pts - self._masked_ns < limits.MASK_SETTLES_NS
        self._stream = entry.spare
        return anew

    def _go_on_with(self, former: Recording, frame: Frame) -> None:
        """Continue without a gap."""
        course = former.course
        if former.about.kind == "continuous" or course.over(frame.pts):
            return
        course = Course(
            frame.pts, course.longest, course.until, visits=set(course.visits), idle_until=course.idle_until
        )
        belongs: list[tuple[str, int | None]] = [(kind, None) for kind in former.about.types]
        belongs += [(kind, event_id) for event_id, kind in former.kinds.items() if event_id in course.visits]
        self._begin(RecordingRequest(frame.pts, 0, former.about.kind, course, belongs), [frame])

    def _begin_what_waits(self, frame: Frame) -> None:
        request, self._waiting = self._waiting, None
        if request is not None and not request.course.over(frame.pts):
            request.course.begin = frame.pts
            self._begin(request, [frame])
        recording = any(one.taking and one.about.kind == "continuous" for one in self._recordings)
        if self.settings["recordContinuously"] and not recording and self._may_try():
            self._begin(RecordingRequest(frame.pts, 0, "continuous", Course(frame.pts, limits.CONTINUOUS_NS)), [frame])

    def _sound(self, sound: Sound) -> None:
        if sound.pts < self._heard_to - SOUND_NS // 2:
            return  # a restarted encoder begins with the content of its ring
        self._heard_to = sound.pts + SOUND_NS
        self._store.sounds.append(sound)
        for recording in self._recordings:
            recording.sound(sound)

    # ---------------------------------------------------------------- recordings
    def _begin(self, request: RecordingRequest, frames: list[Frame]) -> Recording:
        assert self._store.picture is not None
        microphone = self.latest(MicrophoneView)
        heard = bool(self._store.sounds) or (microphone is not None and microphone.state == "running")
        sounds = self._store.sounds if heard else None
        recording = Recording(
            request.kind, frames, sounds, self._store.picture, request.course, request.moment, request.at_ms
        )
        for kind, event_id in request.belongs:
            recording.belongs(kind, event_id)
        self._recordings.append(recording)
        self._untold[recording.id] = recording.about
        self.start_task(self._write(recording))
        return recording

    def _may_try(self) -> bool:
        return not self._problem or time.monotonic() - self._problem_at > limits.FULL_AGAIN_S

    async def _write(self, recording: Recording) -> None:
        parts = await recording.write(self.boot.data_dir, self._writer, self._room)
        if recording in self._recordings:
            self._recordings.remove(recording)
        await self._say(recording.problem)
        await self._complete(recording.about, parts, recording.boxes)

    async def _room(self, new: bool) -> None:
        """Raises OSError if there is no space and none can be freed."""
        folder = self.boot.data_dir
        if not new and free(folder) > stays_free(folder):
            return
        try:
            made = await self.actor(EVENT_LOG).ask(MakeRoom(limits.ROOM_BYTES))
        except ServerError as error:
            self.log.warning("no space can be freed", reason=error.detail)
            made = free(folder) > stays_free(folder)
        if not made:
            raise OSError(errno.ENOSPC, "no space")

    async def _say(self, problem: str) -> None:
        """Report a problem once when it begins, and once when it is over."""
        if problem:
            self._problem_at = time.monotonic()
        if problem != self._problem:
            self._problem = problem
            self.degraded(f"nothing is recorded: {problem}" if problem else "")
            await self._note(f"Nothing is recorded: {problem}" if problem else "Clips are recorded again")

    async def _complete(self, about: About, parts: list[Part] | None, boxes: file.Boxes = ()) -> None:
        try:
            clip = await self._finisher.run(file.finish, self.boot.data_dir, about, parts, boxes)
            if clip is not None:
                await self._tell(clip)
            await self._finisher.run(file.forget, self.boot.data_dir, about.id)
        except OSError as error:  # retried after a restart
            self.log.error("a recording was not finished", id=about.id, reason=str(error))
        del self._untold[about.id]

    async def _tell(self, clip: Clip) -> None:
        while True:
            try:
                await self.actor(EVENT_LOG).ask(RecordClip(clip))
            except ServerError as error:
                self.log.warning("the event log does not accept a clip", id=clip.id, reason=error.detail)
                await asyncio.sleep(limits.AGAIN_S)
            else:
                return

    async def _note(self, text: str) -> None:
        try:
            await self.actor(EVENT_LOG).ask(RecordSystem(secrets.token_hex(16), "CLIPS", unix_ms(), self.name, text))
        except ServerError as error:
            self.log.warning("could not be recorded", what=text, reason=error.detail)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(limits.TICK_S)
            now = time.monotonic_ns()
            for recording in tuple(self._recordings):
                if recording.taking and recording.course.over(now - limits.NO_PICTURES_NS):
                    recording.close()  # no picture has come that could have ended it
                if recording.backlog > limits.WRITING_BYTES:
                    recording.problem = "the disk is too slow"
                    recording.close()
                if recording.late(now):
                    self._recordings.remove(recording)
                    recording.end()
            self._show()

    def _show(self) -> None:
        taking = [one for one in self._recordings if one.taking]
        waiting = (
            tuple(event_id for _, event_id in self._waiting.belongs if event_id is not None) if self._waiting else ()
        )
        view = RecorderView(
            tuple(one.id for one in self._recordings if one.about.kind != "continuous"),
            tuple(event_id for about in self._untold.values() for event_id in about.events) + waiting,
            any(one.about.kind == "continuous" for one in taking),
            self._problem,
        )
        if view != self._shown:
            self._shown = view
            self.publish_state(view)

    # ---------------------------------------------------------------- what opens and extends clips
    @handles(EventRecorded)
    def _event(self, news: EventRecorded) -> None:
        event = news.event
        if (event.event_id, event.phase) not in self._heard and self.settings["clipsEnabled"]:
            self._heard.append((event.event_id, event.phase))
            if event.type in self._types:
                self._ended(event) if event.phase == "disappeared" else self._happened(event)
                self._show()

    def _happened(self, event: Event) -> None:
        moment = pts_of(event.timestamp)
        course = self._course(moment, event.timestamp, "event", event.type, event.event_id)
        if event.type in VISITS:
            course.visit_began(event.event_id)
        course.extend(moment + self._run_out)

    def _ended(self, event: Event) -> None:
        told = event.metadata.get("endTimestamp")
        ended = pts_of(told if isinstance(told, int) else unix_ms())
        courses = [one.course for one in self._recordings] + ([self._waiting.course] if self._waiting else [])
        for course in courses:
            if event.event_id in course.visits:
                course.visit_ended(event.event_id, ended + self._run_out)

    @property
    def _under_way(self) -> Recording | None:
        """The clip in progress."""
        return next((one for one in self._recordings if one.taking and one.about.kind != "continuous"), None)

    def _course(self, moment: int, at_ms: int, kind: Kind, type_: str, event_id: int | None) -> Course:
        """The course of the clip in progress, or of a new one that begins before ``moment``."""
        if (recording := self._under_way) is not None:
            recording.belongs(type_, event_id)
            return recording.course
        if self._waiting is not None:
            self._waiting.belongs.append((type_, event_id))
            return self._waiting.course
        course = Course(moment, self._longest, moment + self._run_out)
        request = RecordingRequest(moment, at_ms, kind, course, [(type_, event_id)])
        frames = self._store.since(begin_at(moment, self._run_up, self._longest))
        if frames:
            course.begin = frames[0].pts
            self._begin(request, frames)
        else:
            self._waiting = request
        return course

    @handles(RecordNow)
    def _record_now(self, message: RecordNow) -> str:
        if not 1 <= message.seconds <= limits.MANUAL_MAX_S:
            raise Invalid(f"seconds: Value must be between 1 and {limits.MANUAL_MAX_S}")
        now = time.monotonic_ns()
        if self._under_way is None and not self._store.bytes:
            raise Unavailable("there is no picture to record")
        self._course(now, unix_ms(), "manual", MANUAL, None).extend(now + message.seconds * NS)
        assert self._under_way is not None
        return self._under_way.id

    @handles(DetectionFrame)
    def _tracked(self, _: DetectionFrame | None, seen: DetectionFrame) -> None:
        rows = [[o.track_id, o.object_class, o.confidence, o.x, o.y, o.w, o.h] for o in seen.objects]
        for recording in self._recordings:
            recording.tracked(seen.pts, rows)

    # ---------------------------------------------------------------- after a restart
    async def _finish_orphans(self, left: list[About]) -> None:
        """Complete what an earlier life has left."""
        for about in left:
            await self._complete(about, None)
        if left:
            await self._note(
                "A clip ends early because the recorder was restarted: pictures are missing until it was back"
            )

    async def _go_on(self, recorded: set[int]) -> None:
        """Record visits in progress, and events that an earlier life may have missed; it has ``recorded`` these."""
        now = unix_ms()
        try:
            asked = QueryEvents(now - limits.VISIT_MS, limit=limits.EVENTS_HEARD, summary=False)
            events = (await self.actor(EVENT_LOG).ask(asked)).events
        except ServerError as error:
            self.log.warning("events of the last moments are not known", reason=error.detail)
            return
        for event in events:
            visit = event.type in VISITS and "endTimestamp" not in event.metadata
            if visit or (event.timestamp > now - limits.RECENT_MS and event.event_id not in recorded):
                self._event(EventRecorded(event))
