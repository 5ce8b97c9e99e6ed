"""What the supervisor may be asked, and what it publishes."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Ok


@dataclass(frozen=True, slots=True)
class ActorRow:
    """One actor as ``ipcamera status`` and ``system_info`` show it."""

    name: str
    state: str  # starting, up, restarting, degraded, stopped
    pid: int
    uptime_s: float
    restarts: int
    last_reason: str
    cpu_percent: float
    pss_bytes: int
    queue: int  # messages handled but not finished
    detail: str = ""  # what the actor says of itself, e.g. "model missing: run `ipcamera models fetch`"


@dataclass(frozen=True, slots=True)
class ActorTable:
    rows: tuple[ActorRow, ...]


@dataclass(frozen=True, slots=True)
class GetActors(Ask[ActorTable]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RestartActor(Ask[Ok]):
    """Stop and start one actor; fails with ``missing`` for a name that does not live here."""

    name: str


@dataclass(frozen=True, slots=True)
class ActorChanged(News):
    """An actor came up, went down or was degraded. ``text`` is a sentence for a person."""

    name: str
    state: str
    text: str
    latest_wins: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Shutdown(Ask[Ok]):
    """Stop every actor in order, within a bounded time. Only over the control socket."""
