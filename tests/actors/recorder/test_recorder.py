"""The real recorder, fed by real rings: when clips begin and end, where they are cut, and what a failure costs."""

import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from actors.recorder import limits
from actors.recorder.actor import Recorder
from actors.runtime.rings import RingWriter
from config.boot import Boot
from models.clips import SOUND_NS, Clip
from models.errors import Invalid, Unavailable
from models.events import Event
from models.media import fmp4, ring
from models.messages import Ok
from models.messages.detector import DetectionFrame, TrackedObject
from models.messages.event_log import (
    EventPage,
    EventRecorded,
    MakeRoom,
    QueryEvents,
    RecordClip,
    RecordSystem,
)
from models.messages.recorder import RecorderView, RecordNow
from tests.actor_kit import ActorKit
from tests.actors.shared.media.clips import clip

NS, RATE = 1_000_000_000, 25
STEP = NS // RATE
BATCH = 16  # pictures that fit into the ring
PAUSE = limits.NO_PICTURES_NS - NS // 10  # as much may pass without a picture
AAC = bytes.fromhex("010c35004034")  # not silence
SETTINGS = {"clipsEnabled": True, "clipRunUpSec": 3, "clipRunOutSec": 1, "clipMaxSec": 10}
SMALL, LARGE = clip(pictures=1000), clip(pictures=1000, size=(320, 240))


class Studio:
    """A recorder, and what it records: pictures and sound of any moment, as fast as they can be read."""

    def __init__(self, kit: ActorKit[Recorder]) -> None:
        self.kit = kit
        self.epochs = itertools.count()
        self.video = self._ring("video", 300_000)
        self.audio = self._ring("audio", 4096)
        self.begin = time.monotonic_ns()  # of the first picture
        self.next = 0
        self.heard = 0  # frames of sound
        self.put_at = self.begin
        self.film = SMALL

    def _ring(self, name: str, largest: int) -> RingWriter:
        return RingWriter(self.kit.boot.shm_dir, self.kit.boot.run_dir, name, largest, 32, 512)

    def now_is(self, second: float) -> None:
        """The film has begun so that it is there by now."""
        self.begin = time.monotonic_ns() - round(second * NS)

    def monotonic_ns(self) -> int:
        """The recorder's clock: it goes as the film does, so that a busy machine ends no clip between two pictures."""
        return self.now + min(time.monotonic_ns() - self.put_at, PAUSE)

    @property
    def view(self) -> RecorderView:
        return self.kit.of(RecorderView)[-1] if self.kit.of(RecorderView) else RecorderView((), (), False)

    async def show(self, seconds: float, sound: bool = True) -> None:
        """So much more of the film; each picture is read before the next ones push it out."""
        for left in reversed(range(round(seconds * RATE))):
            unit, pts = self.film.units[self.next % 1000], self.begin + self.next * STEP
            flags = ring.KEY | ring.PARAMETER_SETS if unit.key else 0
            wall = time.time_ns() - time.monotonic_ns() + pts
            size = (320, 240) if self.film is LARGE else (160, 120)
            about = {"flags": flags, "format": ring.FORMAT_H264, "width": size[0], "height": size[1], "spare": 1}
            self.video.put(unit.data, pts, wall, **about)
            while self.begin + self.heard * SOUND_NS <= pts:
                if sound:
                    self.audio.put(AAC, self.begin + self.heard * SOUND_NS, wall, format=ring.FORMAT_AAC)
                self.heard += 1
            self.next, self.put_at = self.next + 1, time.monotonic_ns()
            if self.next % BATCH and left:
                continue
            await self.kit.until(lambda pts=pts: self.kit.actor._last[2] >= pts)  # type: ignore[misc]

    @property
    def now(self) -> int:
        """pts of the next picture."""
        return self.begin + self.next * STEP

    def event(self, event_id: int, ago_s: float = 0.0, kind: str = "MOTION", **about: Any) -> None:
        at = (time.time_ns() - time.monotonic_ns() + self.now) // 1_000_000 - round(ago_s * 1000)
        self.kit.news(EventRecorded(Event(event_id, event_id, kind, at, {}, **about)), "event_log")

    @property
    def clips(self) -> list[Clip]:
        return [message.clip for _, message in self.kit.asked if isinstance(message, RecordClip)]

    @property
    def notes(self) -> list[str]:
        return [message.text for _, message in self.kit.asked if isinstance(message, RecordSystem)]

    def pictures(self, one: Clip) -> list[bytes]:
        with av.open(str(self.kit.boot.data_dir / one.path)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.fixture
async def studio(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    answers = {
        RecordClip: Ok(),
        MakeRoom: True,
        QueryEvents: EventPage((), ()),
        RecordSystem: lambda m: Event(1, 1, m.kind, 0, {}),
    }
    async with ActorKit(Recorder, boot, answers=answers, settings=SETTINGS) as kit:
        studio = Studio(kit)
        clock = SimpleNamespace(monotonic_ns=studio.monotonic_ns, monotonic=time.monotonic, time_ns=time.time_ns)
        monkeypatch.setattr("actors.recorder.actor.time", clock)
        yield studio


async def test_a_clip_begins_before_its_event_and_ends_after_it(studio: Studio) -> None:
    studio.now_is(11)
    await studio.show(11)
    studio.event(7, ago_s=1.3)
    await studio.kit.idle()
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    [one] = studio.clips
    assert (one.kind, one.types, one.events, one.sound) == ("event", ("MOTION",), (7,), True)
    assert 3000 <= one.run_up_ms <= 4000
    # from the IDR of the sixth second to a second after the event at 9.7: pictures 150 to 267 or so
    begun = (one.start - (time.time_ns() - time.monotonic_ns() + studio.begin) // 1_000_000) / 40
    assert abs(begun - 150) < 3
    assert abs(len(studio.pictures(one)) - 117) <= 3
    assert abs(one.duration_ms - len(studio.pictures(one)) * 40) <= 40
    await studio.kit.until(lambda: studio.view == RecorderView((), (), False))
    assert list((studio.kit.boot.data_dir / "clips" / "open").iterdir()) == []


async def test_the_clock_may_be_set_back_an_hour_between_an_event_and_its_telling(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.now_is(11)
    await studio.show(11)
    clock = SimpleNamespace(monotonic_ns=lambda: studio.now, time_ns=time.time_ns)
    monkeypatch.setattr("actors.recorder.recording.time", clock)
    studio.event(7, ago_s=-3600)
    await studio.kit.idle()
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    [one] = studio.clips
    assert 3000 <= one.run_up_ms <= 4100
    assert abs(one.duration_ms - one.run_up_ms - 1000) < 200


async def test_what_there_was_before_it_is_said_where_it_is_less(studio: Studio) -> None:
    studio.now_is(1)
    await studio.show(1)
    studio.event(7, ago_s=0.5)
    await studio.kit.idle()
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    assert 400 <= studio.clips[0].run_up_ms <= 600


async def test_without_a_picture_it_waits_for_the_first(studio: Studio) -> None:
    studio.event(7)
    await studio.kit.idle()
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    assert (studio.clips[0].events, studio.clips[0].run_up_ms) == ((7,), 0)
    with pytest.raises(Invalid):
        await studio.kit.ask(RecordNow(0))


async def test_further_events_extend_it_and_one_told_twice_does_not(studio: Studio) -> None:
    studio.now_is(8)
    await studio.show(8)
    studio.event(7, ago_s=0.5)
    await studio.kit.idle()
    await studio.show(0.2)
    studio.event(8, kind="DOG_BARK")
    studio.event(7, ago_s=0.7)
    await studio.kit.idle()
    await studio.show(2)
    await studio.kit.until(lambda: studio.clips)
    assert [(one.events, one.types) for one in studio.clips] == [((7, 8), ("DOG_BARK", "MOTION"))]


async def test_a_visit_is_cut_without_a_gap_and_ends_after_it(studio: Studio) -> None:
    studio.now_is(27)
    await studio.show(5)
    studio.event(7, kind="OBJECT_PERSON")
    await studio.kit.idle()
    await studio.show(22)
    ended = {"endTimestamp": (time.time_ns() - time.monotonic_ns() + studio.now) // 1_000_000}
    studio.event(7, ago_s=22, kind="OBJECT_PERSON", phase="disappeared", metadata=ended)
    await studio.kit.idle()
    await studio.show(4)
    await studio.kit.until(lambda: len(studio.clips) == 3)
    clips = sorted(studio.clips, key=lambda one: one.start)
    seen = [picture for one in clips for picture in studio.pictures(one)]
    first = SMALL.units.index(next(unit for unit in SMALL.units if unit.data.endswith(seen[0][4:])))
    assert len(seen) == sum(one.duration_ms for one in clips) // 40
    assert all(unit.data.endswith(picture[-20:]) for unit, picture in zip(SMALL.units[first:], seen, strict=False))
    assert all(one.duration_ms <= 10_000 and one.events == (7,) for one in clips)
    assert [later.start - one.start - one.duration_ms for one, later in itertools.pairwise(clips)] == [0, 0]


async def test_another_size_begins_another_file(studio: Studio) -> None:
    studio.now_is(8)
    await studio.show(8)
    studio.event(7)
    await studio.kit.idle()
    studio.film = LARGE
    await studio.show(3)
    await studio.kit.until(lambda: len(studio.clips) == 2)
    assert {(one.width, one.height) for one in studio.clips} == {(160, 120), (320, 240)}
    assert all(studio.pictures(one) for one in studio.clips)


async def test_without_sound_there_is_a_clip_all_the_same(studio: Studio) -> None:
    studio.now_is(5)
    await studio.show(5, sound=False)
    studio.event(7)
    await studio.kit.idle()
    await studio.show(2, sound=False)
    await studio.kit.until(lambda: studio.clips)
    assert studio.clips[0].sound is False
    with av.open(str(studio.kit.boot.data_dir / studio.clips[0].path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


async def test_sound_goes_on_through_what_is_missing_and_what_comes_twice(studio: Studio) -> None:
    """As an encoder brings it that was restarted; a player that counts frames stays in step."""
    studio.now_is(8)
    await studio.show(4)
    for pts in range(studio.now - NS, studio.now, SOUND_NS):
        studio.audio.put(AAC, pts, 0, format=ring.FORMAT_AAC)
    await studio.show(1)
    await studio.show(1.5, sound=False)
    await studio.show(1.5)
    studio.event(7, ago_s=1)
    await studio.kit.idle()
    await studio.show(2)
    await studio.kit.until(lambda: studio.clips)
    with av.open(str(studio.kit.boot.data_dir / studio.clips[0].path)) as container:
        heard = [packet for packet in container.demux(audio=0) if packet.size]
    times = [float(packet.pts * packet.time_base) for packet in heard]
    assert all(abs(at - times[0] - n * 0.064) < 0.033 for n, at in enumerate(times))
    silence = [at for at, packet in zip(times, heard, strict=True) if bytes(packet) == fmp4.AAC_SILENCE]
    assert len(silence) in (23, 24)
    assert silence[-1] - silence[0] == pytest.approx(0.064 * (len(silence) - 1))


async def test_only_events_of_the_chosen_types(studio: Studio) -> None:
    studio.kit.settle(clipEventTypes="DOG_BARK")
    await studio.kit.idle()
    studio.now_is(5)
    await studio.show(5)
    studio.event(7)
    studio.event(8, kind="SYSTEM_RESTART")
    await studio.kit.idle()
    assert studio.view.events == ()


async def test_where_nothing_may_go_it_says_so_and_tries_again(studio: Studio) -> None:
    studio.kit.answers[MakeRoom] = False
    studio.now_is(5)
    await studio.show(5)
    studio.event(7, ago_s=1)
    await studio.kit.until(lambda: studio.kit.degraded == "nothing is recorded: the disk is full")
    assert studio.notes == ["Nothing is recorded: the disk is full"]
    studio.kit.answers[MakeRoom] = True
    studio.event(8)
    await studio.kit.idle()
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    assert (studio.clips[-1].events, studio.kit.degraded) == ((8,), "")
    assert studio.notes[-1] == "Clips are recorded again"


async def test_a_disk_that_cannot_be_written_to(studio: Studio) -> None:
    (studio.kit.boot.data_dir / "clips").write_text("in the way")
    studio.now_is(5)
    await studio.show(5)
    studio.event(7, ago_s=1)
    await studio.kit.until(lambda: studio.kit.degraded == "nothing is recorded: Not a directory")


async def test_killed_in_the_middle_the_next_life_finishes_it_once(studio: Studio) -> None:
    studio.now_is(8)
    await studio.show(8)
    studio.event(7, ago_s=0.5, kind="OBJECT_PERSON")
    await studio.kit.idle()
    await studio.show(1.2)
    folder = studio.kit.boot.data_dir / "clips" / "open"
    await studio.kit.until(lambda: any(path.stat().st_size > 5_000 for path in folder.glob("*.mp4")))
    await studio.kit.reborn()
    await studio.kit.until(lambda: studio.clips)
    [one] = studio.clips
    assert one.events == (7,)
    assert len(studio.pictures(one)) >= 3 * RATE
    await studio.kit.until(lambda: studio.notes)
    assert "restarted" in studio.notes[0]
    assert list(folder.iterdir()) == []


async def test_what_goes_on_is_recorded_while_a_former_life_is_still_being_finished(studio: Studio) -> None:
    studio.now_is(8)
    await studio.show(8)
    studio.event(7, ago_s=0.5)
    await studio.kit.idle()
    await studio.kit.until(lambda: any((studio.kit.boot.data_dir / "clips" / "open").glob("*.mp4")))
    studio.kit.answers[RecordClip] = lambda _: Unavailable("restarting")
    person = Event(9, 9, "OBJECT_PERSON", time.time_ns() // 1_000_000, {})
    studio.kit.answers[QueryEvents] = EventPage((person,), ())
    await studio.kit.reborn()
    await studio.kit.until(lambda: 9 in studio.view.events)
    assert studio.view.events[0] == 7


async def test_the_event_log_is_asked_until_it_has_the_clip(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.recorder.limits.AGAIN_S", 0.05)
    refusals = iter([Unavailable("restarting"), Unavailable("full"), Ok()])
    studio.kit.answers[RecordClip] = lambda _: next(refusals)
    studio.now_is(5)
    await studio.show(5)
    studio.event(7, ago_s=1)
    await studio.kit.idle()
    await studio.show(2)
    await studio.kit.until(lambda: len(studio.clips) == 3)
    assert len({one.id for one in studio.clips}) == 1


async def test_an_event_is_said_to_get_a_clip_from_its_telling_until_the_event_log_has_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.recorder.limits.AGAIN_S", 0.05)
    studio.kit.answers[RecordClip] = lambda _: Unavailable("restarting")
    studio.event(7)
    await studio.kit.until(lambda: studio.view.events == (7,))  # it waits for a picture
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    assert studio.view.events == (7,)
    await studio.kit.reborn()
    await studio.kit.until(lambda: studio.kit.of(RecorderView))
    assert studio.view.events == (7,)
    studio.kit.answers[RecordClip] = Ok()
    await studio.kit.until(lambda: studio.view.events == ())


async def test_on_request_and_continuously_both_from_one_store(studio: Studio) -> None:
    studio.kit.settle(recordContinuously=True)
    await studio.kit.idle()
    with pytest.raises(Unavailable):
        await studio.kit.ask(RecordNow(1))
    studio.now_is(12)
    await studio.show(12)
    clip_id = await studio.kit.ask(RecordNow(1))
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    assert (studio.clips[0].id, studio.clips[0].kind, studio.clips[0].types) == (clip_id, "manual", ("MANUAL",))
    studio.kit.settle(recordContinuously=False)
    await studio.kit.until(lambda: len(studio.clips) == 2)
    whole = studio.clips[1]
    assert (whole.kind, len(studio.pictures(whole))) == ("continuous", 15 * RATE)
    assert sum(size for _, size, _ in whole.parts) + whole.head == whole.bytes == whole.written


async def test_a_request_that_cannot_be_met_costs_no_event_its_clip(studio: Studio) -> None:
    studio.event(7)
    await studio.kit.idle()
    with pytest.raises(Unavailable):
        await studio.kit.ask(RecordNow(1))
    await studio.show(3)
    await studio.kit.until(lambda: studio.clips)
    assert (studio.clips[0].events, studio.clips[0].types) == ((7,), ("MOTION",))


async def test_boxes_of_tracked_objects_lie_beside_it(studio: Studio) -> None:
    studio.now_is(5)
    await studio.show(5)
    studio.event(7)
    await studio.kit.idle()
    seen = DetectionFrame(0, 160, 120, (TrackedObject(3, "dog", 88, 0.1, 0.2, 0.3, 0.4),), 9.0, studio.now)
    await studio.kit.tell(seen, "object_detector")
    await studio.show(2)
    await studio.kit.until(lambda: studio.clips)
    boxes = Path(studio.kit.boot.data_dir / studio.clips[0].path).with_suffix(".json").read_text()
    assert boxes.endswith(',[[3,"dog",88,0.1,0.2,0.3,0.4]]]]')


def test_it_runs_only_while_something_is_to_be_recorded() -> None:
    off: dict[str, Any] = {"clipsEnabled": False, "recordContinuously": False}
    assert not Recorder.wanted(off)
    assert Recorder.wanted({**off, "clipsEnabled": True})
    assert Recorder.wanted({**off, "recordContinuously": True})
