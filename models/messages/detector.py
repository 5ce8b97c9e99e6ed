"""The mailbox of every detector actor (motion, sound, sound_classifier, object_detector)."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Ref, State


class ToDetector:
    """Whom the messages of this file go to."""


def detector(name: str) -> Ref[ToDetector]:
    """The detector actor of this name, see ``models.detect.DETECTORS``."""
    return Ref(name)


@dataclass(frozen=True, slots=True)
class SwitchView:
    """One kind of detection: ``key`` as in ``status.detection`` (motion, sound, dog_bark, baby_cry, person, dog)."""

    key: str
    enabled: bool  # effective
    active: bool  # detecting something now
    last_event_id: int
    degraded: str = ""  # reason and remedy


@dataclass(frozen=True, slots=True)
class DetectorView(State):
    """Published when a switch goes on or off, becomes active or quiet, is degraded or recovers."""

    name: str
    switches: tuple[SwitchView, ...]
    rate: float  # samples per second, measured
    ms: float  # milliseconds per sample, smoothed
    where: str = ""  # where its models run: pool or device; "" if it has none, or there is no pool
    where_note: str = ""  # which pool; or why not on it


@dataclass(frozen=True, slots=True)
class GetDetector(Ask[ToDetector, DetectorView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ModelPlaces:
    """Where the running program looks for model files, beside its data directory, and which network it uses."""

    models_dir: str  # "" for none
    object_model: str


@dataclass(frozen=True, slots=True)
class GetModelPlaces(Ask[ToDetector, ModelPlaces]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model file. ``state``: good, missing, broken (other bytes than it must have), waiting, fetching."""

    id: str
    role: str
    bytes: int
    licence: str
    state: str
    done: int = 0  # bytes that have been fetched
    problem: str = ""  # why the last fetch failed, for a person


@dataclass(frozen=True, slots=True)
class ModelShelf:
    models: tuple[ModelView, ...]


@dataclass(frozen=True, slots=True)
class GetModels(Ask[ToDetector, ModelShelf]):
    """The models that this detector needs, and how each is now."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class FetchModels(Ask[ToDetector, ModelShelf]):
    """Start downloading what is missing or broken; answered at once. Does nothing if that is in progress."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Level(News):
    """The live value that the dashboard's meters draw, at most 5 a second: e.g. ("motion", 1.3, 1.9, "%")."""

    key: str
    value: float
    threshold: float
    unit: str
    note: str = ""  # a veto and its reason


@dataclass(frozen=True, slots=True)
class TrackedObject:
    track_id: int
    object_class: str
    confidence: int
    x: float  # left, top, width, height as fractions of the picture, 0–1
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class DetectionFrame(State):
    """All tracked objects in one analysed picture; an empty one after the last is gone."""

    timestamp: int
    width: int
    height: int
    objects: tuple[TrackedObject, ...]
    inference_ms: float
    pts: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An event that would have been reported. ``timestamp``: Unix ms."""

    type: str
    timestamp: int
    confidence: int | None
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayView:
    """``start`` and ``end``: Unix ms of the day's stored part, 0 if there is nothing. ``counts``: of all, by type."""

    alarms: tuple[Alarm, ...]
    counts: dict[str, int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Replay(Ask[ToDetector, ReplayView]):
    """Judge a local day (YYYY-MM-DD) again, with these changes to the settings, which must have been checked."""

    day: str
    changes: dict[str, str | int | bool]
    retry: ClassVar[bool] = True
