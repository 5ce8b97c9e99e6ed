"""The settings' mailbox. Keys and checks are those of ``config.settings``."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class SettingsView:
    """``stored``: every key as GET /settings shows it. ``effective``: what holds now, Pro switches off without Pro."""

    stored: dict[str, Value]
    effective: dict[str, Value]
    revision: int = 0  # rises with each view that the settings actor gives out


@dataclass(frozen=True, slots=True)
class GetSettings(Ask[SettingsView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """``errors`` ("key: reason") non-empty: nothing was changed. ``pro_blocked``: enables dropped without Pro."""

    errors: tuple[str, ...]
    pro_blocked: tuple[str, ...]
    applied: tuple[str, ...]
    view: SettingsView


@dataclass(frozen=True, slots=True)
class SetCredentials(Ask[SettingsView]):
    """Written to disk before it is answered. ``None`` keeps, ``""`` removes."""

    owner: str
    username: str | None = None
    password: str | None = None
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ChangeSettings(Ask[ChangeResult]):
    """``source``: ws, http, mqtt, cli, license, system. ``internal`` opens the keys that POST /settings refuses.

    ``credentials`` are changed with them: all of it or nothing.
    """

    values: dict[str, object]
    source: str
    internal: bool = False
    credentials: SetCredentials | None = None
    retry: ClassVar[bool] = True  # setting the same values twice does no harm


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class GetCredentials(Ask[Credentials]):
    """``owner``: "rtsp" or "mqtt". Empty strings where none are stored."""

    owner: str
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class SettingsChanged(News):
    """Every actor's ``self.settings`` is already the new ``view.effective`` when ``on_settings`` is called."""

    view: SettingsView
    changed: tuple[str, ...]  # keys whose stored or effective value differs from before
    source: str
