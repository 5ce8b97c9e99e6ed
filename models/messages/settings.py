"""The settings' mailbox. Keys and checks are those of ``config.settings``."""

from dataclasses import dataclass, field
from typing import ClassVar

from models.messages import Ask, Ref, State

Value = str | int | bool


class ToSettings:
    """Whom the messages of this file go to."""


SETTINGS: Ref[ToSettings] = Ref("settings")


@dataclass(frozen=True, slots=True)
class SettingsView(State):
    """``stored``: every key as GET /settings shows it. ``effective``: the values in effect, Pro switches off if Free.

    ``credentials``: for each owner ("rtsp", "mqtt") a value that changes with its credentials, but does not reveal
    them. ``source``: what caused the last change: ws, http, mqtt, cli, license, system.
    """

    stored: dict[str, Value]
    effective: dict[str, Value]
    credentials: dict[str, str] = field(default_factory=dict)
    source: str = "system"
    revision: int = 0  # CLOCK_MONOTONIC ns at which it was made: of two views the newer has the larger one


def changed_keys(old: SettingsView, new: SettingsView) -> frozenset[str]:
    """Keys whose stored or effective value differs; ``rtspHasPassword`` also when the password is another one."""
    keys = {key for key, value in new.stored.items() if old.stored.get(key) != value}
    keys |= {key for key, value in new.effective.items() if old.effective.get(key) != value}
    keys |= {f"{owner}HasPassword" for owner, value in new.credentials.items() if old.credentials.get(owner) != value}
    return frozenset(keys)


@dataclass(frozen=True, slots=True)
class GetSettings(Ask[ToSettings, SettingsView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """``errors`` ("key: reason") non-empty: nothing was changed. ``pro_blocked``: enables dropped without Pro."""

    errors: tuple[str, ...]
    pro_blocked: tuple[str, ...]
    applied: tuple[str, ...]
    view: SettingsView


@dataclass(frozen=True, slots=True)
class SetCredentials(Ask[ToSettings, SettingsView]):
    """On disk before it is acknowledged. ``None`` keeps, ``""`` removes."""

    owner: str
    username: str | None = None
    password: str | None = None
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ChangeSettings(Ask[ToSettings, ChangeResult]):
    """``source``: ws, http, mqtt, cli, license, system. ``internal`` opens the keys that POST /settings refuses.

    ``credentials`` are changed with them: all of it or nothing.
    """

    values: dict[str, object]
    source: str
    internal: bool = False
    credentials: SetCredentials | None = None
    retry: ClassVar[bool] = True  # setting the same values twice is harmless


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class GetCredentials(Ask[ToSettings, Credentials]):
    """``owner``: "rtsp" or "mqtt". Empty strings if none are stored."""

    owner: str
    retry: ClassVar[bool] = True
