"""One actor's base class over a port that records: what it says to whom, and what ends it. See also test_base."""

import asyncio
import pickle
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from actors.runtime import actor as module
from actors.runtime import limits
from actors.runtime.actor import Actor, handles
from actors.runtime.envelope import (
    Acknowledge,
    Cancel,
    Directory,
    Entry,
    Envelope,
    Heartbeat,
    Notification,
    Ready,
    Reply,
    Request,
    Start,
    StartFailed,
    Stop,
    Stopped,
)
from actors.runtime.port import SpawnedProcess
from actors.runtime.process import CANNOT_START
from config.boot import Boot
from models.errors import TimedOut, Unavailable
from models.messages import Ref
from models.messages.camera import CAMERA, CameraView, GetCamera
from models.messages.handle import Handle
from models.messages.media import Lease
from models.messages.settings import SettingsView
from tests.actors.runtime.test_base import Happened, Set

VIEW = CameraView("running", True, "test pattern", "pattern", 64, 48, 30.0)
LATER = CameraView("standby", False, "", "", 0, 0, 0.0)
ALL = frozenset({"CameraView", "Happened", "SettingsView"})
CAMERA_UP = {"camera": Entry("/run/camera", 2, ALL)}


class Line:
    """The way to one process, and what went there."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []

    def send(self, data: bytes) -> None:
        self.sent.append(pickle.loads(data))

    def messages(self) -> list[Any]:
        return [notification.message for notification in self.sent if isinstance(notification, Notification)]


class RecordingPort:
    path = "/run/me"

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.lines: dict[str, Line] = {"/run/camera": Line()}
        self.crashes: list[tuple[str, BaseException]] = []
        self.exits: list[int] = []

    def to(self, path: str) -> Line | None:
        return self.lines.get(path)

    def create(self) -> SpawnedProcess:
        raise NotImplementedError

    def forget(self, created: SpawnedProcess) -> None:
        raise NotImplementedError

    def crash(self, name: str, error: BaseException) -> None:
        self.crashes.append((name, error))

    def exit(self, code: int) -> None:
        self.exits.append(code)


class Plain(Actor):
    """It goes without settings."""

    observes = (CameraView,)

    @classmethod
    def uses_settings(cls) -> bool:
        return False

    @handles(Set)
    def _set(self, message: Set) -> None:
        self.value = message.value

    @handles(Happened)
    def _happened(self, _: Happened) -> None: ...

    @handles(GetCamera)
    def _get(self, _: GetCamera) -> CameraView:
        return VIEW


class WithSettings(Actor):
    calls: ClassVar[list[Any]] = []

    async def on_start(self) -> None:
        self.calls.append(("start", dict(self.settings)))

    async def on_settings(self, changed: frozenset[str]) -> None:
        self.calls.append((changed, dict(self.settings)))


class One:
    """An actor in its seventh life, its port, and its line to the supervisor."""

    def __init__(self, kind: type[Actor], boot: Boot, directory: dict[str, Entry]) -> None:
        self.port, self.supervisor, self.peer = RecordingPort(), Line(), Line()
        start = Start("supervisor", 1, "me", "", 7, boot, directory)
        self.actor = kind(start, self.port, self.supervisor)
        self.version = 0

    def begin(self) -> None:
        self.actor.begin()

    def receive(self, envelope: Envelope) -> None:
        self.actor.receive(envelope, self.peer)

    def learn(self, **entries: Entry) -> None:
        self.version += 1
        self.receive(Directory("supervisor", 1, self.version, entries))

    @property
    def camera(self) -> Line:
        return self.port.lines["/run/camera"]

    def said(self) -> list[Envelope]:
        """To the supervisor, without its heartbeats."""
        return [envelope for envelope in self.supervisor.sent if not isinstance(envelope, Heartbeat)]

    def beats(self) -> list[Heartbeat]:
        return [envelope for envelope in self.supervisor.sent if isinstance(envelope, Heartbeat)]

    async def end(self) -> None:
        self.port.loop.set_exception_handler(None)
        for task in tuple(self.actor._tasks):
            task.cancel()
        await turns()


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def make(boot: Boot) -> AsyncIterator[Any]:
    made: list[One] = []

    def one(kind: type[Actor] = Plain, directory: dict[str, Entry] = CAMERA_UP) -> One:
        made.append(One(kind, boot, directory))
        return made[-1]

    yield one
    for each in made:
        await each.end()


@pytest.fixture
async def one(make: Any) -> One:
    made: One = make()
    return made


def settings(**values: Any) -> SettingsView:
    return SettingsView({}, values)


# -------------------------------------------------------------------- who it is
def test_it_asks_to_be_told_what_it_handles_and_observes() -> None:
    assert Plain.topics() == {"CameraView", "Happened"}
    assert WithSettings.topics() == {"SettingsView"}
    assert Actor.uses_settings() is True


async def test_it_knows_itself_and_the_others_from_the_beginning(one: One, boot: Boot) -> None:
    assert (one.actor.name, one.actor.boot, one.actor.settings) == ("me", boot, {})
    assert one.actor.is_up("camera")
    assert not one.actor.is_up("encoder")
    with capture_logs() as logs:
        one.actor.log.warning("x")
    assert logs == [{"actor": "me", "event": "x", "log_level": "warning"}]


async def test_its_log_has_its_name_and_the_level_of_the_run(
    boot: Boot, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured: list[Any] = []
    monkeypatch.setattr(module.logs, "configure", lambda *arguments: configured.append(arguments))
    make()
    assert configured == [(boot, "me")]


# -------------------------------------------------------------------- begin and end
async def test_it_says_that_it_is_ready_and_then_begins_its_messages(one: One) -> None:
    one.begin()
    one.receive(Notification("camera", 2, 1, Set(5)))
    assert one.supervisor.sent == []
    await turns()
    assert one.said() == [Ready("me", 7)]
    assert one.peer.sent == [Acknowledge("me", 7, 1)]
    assert one.beats() == [Heartbeat("me", 7, 1, "", "")]


async def test_what_it_cannot_start_for_is_told(make: Any) -> None:
    class Broken(Plain):
        async def on_start(self) -> None:
            raise Unavailable("port 443 is taken")

    one = make(Broken)
    one.begin()
    one.receive(Notification("camera", 2, 1, Set(5)))
    with capture_logs() as logs:
        await turns()
    assert one.said() == [StartFailed("me", 7, "port 443 is taken")]
    assert one.port.exits == [CANNOT_START]
    assert [(line["log_level"], line["reason"]) for line in logs] == [("error", "port 443 is taken")]
    assert one.peer.sent == []


async def test_it_waits_for_the_settings_and_is_told_what_changes(make: Any) -> None:
    WithSettings.calls.clear()
    one = make(WithSettings)
    one.begin()
    await turns()
    assert (one.said(), WithSettings.calls) == ([], [])
    one.receive(Notification("settings", 1, 1, settings(fps=10)))
    assert one.actor.settings == {"fps": 10}
    await turns()
    assert one.said() == [Ready("me", 7)]
    one.receive(Notification("settings", 1, 2, settings(fps=10, quality=80)))
    await turns()
    one.receive(Notification("settings", 1, 3, SettingsView({}, {"fps": 10, "quality": 80}, source="mqtt")))
    await turns()
    assert WithSettings.calls == [
        ("start", {"fps": 10}),
        (frozenset({"quality"}), {"fps": 10, "quality": 80}),
    ]


async def test_changed_settings_can_be_waited_for_until_they_are_acted_upon(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SETTLED_S", 5.0)
    gate = asyncio.Event()

    class Slow(Actor):
        async def on_settings(self, changed: frozenset[str]) -> None:
            await gate.wait()

    one = make(Slow)
    one.begin()
    one.receive(Notification("settings", 1, 1, SettingsView({}, {"fps": 10}, revision=3)))
    await one.actor.settled(3)
    first, later = (asyncio.ensure_future(one.actor.settled(revision)) for revision in (4, 5))
    await turns()
    one.receive(Notification("settings", 1, 2, SettingsView({}, {"fps": 11}, revision=4)))
    await turns()
    assert not first.done()
    gate.set()
    await turns()
    assert (first.done(), later.done()) == (True, False)
    one.receive(Notification("settings", 1, 3, SettingsView({}, {"fps": 11}, revision=5)))
    await later
    one.receive(Notification("camera", 2, 1, VIEW))
    await turns()
    monkeypatch.setattr(limits, "SETTLED_S", 0.001)
    await one.actor.settled(6)  # and no longer than that
    await make().actor.settled(1)  # nor where no settings come


async def test_settings_are_not_for_those_that_go_without(one: One) -> None:
    one.begin()
    one.receive(Notification("settings", 1, 1, settings(fps=10)))
    await turns()
    assert one.actor.settings == {}
    assert one.actor._settings_view is None


class Hand:
    """A worker without a thread."""

    stalled_for = ""
    name = "hand"

    def __init__(self, calls: list[Any], name: str = "hand") -> None:
        self.calls, self.name = calls, name
        self.stopping = asyncio.Event()

    def start(self, loop: Any, on_end: Any) -> None:
        self.calls.append(("start", loop))
        self.end = on_end

    def stop(self) -> None:
        self.calls.append((self.name, "stop"))
        self.stopping.set()

    def join(self, timeout_s: float) -> None:
        self.calls.append((self.name, "join", timeout_s))

    def stalled(self) -> str:
        return self.stalled_for


async def test_a_clean_end(make: Any) -> None:
    calls: list[Any] = []

    class Ending(Plain):
        async def on_stop(self) -> None:
            await asyncio.sleep(0)
            calls.append("on_stop")

    one = make(Ending)
    one.actor._workers += [Hand(calls, "a"), Hand(calls, "b")]
    one.receive(Stop("supervisor", 1))
    await turns()
    join_s = limits.WORKER_JOIN_S
    assert calls == ["on_stop", ("a", "stop"), ("b", "stop"), ("a", "join", join_s), ("b", "join", join_s)]
    assert one.said() == [Stopped("me", 7)]
    assert (one.port.exits, one.port.crashes) == ([0], [])


# -------------------------------------------------------------------- heartbeats
async def test_a_heartbeat_says_how_it_is(one: One, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BEAT_EVERY_S", 0.0)
    hands = [Hand([]), Hand([]), Hand([])]
    one.actor._workers += hands
    one.begin()
    await turns()
    assert one.beats()[-1] == Heartbeat("me", 7, 0, "", "")
    hands[1].stalled_for, hands[2].stalled_for = "b is stuck", "c is stuck"
    one.actor.degraded("the disk is full")
    await turns()
    assert one.beats()[-1] == Heartbeat("me", 7, 0, "b is stuck", "the disk is full")
    one.actor.degraded("")
    one.actor._dispatcher.mailbox._open = False
    one.receive(Notification("camera", 2, 1, Set(5)))
    await turns()
    assert one.beats()[-1] == Heartbeat("me", 7, 1, "b is stuck", "")


async def test_heartbeats_are_so_far_apart(one: One, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.Event().wait()

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    one.begin()
    for _ in range(5):
        await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0)
    assert sorted(slept) == sorted([limits.BEAT_EVERY_S, limits.LEASE_RENEW_S])
    monkeypatch.undo()


# -------------------------------------------------------------------- envelopes
async def test_each_envelope_finds_its_place(one: One) -> None:
    one.begin()
    await turns()
    one.receive(Request("rtsp", 3, 11, GetCamera()))
    assert one.peer.sent == [Reply("me", 7, 11, VIEW)]
    one.actor._dispatcher.mailbox._open = False
    one.receive(Request("rtsp", 3, 12, GetCamera()))
    one.receive(Cancel("rtsp", 3, 12))
    one.actor._dispatcher.mailbox.open()
    assert len(one.peer.sent) == 1
    one.learn(encoder=Entry("/run/encoder", 1, ALL))
    assert one.actor.is_up("encoder")
    assert not one.actor.is_up("camera")
    with capture_logs() as logs:
        one.receive(Ready("camera", 2))
    assert [(line["log_level"], line["kind"]) for line in logs] == [("error", "Ready")]


async def test_asks_and_tells_go_to_the_actor_of_that_name(one: One) -> None:
    handle = one.actor.actor(CAMERA)
    assert isinstance(handle, Handle)
    assert handle.ref == "camera"
    asked = asyncio.ensure_future(handle.ask(GetCamera()))
    await turns()
    assert one.camera.sent == [Request("me", 7, 1, GetCamera())]
    one.receive(Reply("camera", 2, 1, VIEW))
    assert await asked == VIEW
    one.actor.tell(CAMERA, Set(1))
    one.actor.tell(CAMERA, Set(2))
    assert one.camera.sent[1:] == [Notification("me", 7, 2, Set(1))]
    one.receive(Acknowledge("camera", 2, 2))
    assert one.camera.messages() == [Set(1), Set(2)]


async def test_an_ask_has_a_time(one: One) -> None:
    with pytest.raises(TimedOut, match=r"did not answer within 0\.001 s"):
        await one.actor.ask(CAMERA, GetCamera(), 0.001)
    with pytest.raises(TimedOut, match=r"did not answer within 0\.002 s"):
        await one.actor.actor(CAMERA).ask(GetCamera(), 0.002)


async def test_what_is_for_a_process_that_is_gone_is_dropped(make: Any) -> None:
    one = make(directory={"gone": Entry("/run/gone", 1, ALL)})
    one.actor.tell(Ref("gone"), Set(1))
    one.actor.publish(Happened(1))


async def test_states_and_news_are_published(one: One) -> None:
    one.actor.publish(Happened(1))
    one.actor.publish_state(VIEW)
    one.receive(Acknowledge("camera", 2, 1))
    assert one.camera.messages() == [Happened(1), VIEW]


async def test_a_receiver_that_is_too_slow_is_logged(one: One) -> None:
    with capture_logs() as logs:
        for number in range(limits.NOTIFICATIONS_WAITING + 2):
            one.actor.publish(Happened(number))
    assert [(line["log_level"], line["receiver"], line["count"]) for line in logs] == [("warning", "camera", 1)]


async def test_news_that_was_missed_is_logged(one: One) -> None:
    with capture_logs() as logs:
        await one.actor.on_missed("camera", 3)
    assert [(line["log_level"], line["publisher"], line["count"]) for line in logs] == [("warning", "camera", 3)]


# -------------------------------------------------------------------- states of others
async def test_the_first_state_is_waited_for(one: One) -> None:
    assert one.actor.latest(CameraView) is None
    waiting = asyncio.ensure_future(one.actor.first(CameraView, 30.0))
    not_long = asyncio.ensure_future(one.actor.first(CameraView, 0.9))
    await turns()
    one.receive(Notification("settings", 1, 1, settings()))  # another state
    await turns()
    assert not waiting.done()
    one.receive(Notification("camera", 2, 1, VIEW))
    assert await waiting == await not_long == VIEW
    one.receive(Notification("camera", 2, 2, LATER))
    assert await one.actor.first(CameraView, 0.0) == LATER
    assert one.actor.latest(CameraView, "camera") == LATER
    assert one.actor.latest(CameraView, "encoder") is None


async def test_a_state_that_does_not_come_is_none(one: One) -> None:
    assert await one.actor.first(CameraView, 0.001) is None
    assert await one.actor.first(CameraView, 0.0) is None


# -------------------------------------------------------------------- leases
def leases(line: Line) -> list[tuple[str, str, float]]:
    return [(lease.ring, lease.holder, lease.ttl_s) for lease in line.messages()]


def acknowledge_all(one: One) -> None:
    for _ in range(20):
        notifications = [envelope for envelope in one.camera.sent if isinstance(envelope, Notification)]
        one.receive(Acknowledge("camera", 2, notifications[-1].number))


async def test_a_lease_is_taken_and_given_back(one: One) -> None:
    ttl_s = limits.LEASE_TTL_S
    for _ in range(2):
        one.actor.lease("camera", "frames")
    one.actor.lease("camera", "frames", "session 4")
    one.actor.lease("camera", "jpeg")
    acknowledge_all(one)
    assert leases(one.camera) == [("frames", "me", ttl_s), ("frames", "me/session 4", ttl_s), ("jpeg", "me", ttl_s)]
    one.camera.sent.clear()
    one.actor.release("encoder", "frames")
    one.actor.release("camera", "pcm")
    for _ in range(2):
        one.actor.release("camera", "frames", "session 4")
    one.actor.release("camera", "frames")
    acknowledge_all(one)
    assert leases(one.camera) == [("frames", "me/session 4", 0), ("frames", "me", 0)]


async def test_what_is_held_is_leased_while_it_is_wanted(one: One) -> None:
    one.actor.hold("camera", "frames", False)
    for wanted in (True, True, False):
        one.actor.hold("camera", "frames", wanted)
        acknowledge_all(one)
    assert leases(one.camera) == [("frames", "me", limits.LEASE_TTL_S), ("frames", "me", 0)]


async def test_leases_are_renewed(one: One, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEASE_RENEW_S", 0.0)
    one.actor.lease("camera", "frames")
    one.actor.lease("camera", "jpeg")
    one.begin()
    await turns(20)
    acknowledge_all(one)
    assert leases(one.camera)[:2] == [(ring, "me", limits.LEASE_TTL_S) for ring in ("frames", "jpeg")]
    assert {ring for ring, _, _ in leases(one.camera)[2:]} == {"frames", "jpeg"}


async def test_a_new_life_of_the_owner_is_told_the_leases_on_it_at_once(make: Any) -> None:
    one = make(directory={})
    one.actor.lease("encoder", "video")
    one.actor.lease("camera", "frames")
    one.actor.lease("camera", "jpeg", "session 4")
    one.learn(**CAMERA_UP)
    acknowledge_all(one)
    assert sorted(leases(one.camera)) == [
        ("frames", "me", limits.LEASE_TTL_S),
        ("jpeg", "me/session 4", limits.LEASE_TTL_S),
    ]
    assert all(isinstance(message, Lease) for message in one.camera.messages())


# -------------------------------------------------------------------- threads and rings
async def test_a_worker_that_ends_of_its_own_accord_ends_the_actor(one: One) -> None:
    calls: list[Any] = []
    hand = Hand(calls)
    one.actor.start_worker(hand)  # type: ignore[arg-type]
    assert calls == [("start", one.port.loop)]
    assert one.actor._workers == [hand]
    hand.end(None)
    assert one.actor._workers == []
    name, error = one.port.crashes[0]
    assert (name, type(error), str(error)) == ("me", RuntimeError, "worker hand returned")


async def test_a_worker_that_fails_ends_the_actor(one: One) -> None:
    hand, error = Hand([]), KeyError("deep inside")
    one.actor.start_worker(hand)  # type: ignore[arg-type]
    hand.end(error)
    assert one.port.crashes == [("me", error)]


async def test_a_worker_that_was_dismissed_may_go(one: One) -> None:
    hand = Hand([])
    one.actor.start_worker(hand)  # type: ignore[arg-type]
    one.actor.stop_worker(hand)  # type: ignore[arg-type]
    hand.end(None)
    assert (one.port.crashes, one.actor._workers) == ([], [])


async def test_an_executor_is_named_and_watched(one: One) -> None:
    assert (one.actor.executor().name, one.actor.executor("disk").name) == ("me executor", "me disk")
    assert [executor.name for executor in one.actor._workers] == ["me executor", "me disk"]
    for executor in one.actor._workers:
        executor.stop()


async def test_rings_lie_where_the_run_keeps_them(one: One, boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(module, "RingWriter", lambda *arguments: made.append(arguments) or "writer")
    monkeypatch.setattr(module, "RingReader", lambda *arguments: made.append(arguments) or "reader")
    assert str(one.actor.ring_writer("frames", 1, 2, 3)) == "writer"
    assert str(one.actor.ring_reader("frames")) == "reader"
    assert made == [(boot.shm_dir, boot.run_dir, "frames", 1, 2, 3), (boot.shm_dir, boot.run_dir, "frames")]


# -------------------------------------------------------------------- what ends it
async def test_a_task_that_fails_ends_the_actor_and_one_that_is_cancelled_does_not(one: One) -> None:
    error = KeyError("deep inside")

    async def fail() -> None:
        raise error

    one.actor.start_task(fail())
    cancelled = one.actor.start_task(asyncio.Event().wait())
    well = one.actor.start_task(asyncio.sleep(0, "done"))
    cancelled.cancel()
    with capture_logs() as logs:
        await turns()
    assert (one.port.crashes, logs) == ([("me", error)], [])
    assert await well == "done"
    assert one.actor._tasks == set()


@pytest.mark.parametrize("where", ["transport", "protocol", "socket"])
async def test_an_exception_in_a_connection_is_logged(one: One, where: str) -> None:
    with capture_logs() as logs:
        one.port.loop.call_exception_handler({"message": "in it", "exception": ValueError("x"), where: object()})
    assert one.port.crashes == []
    assert [(line["log_level"], line["what"], line["error"]) for line in logs] == [
        ("warning", "in it", "ValueError('x')")
    ]


async def test_an_exception_elsewhere_ends_the_actor_and_a_complaint_does_not(one: One) -> None:
    error = ValueError("x")
    with capture_logs() as logs:
        one.port.loop.call_exception_handler({"message": "a callback", "exception": error})
        one.port.loop.call_exception_handler({"message": "a complaint"})
        one.port.loop.call_exception_handler({"exception": KeyboardInterrupt()})
    assert one.port.crashes == [("me", error)]
    assert [(line["what"], line["error"]) for line in logs[1:]] == [("a complaint", ""), ("", "KeyboardInterrupt()")]
