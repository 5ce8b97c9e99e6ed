"""The drills for a program, in order; those that are not possible here say why."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scripts.ipcamera.drills import actor_faults, environment, verdict
from scripts.ipcamera.drills.private import World
from scripts.ipcamera.drills.program import Program
from scripts.ipcamera.drills.verdict import DOOR, PICTURE_ACTORS, Promise, Seen
from scripts.ipcamera.drills.viewers import Watch

EVENTS, EVENTS_PER_S, KILLS = 1000, 100.0, 3
EVENTS_QUICK, KILLS_QUICK = 200, 2
EVENTS_RUNNING = 100  # entries in somebody's history
ONLY_PRIVATE = "only with --private: "
NO_CLOCK = "it would set the clock of the whole machine"


@dataclass(frozen=True, slots=True)
class Drill:
    promise: Promise
    do: Callable[[], Seen]


def drills(program: Program, watch: Watch, world: World | None, quick: bool) -> Iterator[Drill]:
    """``world``: that of a private program; None for one in use. ``quick``: only the most important ones."""
    actors = [name for name, row in program.rows().items() if row.state != "off"]
    stopped = [actor for actor in actors if not quick or actor in PICTURE_ACTORS or actor == DOOR]
    for actor in actors:
        yield Drill(verdict.killed(actor), _blow(program, watch, actor, signal.SIGKILL))
    for actor in stopped:
        yield Drill(verdict.stopped(actor), _blow(program, watch, actor, signal.SIGSTOP))
    count = (EVENTS_QUICK if quick else EVENTS) if program.private else EVENTS_RUNNING
    kills = KILLS_QUICK if quick or not program.private else KILLS
    yield Drill(
        verdict.EVENTS,
        lambda: actor_faults.events_during_kills(program, watch, count, min(EVENTS_PER_S, count / 4), kills),
    )
    yield from _surroundings(program, watch, world)


def _blow(program: Program, watch: Watch, actor: str, how: signal.Signals) -> Callable[[], Seen]:
    return lambda: actor_faults.blow(program, watch, actor, how)


def _surroundings(program: Program, watch: Watch, world: World | None) -> Iterator[Drill]:
    if world is None:
        for promise, why in (
            (verdict.UNPLUGGED, "somebody has to unplug the camera"),
            (verdict.FROZEN, "somebody has to unplug the camera"),
            (verdict.BROKER, "the broker is not part of this server"),
            (verdict.NEARLY_FULL, "other programs use the disk too"),
            (verdict.FULL, "other programs use the disk too"),
            (verdict.SHARED_MEMORY, "other programs use it too"),
        ):
            yield Drill(promise, _skip(ONLY_PRIVATE + why))
    else:
        source, mounts = world.source, world.no_mounts
        yield Drill(verdict.UNPLUGGED, lambda: environment.source_lost(program, watch, source.unplug, source.plug_in))
        yield Drill(verdict.FROZEN, lambda: environment.source_lost(program, watch, source.freeze, source.thaw))
        broker = _skip(world.no_broker) if world.no_broker else lambda: environment.broker_gone(program, watch, world)
        yield Drill(verdict.BROKER, broker)
        for promise, free in ((verdict.NEARLY_FULL, environment.NEARLY_FULL_BYTES), (verdict.FULL, 0)):
            yield Drill(promise, _skip(mounts) if mounts else _fill(program, watch, world, free))
        memory = _skip(mounts) if mounts else lambda: environment.shared_memory_full(program, watch)
        yield Drill(verdict.SHARED_MEMORY, memory)
    yield Drill(verdict.CLOCK, _skip(NO_CLOCK))


def _fill(program: Program, watch: Watch, world: World, free: int) -> Callable[[], Seen]:
    return lambda: environment.disk_full(program, watch, world, free)


def _skip(why: str) -> Callable[[], Seen]:
    return lambda: Seen(skipped=why)
