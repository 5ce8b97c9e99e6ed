"""Model files on disk: finding, checking and converting them.

``python -m config.weights.store MODULE SOURCE TARGET`` converts in a process of its own, so that a detector does not
carry the converter's libraries for the rest of its life.
"""

import hashlib
import sys
from importlib import import_module
from pathlib import Path

from config.boot import Boot
from config.files import write_atomically
from config.weights.catalogue import WeightsFile

REMEDY = "fetch it under Detection"


class WeightsError(Exception):
    """A model that cannot be used; the text says which, why, and what to do."""


def store(boot: Boot) -> Path:
    """Where downloads and conversions are written."""
    return boot.data_dir / "models"


def folders(boot: Boot) -> tuple[Path, ...]:
    """Where files are looked for, best first."""
    given = () if boot.models_dir is None else (boot.models_dir,)
    return (*given, store(boot))


def locate(boot: Boot, name: str) -> Path | None:
    return next((path for folder in folders(boot) if (path := folder / name).is_file()), None)


def digest(path: Path) -> str:
    """SHA-256 in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fault(path: Path, model: WeightsFile) -> str:
    """Why the file is not the pinned one; "" if it is. Raises OSError."""
    size = path.stat().st_size
    if size != model.bytes:
        return f"{size} bytes instead of {model.bytes}"
    return "" if digest(path) == model.sha256 else "another SHA-256"


def downloaded(boot: Boot, model: WeightsFile) -> Path:
    """The pinned file, checked.

    Raises:
        WeightsError: it is missing, broken or unreadable.
    """
    path = locate(boot, model.file)
    if path is None:
        raise WeightsError(f"The model {model.id} is missing: {REMEDY}")
    try:
        wrong = fault(path, model)
    except OSError as error:
        raise WeightsError(f"The model {model.id} cannot be read: {error.strerror}") from error
    if wrong:
        raise WeightsError(f"The model {model.id} is broken ({wrong}): {REMEDY}")
    return path


def loadable(boot: Boot, model: WeightsFile) -> Path | None:
    """The file to load; None where it has yet to be converted from the download. Raises WeightsError."""
    if not model.converted:
        return downloaded(boot, model)
    converted = locate(boot, model.loads)
    if converted is None:
        downloaded(boot, model)
    return converted


def state(boot: Boot, model: WeightsFile) -> str:
    """good, missing or broken, as a detector would find it: what is converted already needs no download."""
    try:
        loadable(boot, model)
    except WeightsError:
        return "missing" if locate(boot, model.file) is None else "broken"
    return "good"


def convert(converter: str, source: Path, target: Path) -> None:
    """Write the converted model atomically. ``converter`` as in ``WeightsFile``.

    Raises:
        ValueError: the source is not the network that can be converted.
        OSError: it cannot be read or the target not be written.
    """
    to_onnx = import_module(converter).convert  # heavy: only where it is wanted
    write_atomically(target, to_onnx(source.read_bytes()))


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
