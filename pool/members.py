"""Which cameras may ask: who was invited, kept as hashes. ``pool.json``, changed by commands and by the gateway alike.

The first device that shows a token makes it its own (``config.pool_secret``): shown by another one it is worth nothing.
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from config.store import Store
from models.errors import Invalid, LimitReached, Missing
from pool import limits

FILE, LOCK = "pool.json", "pool.lock"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Member:
    """``token`` and ``key`` as SHA-256 in hex; ``key`` is "" until a device has come. ``since``: Unix ms."""

    name: str
    token: str
    key: str
    since: int


class Members:
    """The file as it is now: read again whenever it has changed."""

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir
        self._store = Store(data_dir / FILE, fits=_fits)
        self._stamp: tuple[int, int] | None = None
        self._by_token: dict[str, Member] = {}

    def all(self) -> tuple[Member, ...]:
        self._refresh()
        return tuple(self._by_token.values())

    def who(self, credential: str) -> str | None:
        """The camera's name. ``credential``: token, a dot, and the device's key. Binds the token at its first use."""
        self._refresh()
        token, _, key = credential.partition(".")
        member = self._by_token.get(_hash(token))
        if member is None or not key:
            return None
        if not member.key:
            member = self._bound(member, _hash(key))
        return member.name if hmac.compare_digest(member.key, _hash(key)) else None

    def invite(self, name: str) -> str:
        """A new token for a camera; a former one of the same name ends. Raises Invalid, LimitReached, OSError."""
        if not NAME.fullmatch(name):
            raise Invalid("a camera's name consists of at most 64 letters, digits, dots, dashes and underscores")
        token = secrets.token_urlsafe(TOKEN_BYTES)

        def add(members: dict[str, Member]) -> None:
            if name not in members and len(members) >= limits.CAMERAS:
                raise LimitReached(f"{limits.CAMERAS} cameras are already invited; revoke one")
            members[name] = Member(name, _hash(token), "", time.time_ns() // 1_000_000)

        self._change(add)
        return token

    def revoke(self, name: str) -> None:
        """Raises Missing, OSError."""

        def remove(members: dict[str, Member]) -> None:
            if members.pop(name, None) is None:
                raise Missing(f"no camera {name} is invited")

        self._change(remove)

    def _bound(self, member: Member, key: str) -> Member:
        """The member as it is after the first device has come, which may be another one that was faster."""

        def bind(members: dict[str, Member]) -> None:
            now = members.get(member.name)
            if now is not None and now.token == member.token and not now.key:
                members[member.name] = replace(now, key=key)

        self._change(bind)
        return self._by_token.get(member.token, member)

    def _refresh(self) -> None:
        try:
            status = (self._dir / FILE).stat()
        except FileNotFoundError:
            self._by_token, self._stamp = {}, None
            return
        stamp = status.st_mtime_ns, status.st_ino
        if stamp != self._stamp:
            self._by_token = {one.token: one for one in self._read().values()}
            self._stamp = stamp

    def _read(self) -> dict[str, Member]:
        cameras = self._store.load().values.get("cameras", {})
        assert isinstance(cameras, dict)  # it fits
        return {name: Member(name, **kept) for name, kept in cameras.items()}

    def _change(self, act: Callable[[dict[str, Member]], None]) -> None:
        with _locked(self._dir / LOCK):
            members = self._read()
            act(members)
            kept = {
                one.name: {key: value for key, value in asdict(one).items() if key != "name"}
                for one in members.values()
            }
            self._store.save({"cameras": kept})
        self._stamp = None
        self._refresh()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _fits(values: Mapping[str, object]) -> bool:
    cameras = values.get("cameras")
    return isinstance(cameras, dict) and all(
        isinstance(one, dict)
        and set(one) == {"token", "key", "since"}
        and isinstance(one["token"], str)
        and isinstance(one["key"], str)
        and isinstance(one["since"], int)
        for one in cameras.values()
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
