"""Small state files: JSON with a version, replaced atomically, with the last good one kept.

A file of a former version is brought up to date when it is read, by the store's steps in their order: the first makes
version 2 out of 1. A step is never changed once it was released. The first save keeps the former file as NAME.vN.

A file that cannot be used (cut off, garbage, of a newer program, unreadable) is never overwritten: it is set aside
under another name, and the last good one is used. Each such case is described in a sentence (``Loaded.notes``).
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.files import write_atomically

FIRST = 1  # version of a store without steps
LARGEST = 1 << 20  # bytes; a larger file is not ours
ASIDE_KEPT = 5  # files set aside; beyond it the oldest are deleted


Step = Callable[[dict[str, object]], dict[str, object]]  # the values of one version made of those of the one before


@dataclass(frozen=True, slots=True)
class Loaded:
    """``found``: a usable file was there. ``damaged``: one was there and was not usable."""

    values: dict[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    found: bool = False
    damaged: bool = False


class UnusableError(Exception):
    """A file that is there and cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Store:
    """One file. ``mode`` holds for its last good copy too. ``fits``: whether values are of the shape they must have."""

    path: Path
    steps: tuple[Step, ...] = ()
    mode: int = 0o600
    fits: Callable[[Mapping[str, object]], bool] = lambda _values: True

    @property
    def version(self) -> int:
        return FIRST + len(self.steps)

    @property
    def last(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.last{self.path.suffix}")

    def load(self) -> Loaded:
        """The newest usable values: of the file, or of the last good one, or none. Sets aside unusable files."""
        notes: list[str] = []
        for path in (self.path, self.last):
            try:
                values = self._read(path)
            except FileNotFoundError:
                if path == self.path and self.last.exists():
                    notes.append(f"{path.name} is missing.")
                continue
            except UnusableError as problem:
                notes.append(_set_aside(path, str(problem)))
                continue
            if notes:
                notes.append(f"The last good settings, from {path.name}, are used.")
            return Loaded(values, tuple(notes), found=True, damaged=bool(notes))
        return Loaded({}, tuple(notes), damaged=bool(notes))

    def usable(self) -> bool:
        """Whether ``load`` would take the file itself; changes nothing."""
        try:
            self._read(self.path)
        except (FileNotFoundError, UnusableError):
            return False
        return True

    def _read(self, path: Path) -> dict[str, object]:
        version, values = _content(path)
        if version > self.version:
            raise UnusableError(
                f"it was written by a newer version of this program (format {version}, this one knows {self.version})"
            )
        for step in self.steps[version - FIRST :]:
            values = step(values)
        if not self.fits(values):
            raise UnusableError("it is damaged: values are missing or of another type")
        return values

    def save(self, values: Mapping[str, object]) -> None:
        """On disk when it returns.

        Raises:
            OSError: it could not be written; the old file is untouched.
        """
        text = json.dumps({"version": self.version, "values": dict(values)}, indent=1)
        self._keep_last()
        write_atomically(self.path, f"{text}\n".encode(), self.mode)

    def _keep_last(self) -> None:
        """Keep the present file as the last good one, if it is good, and under its version if that is a former one."""
        if not self.usable():
            return
        version, _ = _content(self.path)
        self._keep_as(self.last)
        if version < self.version:
            self._keep_as(self.path.with_name(f"{self.path.name}.v{version}"))

    def _keep_as(self, path: Path) -> None:
        """By a second name, which costs no space."""
        name = path.with_name(f".{path.name}.new")
        name.unlink(missing_ok=True)
        try:
            os.link(self.path, name)
            os.replace(name, path)
        except OSError:  # a file system without hard links
            write_atomically(path, self.path.read_bytes(), self.mode)


def _content(path: Path) -> tuple[int, dict[str, object]]:
    """Version and values, as they are in the file."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise UnusableError("it is too large")
        content = json.loads(raw)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnusableError(f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError):
        raise UnusableError("it is damaged: not JSON") from None
    version = content.get("version") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(version, int) or not isinstance(content.get("values"), dict):
        raise UnusableError("it is damaged: version or values are missing")
    values: dict[str, object] = content["values"]
    return max(version, FIRST), values


def _set_aside(path: Path, problem: str) -> str:
    """Rename an unusable file. Returns a sentence about it."""
    aside = path.with_name(f"{path.name}.aside-{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 10**6:06}")
    try:
        os.replace(path, aside)
    except OSError as error:
        return f"{path.name} cannot be used ({problem}) and could not be set aside: {error.strerror}."
    for old in sorted(path.parent.glob(f"{path.name}.aside-*"))[:-ASIDE_KEPT]:
        if old.is_file():
            old.unlink(missing_ok=True)
    return f"{path.name} cannot be used: {problem}. It was set aside as {aside.name}."
