"""The supervisor: the only one that creates actors. It starts them in order, monitors their heartbeats, restarts them.

Single-threaded, because it forks. It detects a child's death by the child's pidfd. It answers ``GetActors`` from
samples that are only taken on request, and never samples one child for longer than a millisecond or two before it
serves the others again. When it dies, everything is lost; the launcher restarts the tree.
"""

import asyncio
import contextlib
import json
import os
import time
import uuid
from collections import deque

import structlog

from actors.runtime import limits
from actors.runtime.actor import Actor, handles
from actors.runtime.child import Child
from actors.runtime.child_spec import ChildSpec, load_class
from actors.runtime.control import ControlServer
from actors.runtime.envelope import (
    Directory,
    Entry,
    Envelope,
    Heartbeat,
    Ready,
    Start,
    StartFailed,
    Stop,
    Stopped,
)
from actors.runtime.out_of_memory import OutOfMemory
from actors.runtime.port import Connection, Port
from actors.runtime.restart_intensity import RestartIntensity
from config.clock import unix_ms
from config.files import write_atomically
from models.errors import Missing, ServerError, SwitchedOff
from models.messages import Ok
from models.messages.event_log import EVENT_LOG, RecordSystem
from models.messages.settings import SettingsView
from models.messages.supervisor import (
    ActorChanged,
    ActorRow,
    ActorState,
    ActorStates,
    ActorTable,
    GetActors,
    RestartActor,
    Shutdown,
)

log = structlog.get_logger("supervisor")

ENDED_BY_BUDGET = 73  # a critical actor has exceeded its restart limit: the program ends


class Supervisor(Actor):
    """``start.extra`` is the tree: a tuple of ``ChildSpec``."""

    def __init__(self, start: Start, port: Port, supervisor: Connection) -> None:
        super().__init__(start, port, supervisor)
        self._stopping = False
        specs: tuple[ChildSpec, ...] = start.extra
        self._children = {spec.name: _child(spec) for spec in specs}
        self._tiers = sorted({spec.tier for spec in specs})
        self._generations = start.own_generation
        self._version = 0
        self._started = time.monotonic()
        self._out_of_memory = OutOfMemory()
        self._history: deque[RecordSystem] = deque(maxlen=limits.HISTORY_WAITING)
        self._history_grew = asyncio.Event()
        self._changed = asyncio.Event()
        self._sampled_at = float("-inf")
        self._sampling: asyncio.Task[None] | None = None

    @classmethod
    def uses_settings(cls) -> bool:
        return False

    # ---------------------------------------------------------------- start
    async def on_start(self) -> None:
        self._control = ControlServer(self.boot.run_dir, self._control_ask)
        await self._control.open()
        pids = {"supervisor": os.getpid(), "admin": os.getppid()}
        write_atomically(self.boot.run_dir / "supervisor.json", json.dumps(pids).encode())
        self.start_task(self._start_tree())
        self.start_task(self._listen_to_hearts())
        self.start_task(self._write_history())

    async def _start_tree(self) -> None:
        for tier in self._tiers:
            if tier > self._tiers[0] and "settings" in self._children:
                await self.first(SettingsView, limits.SETTLED_S)  # they decide which actors are needed at all
            names = [child for child in self._children.values() if child.spec.tier == tier]
            for child in names:
                self._spawn(child)
            while any(child.state in ("new", "starting", "restarting") for child in names) and not self._stopping:
                await self._wait_for_change()

    async def _wait_for_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _spawn(self, child: Child) -> None:
        if self._stopping:
            return
        if not self._wanted(child):
            child.switched_off()
            self._tell_directory()
            return self._publish_states()
        self._generations += 1
        child.begun(self._generations, self._port.create())
        self._port.loop.add_reader(child.pidfd, self._gone, child)
        start = Start(
            self.name,
            self._generation,
            child.spec.name,
            child.spec.class_path,
            child.generation,
            self.boot,
            self._entries(),
        )
        self._send_to(child.process.path, start)
        self._tell_directory()

    def _wanted(self, child: Child) -> bool:
        view = self.latest(SettingsView)
        return view is None or child.kind.wanted(view.effective)

    # ---------------------------------------------------------------- messages from children
    def receive(self, envelope: Envelope, sender: Connection) -> None:
        child = self._children.get(envelope.sender)
        if child is None or not isinstance(envelope, Ready | Heartbeat | StartFailed | Stopped):
            if not isinstance(envelope, Heartbeat):  # our own
                super().receive(envelope, sender)
        elif child.generation == envelope.generation:
            child.alive()
            if isinstance(envelope, Ready):
                self._up(child)
            elif isinstance(envelope, Heartbeat):
                self._heart(child, envelope)
            elif isinstance(envelope, StartFailed):
                child.start_reason = envelope.reason

    def _up(self, child: Child) -> None:
        again = child.restarts.total > 0 and child.last_reason
        gap_s = time.monotonic() - child.since
        child.enter("up")
        self._tell_directory()
        if again:
            text = f"{child.spec.name} restarted: {child.last_reason}; back after {gap_s:.1f} s"
            self._say(child, "RESTART", text)
        else:
            self._publish_states()

    def _heart(self, child: Child, beat: Heartbeat) -> None:
        child.queue = beat.queue
        if beat.stalled:
            child.kill(f"hung: {beat.stalled}")
        if beat.degraded != child.detail and child.state == "up":
            child.detail = beat.degraded
            kind, text = ("DEGRADED", beat.degraded) if beat.degraded else ("RECOVERED", "works again")
            self._say(child, kind, f"{child.spec.name}: {text}")

    # ---------------------------------------------------------------- ends
    def _gone(self, child: Child) -> None:
        self._port.loop.remove_reader(child.pidfd)
        was_up_s = time.monotonic() - child.since if child.state == "up" else 0.0
        ended = child.collect()
        self._port.forget(child.process)
        out_of_memory = ended.killed and self._out_of_memory.struck(time.monotonic())
        child.last_reason = ended.of_memory if out_of_memory else ended.reason
        child.process, child.detail = child.process.gone(), ""
        if self._stopping:
            child.enter("stopped")
            self._changed.set()
            return
        if child.dismissed or not self._wanted(child):
            child.switched_off()
            return self._spawn(child)  # it may be wanted again by now
        child.enter("restarting")
        self.log.warning("actor ended", child=child.spec.name, reason=child.last_reason, up_s=round(was_up_s, 1))
        if child.kind.must_start and child.start_reason and child.restarts.total == 0:
            self._end_program(child.start_reason)
        delay_s = child.restarts.after_exit(time.monotonic())
        if out_of_memory and child.kind.oom_score:
            delay_s = None  # out of memory: restarted at once, it would be killed again
        self._tell_directory()
        if delay_s is None:
            self._spent(child)
        self._publish_states()
        self.start_task(self._spawn_later(child, child.generation, child.kind.retry_s if delay_s is None else delay_s))

    async def _spawn_later(self, child: Child, generation: int, delay_s: float) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        if child.generation == generation and child.state in ("restarting", "degraded"):
            self._spawn(child)

    def _spent(self, child: Child) -> None:
        deaths = len(child.restarts.recent)
        text = f"{child.spec.name} ended {deaths} times within a short time: {child.last_reason}"
        if child.kind.critical:
            self._end_program(text)
        child.enter("degraded")
        self.log.error("degraded", child=child.spec.name, reason=child.last_reason)
        self._say(child, "DEGRADED", f"{text}; tried again every {_duration(child.kind.retry_s)}")

    def _end_program(self, why: str) -> None:
        self.log.critical("the program ends", reason=why)
        (self.boot.run_dir / "last-words").write_text(why)
        os._exit(ENDED_BY_BUDGET)

    # ---------------------------------------------------------------- heartbeats
    async def _listen_to_hearts(self) -> None:
        weighed_at = time.monotonic()
        while True:
            slept_at = time.monotonic()
            await asyncio.sleep(limits.LOOK_AT_HEARTS_S)
            now = time.monotonic()
            late_s = now - slept_at - limits.LOOK_AT_HEARTS_S  # heartbeats may be unread if we got no CPU time
            for child in self._children.values():
                child.seen += late_s
                self._listen_to(child, now)
            if now - weighed_at >= limits.SAMPLE_EVERY_S:
                weighed_at = now
                self._weigh()

    def _listen_to(self, child: Child, now: float) -> None:
        if child.state == "starting" and now - child.since > limits.START_TIMEOUT_S:
            child.kill(f"did not start within {_duration(limits.START_TIMEOUT_S)}")
        elif child.state in ("up", "starting"):
            patience_s = limits.SILENT_FOR_S if child.state == "up" else limits.SILENT_AT_START_S
            if now - child.seen > patience_s and child.silent_s(now) > patience_s:
                child.kill(f"hung: no sign of life for {now - child.seen:.1f} s")

    def _weigh(self) -> None:
        for child in self._children.values():
            if child.pid and (mb := child.resident_bytes() >> 20) > child.kind.memory_mb:
                child.kill(f"used {mb} MB of memory, more than the allowed {child.kind.memory_mb} MB")

    # ---------------------------------------------------------------- notifications
    def _entries(self) -> dict[str, Entry]:
        own = {self.name: Entry(self._port.path, self._generation, self.topics())}
        return own | {
            name: Entry(child.process.path, child.generation, child.kind.topics(), child.state == "up")
            for name, child in self._children.items()
            if child.state in ("up", "starting")
        }

    def _tell_directory(self) -> None:
        self._version += 1
        entries = self._entries()
        off = frozenset(name for name, child in self._children.items() if child.state == "off")
        self._peers.learn(self._version, entries, off)
        for child in self._children.values():
            if child.state in ("up", "starting"):
                self._send_to(child.process.path, Directory(self.name, self._generation, self._version, entries, off))
        self._changed.set()

    def _say(self, child: Child, kind: str, text: str) -> None:
        self.publish(ActorChanged(child.spec.name, child.state, text))
        self._publish_states()
        now = unix_ms()
        self._history.append(RecordSystem(uuid.uuid4().hex, kind, now, child.spec.name, text))
        self._history_grew.set()

    def _publish_states(self) -> None:
        shown = {
            name: ActorState(child.shown, child.detail or child.start_reason, child.pid > 0)
            for name, child in self._children.items()
        }
        self.publish_state(ActorStates(shown, self._started))

    async def _write_history(self) -> None:
        while True:
            await self._history_grew.wait()
            self._history_grew.clear()
            while self._history and "event_log" in self._children:
                oldest = self._history[0]
                try:
                    await self.actor(EVENT_LOG).ask(self._history[0])
                except ServerError:
                    await asyncio.sleep(1.0)
                else:
                    if self._history and self._history[0] is oldest:  # a full history may have dropped it meanwhile
                        self._history.popleft()

    # ---------------------------------------------------------------- asks
    @handles(GetActors, max_concurrency=limits.CONTROL_CONNECTIONS)
    async def _table(self, _: GetActors) -> ActorTable:
        for child in self._children.values():
            if child.state == "up" and not child.sampled:
                child.sample()
        if time.monotonic() - self._sampled_at >= limits.SAMPLE_EVERY_S:
            if self._sampling is None or self._sampling.done():
                self._sampling = self.start_task(self._sample())
            await asyncio.shield(self._sampling)
        now = time.monotonic()
        return ActorTable(tuple(self._row(child, now) for child in self._children.values()))

    async def _sample(self) -> None:
        for child in tuple(self._children.values()):
            if child.pid:
                child.sample()
            await asyncio.sleep(0)  # heartbeats come first
        self._sampled_at = time.monotonic()

    def _row(self, child: Child, now: float) -> ActorRow:
        return ActorRow(
            child.spec.name,
            child.shown,
            child.pid,
            round(now - child.since, 1) if child.state == "up" else 0.0,
            child.restarts.total,
            child.last_reason,
            round(child.cpu_percent, 1),
            child.pss_bytes,
            child.queue,
            child.detail or child.start_reason,
            child.kind.max_restarts,
            child.kind.memory_mb,
        )

    @handles(SettingsView)
    def _settings(self, old: SettingsView | None, _: SettingsView) -> None:
        for child in self._children.values():
            wanted = self._wanted(child)
            if not wanted and child.pid and not child.dismissed:
                child.dismissed = True
                self.start_task(self._dismiss(child, child.generation))
            elif (old is not None and child.state == "degraded" and not child.pid) or (wanted and child.state == "off"):
                child.restarts.forgive()
                self._spawn(child)

    async def _dismiss(self, child: Child, generation: int) -> None:
        """It is not needed any more: it stops by itself, or is killed."""
        if child.state == "up":
            self._send_to(child.process.path, Stop(self.name, self._generation))
            await asyncio.sleep(limits.DISMISSED_S)
        if child.generation == generation and child.pid:
            child.kill("switched off, and did not stop in time")

    @handles(RestartActor, max_concurrency=limits.CONTROL_CONNECTIONS)
    async def _restart(self, message: RestartActor) -> Ok:
        """Answered when it is up again, or known not to start."""
        child = self._children.get(message.name)
        if child is None:
            raise Missing(f"there is no actor {message.name}")
        if child.state == "off":
            raise SwitchedOff(f"{message.name} is switched off")
        former = child.generation
        child.restarts.forgive()
        if child.pid:
            child.kill("asked to restart")
        elif child.state == "degraded":
            self._spawn(child)
        while child.state != "off" and (child.generation == former or child.state == "starting"):
            await self._wait_for_change()
        if child.state != "up":
            raise ServerError(f"{message.name} did not come up: {child.start_reason or child.last_reason}")
        return Ok()

    async def _control_ask(self, to: str, message: object, timeout_s: float) -> object:
        if isinstance(message, Shutdown):
            await self._stop_tree()
            return Ok()
        return await self.ask(to, message, timeout_s)  # type: ignore[arg-type]

    # ---------------------------------------------------------------- stop
    async def _stop_tree(self) -> None:
        self._stopping = True
        for tier in reversed(self._tiers):
            children = [child for child in self._children.values() if child.spec.tier == tier and child.pid]
            for child in children:
                self._send_to(child.process.path, Stop(self.name, self._generation))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limits.STOP_TIER_S):
                    while any(child.pid for child in children):
                        await self._wait_for_change()
            for child in children:
                child.kill("did not stop in time")


def _child(spec: ChildSpec) -> Child:
    kind: type[Actor] = Actor
    try:
        kind = load_class(spec.class_path)
    except Exception as error:  # noqa: BLE001 — its own process meets it again, and the actor is degraded
        log.error("cannot be loaded", child=spec.name, path=spec.class_path, reason=repr(error))
    return Child(spec, kind, RestartIntensity(kind.max_restarts))


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"
