"""``ipcamera backup`` and ``ipcamera restore``: all data of this device in one file, and back."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from actors.auth.auth_store import auth_store, load_state, save_state
from actors.event_log import engine
from actors.event_log.id_allocation import keep_above
from actors.license.license_store import FILE as LICENSE_FILE
from actors.license.license_store import LicenseStore
from actors.mqtt import outbox
from actors.notifier import outbox as notifier_outbox
from actors.notifier.rule_store import notifications_store
from actors.runtime.program_run import LOCK
from actors.settings.settings_store import settings_store
from config import atomic_replace, places
from config import backup as archives
from config.backup import BackupError
from config.boot_load import BootError, load_boot, program_version
from config.clock import unix_ms
from config.device_id import device_id
from config.store import Store
from models.errors import ServerError
from scripts.ipcamera.console import DataDir, data_dir_of, fail, find_control

VARIABLE = "IPCAMERA_BACKUP_PASSPHRASE"
PASSPHRASE_MIN = 8
DATABASES = {
    "events.db": len(engine.STEPS),
    "mqtt/outbox.db": len(outbox.STEPS),
    "notifier/outbox.db": len(notifier_outbox.STEPS),
}
FromStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help=f"Read the passphrase from stdin; {VARIABLE} works too.")
]


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist yet.")],
    encrypt: Annotated[
        bool, typer.Option("--encrypt", help="Encrypt it with a passphrase, which is asked for.")
    ] = False,
    passphrase_stdin: FromStdin = False,
    data_dir: DataDir = None,
) -> None:
    """Save settings, events, pictures, sessions, licence and certificate in one file. The server may be running."""
    place = data_dir_of(data_dir)
    if not place.is_dir():
        fail(f"there is nothing to save: {place} does not exist")
    if file.exists():
        fail(f"{file} exists already; choose another name")
    if place in file.absolute().parents:
        fail(f"{file} is in the data directory itself; choose another place, preferably on another disk")
    passphrase = _new_passphrase(passphrase_stdin) if encrypt or passphrase_stdin else ""
    now_ms = unix_ms()
    try:
        made = archives.write(place, file, program_version(), now_ms, device_id(place), passphrase)
    except (BackupError, OSError) as error:
        fail(str(error))
    typer.echo(f"{file}: {len(made.files)} files, {_size(file.stat().st_size)}, written and verified.")
    if not passphrase:
        typer.echo("It contains passwords, keys and pictures in plain text: keep it safe, or use --encrypt.")


def restore(
    file: Annotated[Path, typer.Argument(help="File that `ipcamera backup` wrote.")],
    rebind_license: Annotated[
        bool,
        typer.Option("--rebind-license", help="Sign the licence for this device; for data of another one."),
    ] = False,
    passphrase_stdin: FromStdin = False,
    data_dir: DataDir = None,
) -> None:
    """Replace all data with a backup; the previous data is kept. The server must not be running."""
    place = data_dir_of(data_dir)
    with _opened(file) as archive, _alone(place):
        try:
            atomic_replace.finish(place)
            manifest = _stage(place, archive, passphrase_stdin)
            kept = atomic_replace.commit(place)
        except (BackupError, OSError, sqlite3.Error) as error:
            atomic_replace.abandon(place)
            fail(str(error))
        typer.echo(f"Restored: {len(manifest.files)} files of {_day(manifest.made_ms)}, version {manifest.version}.")
        if kept is not None:
            typer.echo(f"The previous data is kept in {kept}.")
        _look_at_license(place, rebind_license)
        typer.echo("Everyone has to log in again. Tokens of that time are valid again: revoke any that should not be.")


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")


def _stage(place: Path, file: BinaryIO, passphrase_stdin: bool) -> archives.Manifest:
    """Unpack beside the current data, verify, and adapt to this device."""
    passphrase = _passphrase(passphrase_stdin) if archives.is_sealed(file) else ""
    needed = 2 * archives.read(file, None, passphrase).bytes  # migration keeps copies
    if needed > (free := shutil.disk_usage(place).free):
        raise BackupError(f"{file.name} needs {_size(needed)} on the disk of {place}, and {_size(free)} are free")
    staged = atomic_replace.prepare(place)
    manifest = archives.read(file, staged, passphrase)
    for problem in _problems(staged):
        raise BackupError(f"{file.name}, made by version {manifest.version}, cannot be used: {problem}")
    state, _ = load_state(staged)
    state.sessions = state.sessions.without_logins()  # sessions that were ended since must not come back
    save_state(staged, state, final=True)
    keep_above(staged, place)
    return manifest


def _problems(staged: Path) -> Iterator[str]:
    """Why this program could not use what was unpacked."""
    stores = (settings_store(staged), auth_store(staged), notifications_store(staged), Store(staged / LICENSE_FILE))
    for store in stores:
        if store.path.exists() and not store.usable():
            yield f"{store.path.name} is damaged, or of a newer version"
    for name, known in DATABASES.items():
        path = staged / name
        if not path.exists():
            continue
        if found := engine.fault(path):
            yield f"{name} is damaged: {found}"
            continue
        with contextlib.closing(sqlite3.connect(path)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > known:
            yield f"{name} is of a newer version (format {version}, this one knows {known})"


def _look_at_license(place: Path, rebind: bool) -> None:
    try:
        store = LicenseStore(load_boot({"data_dir": place}, os.environ))
        if rebind:
            store.rebind()
        view = store.view()
    except BootError as error:
        typer.echo(f"Fix this before the next start: {error}")
        return
    except (ServerError, OSError) as error:
        typer.echo(f"Licence: {error}")
        return
    remedy = "" if view.is_pro or rebind or not view.licensee else "; --rebind-license signs it for this device"
    typer.echo("Licence: Pro" if view.is_pro else f"Licence: Free ({view.reason}{remedy})")


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """No server uses this data directory, or starts to meanwhile. Root switches to its owner, as for a service."""
    if os.geteuid() == 0 and place.exists() and (owner := place.stat()).st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    places.make_private(place)
    if (control := find_control(place)) is not None:
        control.close()
        fail(f"a camera server is using {place}: stop it first")
    run_dir = places.run_dir(place, os.environ)
    ours = not run_dir.exists()
    places.make_private(run_dir)
    with (run_dir / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"a camera server that uses {place} is starting or stopping: stop it first")
        try:
            yield
        finally:
            if ours:
                shutil.rmtree(run_dir, ignore_errors=True)


def _new_passphrase(stdin: bool) -> str:
    given = _given(stdin)
    passphrase = given or str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True))
    if len(passphrase) < PASSPHRASE_MIN:
        fail(f"the passphrase needs at least {PASSPHRASE_MIN} characters")
    return passphrase


def _passphrase(stdin: bool) -> str:
    return _given(stdin) or str(typer.prompt("Passphrase", hide_input=True))


def _given(stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if stdin else os.environ.get(VARIABLE, "")


def _day(moment_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment_ms / 1000))


def _size(count: int) -> str:
    for unit, bytes_each in (("GB", 1 << 30), ("MB", 1 << 20)):
        if count >= bytes_each:
            return f"{count / bytes_each:.1f} {unit}"
    return f"{count / 1024:.0f} kB"
