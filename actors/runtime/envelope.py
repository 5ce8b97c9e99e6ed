"""The envelope of everything that travels between processes, so that an answer always finds its ask."""

from dataclasses import dataclass
from typing import Any

from config.boot import Boot


@dataclass(frozen=True, slots=True)
class Envelope:
    """``generation`` numbers the sender's life: answers and acknowledgements of an earlier life are discarded."""

    sender: str
    generation: int


@dataclass(frozen=True, slots=True)
class Entry:
    """The current address of an actor, and the states and news it has handlers for.

    ``up`` False: it is still starting. It already gets states, so that it knows them when it begins.
    """

    path: str  # of its socket
    generation: int
    topics: frozenset[str]
    up: bool = True


@dataclass(frozen=True, slots=True)
class Start(Envelope):
    """The first message to a new process: which actor it is, and the addresses of the others."""

    name: str
    class_path: str
    own_generation: int  # its own generation
    boot: Boot
    directory: dict[str, Entry]
    extra: Any = None  # the supervisor's tree


@dataclass(frozen=True, slots=True)
class Ready(Envelope): ...


@dataclass(frozen=True, slots=True)
class StartFailed(Envelope):
    """The actor cannot start, for a reason that a person can fix."""

    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat(Envelope):
    """Sent every second, from the first moment on, without being asked."""

    queue: int  # messages that have been started or wait
    stalled: str  # a worker without progress, "" if there is none
    degraded: str


@dataclass(frozen=True, slots=True)
class Directory(Envelope):
    """``off``: the actors that no setting needs now. They have no entry, and nobody should wait for them."""

    version: int
    entries: dict[str, Entry]
    off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Request(Envelope):
    request_id: int
    message: Any


@dataclass(frozen=True, slots=True)
class Cancel(Envelope):
    """The asker no longer waits: do not start the ask if it has not been started."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Reply(Envelope):
    request_id: int
    message: Any


@dataclass(frozen=True, slots=True)
class Notification(Envelope):
    """A tell, a state or news; the receiver acknowledges it when it is handled. One is in flight at a time.

    ``missed``: news to this receiver that had to be dropped before this one.
    """

    number: int
    message: Any
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Acknowledge(Envelope):
    number: int


@dataclass(frozen=True, slots=True)
class Stop(Envelope):
    """Finish within the deadline."""


@dataclass(frozen=True, slots=True)
class Stopped(Envelope): ...
