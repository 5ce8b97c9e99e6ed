"""The interface for writing detectors: input, output, and the base class.

A detector is pure. It has no clock (time is ``pts``), no file and no thread: the shell in ``actors.detector`` holds the
ring, the pace, the settings, the model and the worker. See docs/detection.md, "A new detector".
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.detect.remote_sightings import Lowest, Sights
from models.events import DetailValue, EventType
from models.messages.detector import TrackedObject
from models.schedule import Clock, read_location, read_schedules

Settings = Mapping[str, str | int | bool]
Run = Callable[[Mapping[str, NDArray[np.float32]]], Sequence[NDArray[np.float32]]]  # a network: inputs → outputs
Models = Mapping[str, Run]  # by their ids in the catalogue; may load one only when it is asked for

SAMPLE_RATE = 16_000  # Hz, mono: all sound that detectors eat
NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """I420 planes, not to be written to: ``luma`` (h, w), ``u`` and ``v`` (h/2, w/2), uint8."""

    luma: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    pts: int  # monotonic ns
    wall: int  # Unix ns of the same moment
    full_range: bool = False
    whole: tuple[int, int] | None = None  # size of the main stream's picture, where this is a smaller one of the same

    @property
    def shown_size(self) -> tuple[int, int]:
        """Of the picture that people see."""
        return self.whole or (self.width, self.height)

    @property
    def width(self) -> int:
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        return int(self.luma.shape[0])


@dataclass(frozen=True, slots=True)
class Sound:
    """``samples`` (n,) int16, 16 kHz mono; ``pts`` and ``wall`` are those of the first one."""

    samples: NDArray[np.int16]
    pts: int
    wall: int


@dataclass(frozen=True, slots=True)
class Enough:
    """Pictures that fill one of this size, so many a second."""

    width: int
    height: int
    rate: float


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that can be switched on: its key in ``status.detection``, its setting, and the event it makes."""

    key: str
    setting: str
    event_type: EventType


@dataclass(frozen=True, slots=True)
class DetectedEvent:
    """An event. ``visit`` other than 0: a later ``DetectedEventEnd`` with the same number tells its end."""

    key: str
    pts: int
    wall: int
    details: dict[str, DetailValue]
    confidence: int | None = None
    metadata: dict[str, DetailValue] = field(default_factory=dict)
    visit: int = 0


@dataclass(frozen=True, slots=True)
class DetectedEventEnd:
    """The visit is over; ``wall`` is when it was last seen, ``confidence`` the highest of the whole visit."""

    key: str
    visit: int
    wall: int
    confidence: int
    metadata: dict[str, DetailValue]


@dataclass(frozen=True, slots=True)
class Activity:
    """Began or ceased to detect something. Said only when it changes."""

    key: str
    active: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """The live value, what would trigger, and a note such as a veto and its reason."""

    key: str
    value: float
    threshold: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tracks:
    """All tracked objects in one picture; empty once, after the last is gone."""

    objects: tuple[TrackedObject, ...]
    pts: int
    wall: int
    width: int
    height: int


class Elsewhere(Protocol):
    """The same networks on another machine: the seam at which a detector may leave the device.

    None: not now. The detector then runs its own network, at once; nothing is asked twice.
    """

    def look(self, pictures: Sequence[Picture], lowest: Lowest) -> Sights | None: ...

    def listen(
        self, wave: NDArray[np.float32], networks: Mapping[str, int]
    ) -> Mapping[str, NDArray[np.float32]] | None:
        """``wave`` (n,), −1 to 1; ``networks``: which are asked, and how many scores each gives."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is judged next, kept for ``models.detect.trace_replay``; None: what comes next does not continue it."""

    seen: object


Output = DetectedEvent | DetectedEventEnd | Activity | Reading | Tracks | Trace
S = TypeVar("S", Picture, Sound)


class Detector(ABC, Generic[S]):
    """One file under ``models/detect`` and one line in ``DETECTORS``. Its actor, process and logger are ``name``."""

    name: ClassVar[str]
    eats: ClassVar[Literal["frames", "pcm"]]
    switches: ClassVar[tuple[Switch, ...]]
    movable: ClassVar[str] = ""  # the setting that lets its networks run ``elsewhere``
    enough: ClassVar[Enough | None] = (
        None  # of pictures: the small stream serves where it gives that; None: all there is
    )
    gated: ClassVar[bool] = False  # may be left without samples while nothing moves, where the owner wants that

    elsewhere: Elsewhere | None = None  # set by the shell of one that is ``movable``: to be asked first

    def __init__(self, settings: Settings, models: Models) -> None:
        """``models`` are those that ``needs`` asked for. ``settings`` are the effective ones, every key of them."""
        self.configure(settings)

    @classmethod
    def needs(cls, object_model: str) -> tuple[str, ...]:
        """Ids of the models it cannot work without. ``object_model``: the owner's choice for objects."""
        return ()

    @abstractmethod
    def configure(self, settings: Settings) -> None:
        """Apply changed settings while running; learned state is kept."""

    @property
    def rate(self) -> float:
        """Samples a second it wants at most; pictures in between are left out, sound never is."""
        return 10.0

    @property
    def busy(self) -> bool:
        """It is tracking something and must be fed even while a gate (motion) is closed."""
        return False

    @abstractmethod
    def feed(self, sample: S) -> Iterator[Output]:
        """Evaluate one sample. ``pts`` never decreases between two calls of ``reset``."""

    @abstractmethod
    def reset(self) -> list[Output]:
        """A gap or the end: the next sample does not continue the previous one. Returns the findings that result."""


def enabled(switch: Switch, settings: Settings) -> bool:
    return bool(settings[switch.setting])


def clock_of(settings: Settings) -> Clock:
    """When detections count."""
    return Clock(read_schedules(str(settings["schedules"])), read_location(str(settings["location"])))


AnyDetector = Detector[Any]
