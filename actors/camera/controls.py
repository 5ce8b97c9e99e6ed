"""The controls of a V4L2 camera: exposure, focus, white balance, brightness, power-line frequency and their like.

They are lost when the device is unplugged, so they are stored here, by the camera's identity, and set again whenever
that camera is opened. A control that the device does not have, or has no longer, is skipped.
"""

import errno
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from actors.camera import v4l2
from config.setting import between, one_of
from config.store import Store
from models.errors import Invalid, Unavailable
from models.messages.camera import CameraControl, CameraControls

FILE = "camera-controls.json"
CAMERAS_MAX = 16
GONE = (errno.ENODEV, errno.ENXIO)


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    id: int
    title: str


# linux/v4l2-controls.h. A switch to automatic mode comes before the control that it overrides.
KINDS = (
    Kind("exposureMode", 0x009A0901, "Exposure"),
    Kind("exposureTime", 0x009A0902, "Exposure time"),
    Kind("exposureSlowsDown", 0x009A0903, "Lower frame rate in the dark"),
    Kind("gain", 0x00980913, "Gain"),
    Kind("backlight", 0x0098091C, "Backlight compensation"),
    Kind("focusAutomatic", 0x009A090C, "Autofocus"),
    Kind("focus", 0x009A090A, "Focus"),
    Kind("whiteBalanceAutomatic", 0x0098090C, "Automatic white balance"),
    Kind("whiteBalance", 0x0098091A, "White balance"),
    Kind("brightness", 0x00980900, "Brightness"),
    Kind("contrast", 0x00980901, "Contrast"),
    Kind("saturation", 0x00980902, "Saturation"),
    Kind("sharpness", 0x0098091B, "Sharpness"),
    Kind("powerLine", 0x00980918, "Anti-flicker"),
    Kind("zoom", 0x009A090D, "Zoom"),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def read(path: str) -> list[CameraControl]:
    """The controls that the device has and reports. Raises ``OSError`` if it is gone or not permitted."""
    with v4l2.opened(path) as descriptor:
        return [found for kind in KINDS if (found := _control(descriptor, kind)) is not None]


def write(path: str, values: Mapping[str, int], kinds: Sequence[Kind] = KINDS) -> dict[str, str]:
    """Set them in the order of ``kinds``. Returns what the device rejects: name → reason.

    Raises:
        OSError: the device is gone or not permitted.
    """
    refused = {}
    with v4l2.opened(path) as descriptor:
        for kind in kinds:
            if kind.name not in values:
                continue
            try:
                v4l2.set_control(descriptor, kind.id, values[kind.name])
            except OSError as error:
                if error.errno in GONE:
                    raise
                refused[kind.name] = error.strerror or str(error)
    return refused


def _control(descriptor: int, kind: Kind) -> CameraControl | None:
    try:
        found = v4l2.query_control(descriptor, kind.id)
        if found is None:
            return None
        choices = v4l2.menu(descriptor, found) if found.type in v4l2.MENUS else ()
        value = v4l2.get_control(descriptor, kind.id)
    except OSError as error:
        if error.errno in GONE:
            raise
        return None  # cameras list controls that they cannot read (EIO, EPIPE, ETIMEDOUT of uvcvideo)
    return CameraControl(
        name=kind.name,
        title=kind.title,
        kind={v4l2.BOOLEAN: "boolean"}.get(found.type, "menu" if choices else "int"),
        value=value,
        default=found.default,
        minimum=found.minimum,
        maximum=found.maximum,
        step=max(1, found.step),
        choices=choices,
        active=not found.inactive,
    )


class Kept:
    """The stored values, by the identity of the camera; on disk before they are acknowledged."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path)
        loaded = self._store.load()
        self.notes = loaded.notes
        self._values = {str(identity): _numbers(values) for identity, values in loaded.values.items()}

    def of(self, identity: str) -> dict[str, int]:
        return dict(self._values.get(identity, {}))

    def keep(self, identity: str, values: Mapping[str, int]) -> None:
        """Raises ``OSError`` if the disk is full; then nothing is stored."""
        changed = {**self._values, identity: dict(values)}
        while len(changed) > CAMERAS_MAX:
            del changed[next(iter(changed))]
        self._store.save({identity: values for identity, values in changed.items() if values})
        self._values = changed


class Panel:
    """The controls of the camera in use. Blocking: methods run in the actor's executor."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def read(self, path: str) -> CameraControls:
        """Raises ``Unavailable``: the device is gone."""
        try:
            return CameraControls(tuple(read(path)) if path else ())
        except OSError as error:
            raise Unavailable(f"The camera's controls cannot be read: {error.strerror}") from None

    def restore(self, path: str, identity: str) -> dict[str, str]:
        """Set the stored values of this camera. Returns what it rejects: name → reason."""
        values = self._kept.of(identity)
        try:
            return write(path, values) if values else {}
        except OSError as error:
            return dict.fromkeys(values, error.strerror or str(error))

    def change(self, path: str, identity: str, name: str, value: int) -> CameraControls:
        """Raises ``Invalid`` or ``Unavailable``; then nothing is stored."""
        here = {one.name: one for one in self.read(path).controls}
        if not name:  # in reverse: a switch to automatic mode comes after the controls that it overrides
            self._write(path, {one.name: one.default for one in here.values()}, KINDS[::-1])
            self._keep(identity, {})
            return self.read(path)
        if name not in here:
            raise Invalid(f"name: Value must be one of {', '.join(here)}" if here else "This source has no controls")
        control = here[name]
        values = {choice for choice, _ in control.choices}
        if values and value not in values:
            raise Invalid(f"value: {one_of(tuple(sorted(values)))}")
        if not control.minimum <= value <= control.maximum:
            raise Invalid(f"value: {between(control.minimum, control.maximum)}")
        self._write(path, {name: value})
        self._keep(identity, {**self._kept.of(identity), name: value})
        return self.read(path)

    def _write(self, path: str, values: Mapping[str, int], kinds: Sequence[Kind] = KINDS) -> None:
        try:
            refused = write(path, values, kinds)
        except OSError as error:
            raise Unavailable(f"The control cannot be set: {error.strerror}") from None
        if len(values) == 1 and refused:
            raise Invalid(f"The camera rejected it: {next(iter(refused.values()))}")

    def _keep(self, identity: str, values: Mapping[str, int]) -> None:
        try:
            self._kept.keep(identity, values)
        except OSError as error:
            raise Unavailable(f"It is set, but cannot be saved: {error.strerror}") from None


def _numbers(values: object) -> dict[str, int]:
    items: Iterable[tuple[object, object]] = values.items() if isinstance(values, dict) else ()
    return {str(name): value for name, value in items if name in BY_NAME and isinstance(value, int)}
