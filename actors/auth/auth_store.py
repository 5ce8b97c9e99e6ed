"""What auth stores on disk, and how passwords are hashed. Blocking: called in the actor's executor."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from config.store import Store
from models.security.lockout import KnownClients
from models.security.sessions import SessionTable

FILE = "auth.json"
KEY_BYTES = 32

# OWASP's argon2id profile of little memory, raised: about 40 ms on a PC, 0.3 s on a small board.
HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1, type=Type.ID)


@dataclass(slots=True)
class StoredAuth:
    """``password``: argon2id in PHC format, "" if none is set. ``enabled``: the owner wants protection."""

    password: str = ""
    enabled: bool = True
    anonymous_key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES))
    sessions: SessionTable = field(default_factory=SessionTable)
    known: KnownClients = field(default_factory=KnownClients)

    def as_dict(self) -> dict[str, object]:
        return {
            "password": self.password,
            "enabled": self.enabled,
            "anonymousKey": self.anonymous_key.hex(),
            "sessions": self.sessions.as_list(),
            "known": self.known.as_list(),
        }


def load_state(data_dir: Path) -> tuple[StoredAuth, tuple[str, ...]]:
    """The state on disk, and sentences about its problems."""
    loaded = auth_store(data_dir).load()
    return restored(loaded.values), loaded.notes


def save_state(data_dir: Path, state: StoredAuth, *, final: bool = False) -> None:
    """On disk when it returns. ``final``: also replace the last good copy, so that nothing revoked can come back.

    Raises:
        OSError: it could not be written; the previous state stays valid.
    """
    for _ in range(2 if final else 1):
        auth_store(data_dir).save(state.as_dict())


def auth_store(data_dir: Path) -> Store:
    return Store(data_dir / FILE, fits=_fits)


def _fits(values: Mapping[str, object]) -> bool:
    """Without a valid password entry the device would consider itself new."""
    match values:
        case {"password": str(), "enabled": bool(), "anonymousKey": str(key)}:
            return len(key) == 2 * KEY_BYTES and set(key) <= set(string.hexdigits)
    return False


def restored(values: dict[str, object]) -> StoredAuth:
    """The state from ``as_dict``; missing or invalid values are as on a new device."""
    state = StoredAuth()
    match values:
        case {"password": str(password), "enabled": bool(enabled), "anonymousKey": str(key)} if _fits(values):
            state.password, state.enabled, state.anonymous_key = password, enabled, bytes.fromhex(key)
    state.sessions.restore(values.get("sessions"))
    match values.get("known"):
        case [*keys]:
            state.known = KnownClients(key for key in keys if isinstance(key, str))
    return state


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether the password matches."""
    try:
        return HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
