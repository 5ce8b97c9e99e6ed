"""The supervisor's mailbox, and what it publishes."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Ok, Ref, State


class ToSupervisor:
    """Whom the messages of this file go to."""


SUPERVISOR: Ref[ToSupervisor] = Ref("supervisor")


@dataclass(frozen=True, slots=True)
class ActorRow:
    """One actor as ``ipcamera status`` and ``system_info`` show it."""

    name: str
    state: str  # starting, up, restarting, degraded, off (no setting needs it), stopped
    pid: int
    uptime_s: float
    restarts: int
    last_reason: str
    cpu_percent: float
    pss_bytes: int
    queue: int  # messages that have been started or wait
    detail: str = ""  # the actor's own message, e.g. "The model yamnet is missing: …"
    max_restarts: int = 0  # within ``actors.runtime.limits.RESTART_WINDOW_S``; beyond that it is degraded
    memory_mb: int = 0  # resident; above it the actor is restarted


@dataclass(frozen=True, slots=True)
class ActorTable:
    rows: tuple[ActorRow, ...]


@dataclass(frozen=True, slots=True)
class GetActors(Ask[ToSupervisor, ActorTable]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RestartActor(Ask[ToSupervisor, Ok]):
    """Stop and start one actor; answered when it is up again. ``missing`` for an unknown name."""

    name: str


@dataclass(frozen=True, slots=True)
class ActorChanged(News):
    """An actor came up, went down or was degraded. ``text`` is a sentence for a person."""

    name: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class ActorState:
    """``state`` and ``detail`` as in ``ActorRow``; ``running``: it has a process."""

    state: str
    detail: str
    running: bool


@dataclass(frozen=True, slots=True)
class ActorStates(State):
    """Every actor, by its name. ``started``: CLOCK_MONOTONIC seconds at which the program was started."""

    actors: dict[str, ActorState]
    started: float


@dataclass(frozen=True, slots=True)
class Shutdown(Ask[ToSupervisor, Ok]):
    """Stop every actor in order, within a bounded time. Only over the control socket."""
