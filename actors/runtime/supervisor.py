"""The supervisor: the only one that makes actors. It starts them in order, listens to their hearts, restarts them.

Single-threaded, no heavy import. What it knows of a child's death it knows from the child's pidfd.
"""

import asyncio
import contextlib
import json
import os
import time
import uuid
from collections import deque

from actors.runtime import limits
from actors.runtime.actor import Actor, handles
from actors.runtime.child import Living
from actors.runtime.control import ControlServer
from actors.runtime.envelope import (
    Beat,
    BeatAnswer,
    Directory,
    Entry,
    Envelope,
    Ready,
    Start,
    StartFailed,
    Stop,
    Stopped,
)
from actors.runtime.spec import Child
from actors.runtime.thespian_layer import Port
from actors.runtime.transport import Connection
from config.files import write_atomically
from models.errors import Missing, ServerError
from models.messages import Ok
from models.messages.event_log import RecordSystem
from models.messages.settings import SettingsChanged
from models.messages.supervisor import ActorChanged, ActorRow, ActorTable, GetActors, RestartActor, Shutdown

TOPICS = frozenset({SettingsChanged.__name__})
ENDED_BY_BUDGET = 73  # a critical actor is past its budget: the program ends


class Supervisor(Actor):
    """``start.extra`` is the tree: a tuple of ``Child``."""

    def __init__(self, start: Start, port: Port, supervisor: Connection) -> None:
        super().__init__(start, port, supervisor)
        specs: tuple[Child, ...] = start.extra
        self._children = {spec.name: Living(spec) for spec in specs}
        self._tiers = sorted({spec.tier for spec in specs})
        self._generations = start.life
        self._epoch = 0
        self._beats = 0
        self._history: deque[RecordSystem] = deque(maxlen=limits.HISTORY_WAITING)
        self._history_grew = asyncio.Event()
        self._changed = asyncio.Event()

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
            names = [child for child in self._children.values() if child.spec.tier == tier]
            for child in names:
                self._spawn(child)
            while any(child.state in ("new", "starting", "restarting") for child in names) and not self._stopping:
                await self._wait_for_change()

    async def _wait_for_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _spawn(self, child: Living) -> None:
        if self._stopping:
            return
        self._generations += 1
        child.generation = self._generations
        child.topics = frozenset()
        child.beat, child.kill_reason, child.start_reason, child.cpu = 0, "", "", (0.0, 0.0)
        child.process = self._port.create()
        child.pid = child.process.pid
        child.pidfd = os.pidfd_open(child.pid)
        child.alive()
        child.enter("starting")
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

    # ---------------------------------------------------------------- what children say
    def receive(self, envelope: Envelope, sender: Connection) -> None:
        child = self._children.get(envelope.sender)
        if child is None or not isinstance(envelope, Ready | BeatAnswer | StartFailed | Stopped):
            super().receive(envelope, sender)
        elif child.generation == envelope.generation:
            child.alive()
            if isinstance(envelope, Ready):
                self._up(child, envelope.topics)
            elif isinstance(envelope, BeatAnswer):
                self._heart(child, envelope)
            elif isinstance(envelope, StartFailed):
                child.start_reason = envelope.reason

    def _up(self, child: Living, topics: frozenset[str]) -> None:
        child.topics = topics
        again = child.restarts.total > 0
        gap_s = time.monotonic() - child.since
        child.enter("up")
        self._tell_directory()
        if again:
            text = f"{child.spec.name} restarted: {child.last_reason}; back after {gap_s:.1f} s"
            self._say(child, "RESTART", text)

    def _heart(self, child: Living, beat: BeatAnswer) -> None:
        if beat.number == child.beat:
            child.beat = 0
        child.queue = beat.queue
        if beat.stalled:
            child.kill(f"hung: {beat.stalled}")
        if beat.degraded != child.detail:
            child.detail = beat.degraded
            kind, text = ("DEGRADED", beat.degraded) if beat.degraded else ("RECOVERED", "works again")
            self._say(child, kind, f"{child.spec.name}: {text}")

    # ---------------------------------------------------------------- ends
    def _gone(self, child: Living) -> None:
        reason, from_outside = child.exit_reason()
        self._port.loop.remove_reader(child.pidfd)
        os.close(child.pidfd)
        child.pidfd = -1
        was_up_s = time.monotonic() - child.since if child.state == "up" else 0.0
        self._port.forget(child.process)
        child.last_reason, child.pid, child.detail = reason, 0, ""
        if self._stopping:
            child.enter("stopped")
            self._changed.set()
            return
        child.enter("restarting")
        self.log.warning("actor ended", child=child.spec.name, reason=reason, up_s=round(was_up_s, 1))
        if child.spec.critical and child.start_reason and child.restarts.total == 0:
            self._end_program(reason)
        delay_s, spent = child.restarts.after_exit(was_up_s, from_outside)
        self._tell_directory()
        if spent:
            self._spent(child)
        self.start_task(self._spawn_later(child, child.generation, delay_s))

    async def _spawn_later(self, child: Living, generation: int, delay_s: float) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        if child.generation == generation and child.state in ("restarting", "degraded"):
            self._spawn(child)

    def _spent(self, child: Living) -> None:
        text = f"{child.spec.name} failed {child.restarts.failures} times: {child.last_reason}"
        if child.spec.critical:
            self._end_program(text)
        child.enter("degraded")
        self.log.error("degraded", child=child.spec.name, reason=child.last_reason)
        self._say(child, "DEGRADED", f"{text}; tried again every {limits.DEGRADED_RETRY_S / 60:.0f} minutes")

    def _end_program(self, why: str) -> None:
        self.log.critical("the program ends", reason=why)
        (self.boot.run_dir / "last-words").write_text(why)
        os._exit(ENDED_BY_BUDGET)

    # ---------------------------------------------------------------- hearts
    async def _listen_to_hearts(self) -> None:
        while True:
            slept_at = time.monotonic()
            await asyncio.sleep(limits.BEAT_EVERY_S)
            now = time.monotonic()
            late_s = now - slept_at - limits.BEAT_EVERY_S  # answers may lie unread while we were kept from running
            self._beats += 1
            for child in self._children.values():
                child.seen += late_s
                if child.state == "up":
                    self._listen_to(child, now)
                elif child.state == "starting" and child.silent_s(now) > limits.START_TIMEOUT_S:
                    child.kill(f"did not start within {limits.START_TIMEOUT_S:.0f} s")

    def _listen_to(self, child: Living, now: float) -> None:
        patience_s = limits.SILENT_FOR_S + limits.BEAT_EVERY_S
        if now - child.seen > patience_s and child.silent_s(now) > patience_s:
            child.kill(f"hung: no sign of life for {now - child.seen:.1f} s")
        elif child.beat == 0:
            child.beat = self._beats
            self._send_to(child.process.path, Beat(self.name, self._generation, self._beats))
        if self._beats % limits.WEIGH_EVERY_BEATS == 0 and (mb := child.resident_bytes() >> 20) > child.spec.memory_mb:
            child.kill(f"used {mb} MB of memory, allowed are {child.spec.memory_mb}")

    # ---------------------------------------------------------------- telling
    def _entries(self) -> dict[str, Entry]:
        own = {self.name: Entry(self._port.path, self._generation, TOPICS)}
        return own | {
            name: Entry(child.process.path, child.generation, child.topics)
            for name, child in self._children.items()
            if child.state == "up"
        }

    def _tell_directory(self) -> None:
        self._epoch += 1
        entries = self._entries()
        self._peers.learn(self._epoch, entries)
        for child in self._children.values():
            if child.state in ("up", "starting"):
                self._send_to(child.process.path, Directory(self.name, self._generation, self._epoch, entries))
        self._changed.set()

    def _say(self, child: Living, kind: str, text: str) -> None:
        self.publish(ActorChanged(child.spec.name, child.state, text))
        now = time.time_ns() // 1_000_000
        self._history.append(RecordSystem(uuid.uuid4().hex, kind, now, child.spec.name, text))
        self._history_grew.set()

    async def _write_history(self) -> None:
        while True:
            await self._history_grew.wait()
            self._history_grew.clear()
            while self._history and "event_log" in self._children:
                oldest = self._history[0]
                try:
                    await self.ask("event_log", self._history[0])
                except ServerError:
                    await asyncio.sleep(1.0)
                else:
                    if self._history and self._history[0] is oldest:  # a full history drops it by itself meanwhile
                        self._history.popleft()

    # ---------------------------------------------------------------- asked
    @handles(GetActors)
    def _table(self, _: GetActors) -> ActorTable:
        now = time.monotonic()
        return ActorTable(tuple(self._row(child, now) for child in self._children.values()))

    def _row(self, child: Living, now: float) -> ActorRow:
        return ActorRow(
            child.spec.name,
            "degraded" if child.state == "up" and child.detail else child.state,
            child.pid,
            round(now - child.since, 1) if child.state == "up" else 0.0,
            child.restarts.total,
            child.last_reason,
            round(child.cpu_percent(), 1),
            child.pss_bytes(),
            child.queue,
            child.detail or child.start_reason,
        )

    @handles(SettingsChanged)
    def _try_degraded_again(self, _: SettingsChanged) -> None:
        for child in self._children.values():
            if child.state == "degraded" and child.pid == 0:
                child.restarts.failures = 0
                self._spawn(child)

    @handles(RestartActor)
    def _restart(self, message: RestartActor) -> Ok:
        child = self._children.get(message.name)
        if child is None:
            raise Missing(f"there is no actor {message.name}")
        if child.state == "degraded" and child.pid == 0:
            child.restarts.failures = 0
            self._spawn(child)
        else:
            child.restarts.failures = 0
            child.kill("asked to restart")
        return Ok()

    async def _control_ask(self, to: str, message: object, timeout_s: float) -> object:
        if isinstance(message, Shutdown):
            await self._stop_tree()
            return Ok()
        if to == self.name:
            return await self._handle(message)
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
