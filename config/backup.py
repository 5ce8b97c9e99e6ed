"""A data directory as one file, and back: every store as it is at one moment, each file with its SHA-256.

The file is a gzipped tar (encrypted on request), ``manifest.json`` last. Databases are copied by SQLite, so the server
may be running. Models, files of one run, and files that were set aside are not included.
"""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from config.encrypted_file import MAGIC, SealedReader, SealError, SealingWriter

MANIFEST = "manifest.json"
FORMAT = 1
MANIFEST_MAX = 64 << 20  # bytes
MADE_MAX = 253_402_300_799_999  # Unix ms: the year 9999, which is as far as a calendar goes here
BLOCK = 1 << 20
# Names in the data directory, or patterns of them. Everything that is not named here is in every backup.
LEFT_OUT = (
    "models",  # fetched again
    "traces",  # large, and of two days only
    "clips",  # large, and soon too old; their list is in the database
    "pictures",
    "run.json",
    "under_way",  # MQTT: the state of one delivery, which the broker will have forgotten
    "events.reserve",
    "before-restore-*",
    "*.part",
    ".*",  # incomplete
    "*.db-wal",  # in the copy of their database
    "*.db-shm",
    "*.aside-*",
    "*.broken*",
    "*.v[0-9]*",  # copies of earlier versions
)


class BackupError(Exception):
    """It cannot be made or used; the text says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files``: (path in the data directory, bytes, SHA-256 in hex)."""

    version: str  # of the program that made it
    made_ms: int
    device_id: str
    files: tuple[tuple[str, int, str], ...]

    @property
    def bytes(self) -> int:
        return sum(size for _, size, _ in self.files)


def files_of(data_dir: Path) -> Iterator[Path]:
    """What belongs into a backup, relative to ``data_dir``, in order."""
    for folder, folders, names in os.walk(data_dir):
        folders[:] = sorted(name for name in folders if not _left_out(name))
        for name in sorted(names):
            path = Path(folder) / name
            if not _left_out(name) and path.is_file() and not path.is_symlink():
                yield path.relative_to(data_dir)


def _left_out(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in LEFT_OUT)


# ---------------------------------------------------------------- writing
def write(data_dir: Path, target: Path, version: str, made_ms: int, device_id: str, passphrase: str = "") -> Manifest:
    """Write the backup of ``data_dir`` to ``target``, and read it again to verify it.

    Raises:
        BackupError: it cannot be made; ``target`` does not exist then.
    """
    partial = target.with_name(f".{target.name}.part")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with SealingWriter(file, passphrase) if passphrase else contextlib.nullcontext(file) as plain:
                files = _write_all(data_dir, cast(BinaryIO, plain), Manifest(version, made_ms, device_id, ()))
            file.flush()
            os.fsync(file.fileno())
        with partial.open("rb") as file:
            manifest = read(file, None, passphrase)
        if manifest.files != files:
            raise BackupError(f"{target} was not written correctly: is the disk faulty?")
        os.replace(partial, target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{target} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _write_all(data_dir: Path, target: BinaryIO, about: Manifest) -> tuple[tuple[str, int, str], ...]:
    files = []
    with tarfile.open(fileobj=target, mode="w|gz") as archive:
        for path in files_of(data_dir):
            with contextlib.suppress(FileNotFoundError):  # just deleted: an old picture
                files.append(_add(archive, data_dir, path))
        described = {
            "format": FORMAT,
            "version": about.version,
            "made": about.made_ms,
            "deviceId": about.device_id,
            "files": files,
        }
        text = json.dumps(described, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return tuple(files)


def _add(archive: tarfile.TarFile, data_dir: Path, path: Path) -> tuple[str, int, str]:
    with _opened(data_dir / path) as file:
        entry = tarfile.TarInfo(path.as_posix())
        entry.size, entry.mode = os.fstat(file.fileno()).st_size, 0o600
        entry.mtime = int(os.fstat(file.fileno()).st_mtime)
        hashed = _Hashed(file)
        archive.addfile(entry, cast(IO[bytes], hashed))
        return entry.name, entry.size, hashed.digest.hexdigest()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file; of a database, a copy of what is committed."""
    if path.suffix != ".db":
        with path.open("rb") as file:
            yield file
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".backup-", suffix=".part") as copy:
        with (
            contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as source,
            contextlib.closing(sqlite3.connect(copy.name)) as target,
        ):
            source.backup(target)
        with open(copy.name, "rb") as file:
            yield file


class _Hashed:
    """A file whose bytes are counted into ``digest`` as they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


# ---------------------------------------------------------------- reading
def is_sealed(source: BinaryIO) -> bool:
    """Raises OSError."""
    source.seek(0)
    return source.read(len(MAGIC)) == MAGIC


def read(source: BinaryIO, into: Path | None, passphrase: str = "") -> Manifest:
    """Verify every file of the backup; write them into the directory ``into``, if one is given.

    Raises:
        BackupError: it is damaged, not a backup, encrypted with another passphrase, or of a newer version.
        OSError: ``source`` cannot be read, or ``into`` not be written.
    """
    sealed = is_sealed(source)
    source.seek(0)
    try:
        plain = cast(IO[bytes], io.BufferedReader(SealedReader(source, passphrase), BLOCK)) if sealed else source
        with tarfile.open(fileobj=plain, mode="r|gz") as archive:
            return _read_all(archive, into)
    except SealError as error:
        raise BackupError(f"{source.name}: {error}") from error
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        raise BackupError(f"{source.name} is not a backup, or is damaged: {error}") from error


def _read_all(archive: tarfile.TarFile, into: Path | None) -> Manifest:
    found: list[tuple[str, int, str]] = []
    for entry in archive:
        content = archive.extractfile(entry)
        if content is None:
            raise ValueError(f"{entry.name} is not a file")
        if entry.name == MANIFEST:
            return _manifest(content, found)
        path = PurePosixPath(entry.name)
        if path.is_absolute() or ".." in path.parts or entry.name != path.as_posix():
            raise ValueError(f"{entry.name!r} is not a path in a data directory")
        found.append((entry.name, entry.size, _take(content, into / path if into is not None else None)))
    raise ValueError("it is truncated")


def _take(content: IO[bytes], target: Path | None) -> str:
    hashed = _Hashed(content)
    with contextlib.ExitStack() as stack:
        file = None
        if target is not None:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = stack.enter_context(open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"))
        while block := hashed.read(BLOCK):
            if file is not None:
                file.write(block)
        if file is not None:
            file.flush()
            os.fsync(file.fileno())
    return hashed.digest.hexdigest()


def _manifest(content: IO[bytes], found: list[tuple[str, int, str]]) -> Manifest:
    match json.loads(content.read(MANIFEST_MAX)):
        case {
            "format": int(number),
            "version": str(version),
            "made": int(made),
            "deviceId": str(device),
            "files": list(files),
        } if 0 <= made <= MADE_MAX:
            if number > FORMAT:
                raise ValueError(f"it was made by a newer version of this program ({version})")
            if [tuple(file) for file in files] != found:
                raise ValueError("its content is not what was written")
            return Manifest(version, made, device, tuple(found))
    raise ValueError("its list of files is invalid")
