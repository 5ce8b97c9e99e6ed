"""What travels between processes: one envelope for everything, so that an answer always finds its question."""

from dataclasses import dataclass
from typing import Any

from config.boot import Boot


@dataclass(frozen=True, slots=True)
class Envelope:
    """``generation`` is the sender's life: answers and acknowledgements of a former life are thrown away."""

    sender: str
    generation: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an actor lives now, and which states and news it has handlers for.

    ``up`` False: it is still starting. It is told states already, so that it knows them when it begins.
    """

    path: str  # of its socket
    generation: int
    topics: frozenset[str]
    up: bool = True


@dataclass(frozen=True, slots=True)
class Start(Envelope):
    """First words to a new process: who it is and where the others live."""

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
    """The actor cannot start for a reason that a person can mend."""

    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat(Envelope):
    """Each second, from the first moment on, of its own accord: whoever is asked for one may be kept waiting."""

    queue: int  # messages that have begun or wait
    stalled: str  # a worker without progress, "" if all is well
    degraded: str


@dataclass(frozen=True, slots=True)
class Directory(Envelope):
    """``off``: the actors that no setting needs now. They have no entry, and nobody shall wait for them."""

    version: int
    entries: dict[str, Entry]
    off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Request(Envelope):
    request_id: int
    message: Any


@dataclass(frozen=True, slots=True)
class Cancel(Envelope):
    """Whoever asked waits no more: do not begin with it."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Reply(Envelope):
    request_id: int
    message: Any


@dataclass(frozen=True, slots=True)
class Notification(Envelope):
    """A tell, a state or news; the receiver acknowledges it when it is handled. One is on its way at a time.

    ``missed``: news to this receiver that had to be dropped before this letter.
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
