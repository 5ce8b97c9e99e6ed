"""The directories of one instance, derived from its data directory, and closed to other users."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

CONTROL = "control.sock"
FIRST_PASSWORD = "first-password"  # noqa: S105 - a file's name: what the first start prints once
OWNER_CODE = "owner-code"  # file with the code that the device prints, as proof of access to it
RUN_FILE = "run.json"
SHM = Path("/dev/shm")  # noqa: S108 - the kernel's own place for shared memory
SERVICE = Path("/run/ipcamera")  # the systemd service's own (RuntimeDirectory=)
TEMPORARY = Path("/tmp")  # noqa: S108 - the fallback; ``make_private`` refuses what somebody else has put there
LONGEST_BASE = 60  # characters: AF_UNIX paths end at 107 (unix(7)), and names follow


class PlaceError(Exception):
    """A directory that cannot be used; the text says which, why and what to do."""


def default_data_dir(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_DATA_HOME") or f"{environ.get('HOME') or '~'}/.local/share"
    return Path(base).expanduser() / "ipcamera"


def instance(data_dir: Path, uid: int) -> str:
    """The name of the instance with ``data_dir``: short, the same for all its commands."""
    return f"ipcamera-{hashlib.sha256(f'{uid}:{data_dir.resolve()}'.encode()).hexdigest()[:12]}"


def run_dir(data_dir: Path, environ: Mapping[str, str]) -> Path:
    """Where the current run has its sockets, in whatever session it was started; or where a new one puts them."""
    uid = _owner(data_dir)
    candidates = _run_dirs(data_dir, uid, environ)
    return next((path for path in candidates if _lives_in(path, uid)), candidates[0])


def _lives_in(path: Path, uid: int) -> bool:
    """Whether a run of ``uid`` has its control socket there; another user's directory of that name is a trap."""
    try:
        return path.lstat().st_uid == uid and (path / CONTROL).is_socket()
    except OSError:
        return False


def shm_dir(data_dir: Path) -> Path:
    return SHM / instance(data_dir, _owner(data_dir))


def _run_dirs(data_dir: Path, uid: int, environ: Mapping[str, str]) -> list[Path]:
    bases = [Path(environ["XDG_RUNTIME_DIR"])] if environ.get("XDG_RUNTIME_DIR") else []
    bases += [Path(f"/run/user/{uid}"), SERVICE, Path("/run"), TEMPORARY]  # /run: the administrator's
    bases = [base for base in bases if base != SERVICE or _owns(base, uid)]
    usable = [base for base in bases if len(str(base)) <= LONGEST_BASE and os.access(base, os.W_OK | os.X_OK)]
    return [base / instance(data_dir, uid) for base in dict.fromkeys(usable or [TEMPORARY])]


def _owns(path: Path, uid: int) -> bool:
    try:
        return path.lstat().st_uid == uid
    except OSError:
        return False


def _owner(data_dir: Path) -> int:
    """Whose instance it is: root's commands find the one of the service's user."""
    try:
        return data_dir.stat().st_uid
    except OSError:
        return os.geteuid()


def make_private(path: Path) -> None:
    """Make the directory, or check the one that is there: ours, writable, closed to others (0700).

    Raises:
        PlaceError: it cannot be made, is not a directory, belongs to another user, or is not writable.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = path.lstat() if path.parent in (TEMPORARY, SHM) else path.stat()
        if not stat.S_ISDIR(status.st_mode):
            raise PlaceError(f"{path} is not a directory")
        if status.st_uid != os.geteuid():
            raise PlaceError(f"{path} belongs to another user (uid {status.st_uid}); remove it or run as that user")
        if stat.S_IMODE(status.st_mode) & 0o077:
            path.chmod(0o700)
        probe = path / f".probe-{os.getpid()}"
        probe.touch()  # empty: on a full disk the event log makes room when it starts
        probe.unlink()
    except OSError as error:
        raise PlaceError(f"{path} cannot be used: {error.strerror}; choose another one or repair it") from error
