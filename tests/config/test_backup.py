"""Backups: what is in them, damage of every kind, the seal; and a replacement that is killed at any moment."""

import contextlib
import gzip
import io
import os
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from config import atomic_replace, backup
from config.backup import BackupError, Manifest, write
from config.encrypted_file import CHUNK, MAGIC, SealedReader, SealError, SealingWriter

PHRASE = "correct horse"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.encrypted_file.MEMORY_KIB", 8)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a database whose last row is still in its log."""
    folder = tmp_path / "data"
    for path, content in {
        "settings.json": b"{}",
        "thumbnails/1.jpg": secrets.token_bytes(200_000),
        "empty": b"",
        "models/big.onnx": b"x",
        "run.json": b"{}",
        "settings.json.v1": b"{}",
        ".settings.json.x": b"half",
        "events.db.broken-20260101-000000-1": b"x",
        "before-restore-20260101-000000/settings.json": b"{}",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture
def database(data: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(data / "events.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY)")
    connection.execute("INSERT INTO event VALUES (7)")
    connection.commit()
    return connection


def read(source: Path, into: Path | None, passphrase: str = "") -> Manifest:
    with source.open("rb") as file:
        return backup.read(file, into, passphrase)


def made(data: Path, target: Path, passphrase: str = "") -> backup.Manifest:
    return write(data, target, "1.2.3", 1_700_000_000_000, "d" * 32, passphrase)


@pytest.mark.parametrize("passphrase", ["", PHRASE])
def test_what_is_saved_comes_back(data: Path, database: sqlite3.Connection, tmp_path: Path, passphrase: str) -> None:
    target = tmp_path / "saved"
    manifest = made(data, target, passphrase)
    assert [name for name, _, _ in manifest.files] == ["empty", "events.db", "settings.json", "thumbnails/1.jpg"]
    with target.open("rb") as file:
        assert backup.is_sealed(file) is bool(passphrase)
    assert target.stat().st_mode & 0o777 == 0o600
    assert read(target, tmp_path / "back", passphrase) == manifest
    assert (tmp_path / "back" / "thumbnails" / "1.jpg").read_bytes() == (data / "thumbnails" / "1.jpg").read_bytes()
    assert sqlite3.connect(tmp_path / "back" / "events.db").execute("SELECT id FROM event").fetchall() == [(7,)]
    assert not list(data.glob(".backup-*"))


def test_nothing_can_be_read_without_the_pass_phrase(data: Path, tmp_path: Path) -> None:
    made(data, tmp_path / "saved", PHRASE)
    content = (tmp_path / "saved").read_bytes()
    assert b"settings" not in content
    for wrong in ("", "correct  horse"):
        with pytest.raises(BackupError, match="the passphrase is wrong"):
            read(tmp_path / "saved", None, wrong)


@pytest.mark.parametrize("passphrase", ["", PHRASE])
@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9])
def test_damage_is_noticed(data: Path, tmp_path: Path, passphrase: str, place: float) -> None:
    made(data, tmp_path / "saved", passphrase)
    content = bytearray((tmp_path / "saved").read_bytes())
    content[int(place * len(content))] ^= 0x55
    (tmp_path / "saved").write_bytes(content)
    with pytest.raises(BackupError):
        read(tmp_path / "saved", None, passphrase)


@pytest.mark.parametrize("passphrase", ["", PHRASE])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.95])
def test_a_file_that_was_cut_off_is_noticed(data: Path, tmp_path: Path, passphrase: str, share: float) -> None:
    made(data, tmp_path / "saved", passphrase)
    content = (tmp_path / "saved").read_bytes()
    (tmp_path / "saved").write_bytes(content[: int(share * len(content))])
    with pytest.raises(BackupError):
        read(tmp_path / "saved", None, passphrase)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "./a"])
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    import tarfile

    with tarfile.open(tmp_path / "saved", "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(BackupError, match="not a path in a data directory"):
        read(tmp_path / "saved", tmp_path / "back")
    assert not list(tmp_path.glob("**/outside"))


@pytest.mark.parametrize("content", [b"", b"garbage", gzip.compress(b"garbage"), MAGIC, MAGIC + b"x" * 100])
def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved").write_bytes(content)
    with pytest.raises(BackupError):
        read(tmp_path / "saved", None, PHRASE)


@pytest.mark.parametrize("moment", [-1, 10**30])
def test_a_day_that_is_in_no_calendar_is_refused(data: Path, tmp_path: Path, moment: int) -> None:
    with pytest.raises(BackupError, match="its list of files is invalid"):  # as read after writing
        write(data, tmp_path / "saved", "1.2.3", moment, "d" * 32)


def test_a_disk_that_is_full_leaves_nothing(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BackupError, match="No space left"):
        made(data, tmp_path / "saved")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


# ---------------------------------------------------------------- the seal
def sealed(plain: bytes) -> bytes:
    target = io.BytesIO()
    with SealingWriter(target, PHRASE) as writer:
        writer.write(plain)
    return target.getvalue()


def unsealed(content: bytes) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(content), PHRASE)).read()  # type: ignore[type-var, arg-type]


def test_any_length_comes_back() -> None:
    for length in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1):
        plain = secrets.token_bytes(length)
        assert unsealed(sealed(plain)) == plain


def test_chunks_have_their_place() -> None:
    content = sealed(secrets.token_bytes(3 * CHUNK))
    head, size = len(MAGIC) + 16, CHUNK + 16
    chunks = [content[at : at + size] for at in range(head, len(content), size)]
    assert len(chunks) == 3
    for order in ([0, 1], [1, 0, 2], [0, 2], [0, 1, 1, 2], [1, 2]):
        with pytest.raises(SealError):
            unsealed(content[:head] + b"".join(chunks[number] for number in order))


# ---------------------------------------------------------------- replacing
class KilledError(BaseException):
    pass


def old_and_new(folder: Path) -> None:
    folder.mkdir()
    (folder / "settings.json").write_text("old")
    (folder / "thumbnails").mkdir()
    (folder / "thumbnails" / "1.jpg").write_text("old")
    (folder / "models").mkdir()
    new = atomic_replace.prepare(folder)
    (new / "settings.json").write_text("new")
    (new / "thumbnails").mkdir()
    (new / "thumbnails" / "2.jpg").write_text("new")
    (new / "license.json").write_text("new")


def is_new(folder: Path) -> bool:
    text = (folder / "settings.json").read_text()
    assert (folder / "license.json").exists() == (text == "new")
    assert sorted(path.name for path in (folder / "thumbnails").iterdir()) == ["2.jpg" if text == "new" else "1.jpg"]
    assert (folder / "models").is_dir()
    return text == "new"


def test_everything_is_replaced_and_the_old_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    old_and_new(folder)
    kept = atomic_replace.commit(folder)
    assert is_new(folder)
    assert kept is not None
    assert (kept / "settings.json").read_text() == "old"
    assert atomic_replace.finish(folder) is None
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("moment", range(12))
def test_killed_at_any_moment_it_is_the_one_or_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    folder = tmp_path / "data"
    old_and_new(folder)
    rename: Callable[..., None] = os.rename
    left = [moment]

    def killed(old: Path, new: Path) -> None:
        if not left[0]:
            raise KilledError
        left[0] -= 1
        rename(old, new)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", killed)
        with contextlib.suppress(KilledError):
            atomic_replace.commit(folder)
    atomic_replace.finish(folder)  # as the next start does
    assert is_new(folder) is (moment > 0)


def test_what_was_prepared_and_not_committed_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    old_and_new(folder)
    atomic_replace.abandon(folder)
    assert atomic_replace.finish(folder) is None
    assert not is_new(folder)
