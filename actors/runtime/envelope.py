"""What travels between processes: one envelope for everything, so that an answer always finds its question."""

from dataclasses import dataclass
from typing import Any

from config.boot import Boot


@dataclass(frozen=True, slots=True)
class Envelope:
    """``generation`` is the sender's life: answers and credits of a former life are thrown away."""

    sender: str
    generation: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an actor lives now, and which ``News`` it has handlers for."""

    path: str  # of its socket
    generation: int
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Start(Envelope):
    """First words to a new process: who it is and where the others live."""

    name: str
    class_path: str
    life: int  # its own generation
    boot: Boot
    directory: dict[str, Entry]
    extra: Any = None  # the supervisor's tree


@dataclass(frozen=True, slots=True)
class Ready(Envelope):
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class StartFailed(Envelope):
    """The actor cannot start for a reason that a person can mend."""

    reason: str


@dataclass(frozen=True, slots=True)
class Beat(Envelope):
    number: int


@dataclass(frozen=True, slots=True)
class BeatAnswer(Envelope):
    number: int
    queue: int
    stalled: str  # a worker without progress, "" if all is well
    degraded: str


@dataclass(frozen=True, slots=True)
class Directory(Envelope):
    epoch: int
    entries: dict[str, Entry]


@dataclass(frozen=True, slots=True)
class Question(Envelope):
    ticket: int
    message: Any


@dataclass(frozen=True, slots=True)
class Answer(Envelope):
    ticket: int
    message: Any


@dataclass(frozen=True, slots=True)
class Letter(Envelope):
    """A tell or news. The receiver gives the credit back with ``Credit``; one letter is on its way at a time."""

    number: int
    message: Any


@dataclass(frozen=True, slots=True)
class Credit(Envelope):
    number: int


@dataclass(frozen=True, slots=True)
class Stop(Envelope):
    """Finish within the deadline."""


@dataclass(frozen=True, slots=True)
class Stopped(Envelope): ...
