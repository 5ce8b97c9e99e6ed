"""What the settings actor owns: the values, and the two files they are kept in."""

import dataclasses
import errno
import time
from collections.abc import Mapping
from pathlib import Path

from config.device import device_id
from config.reachable import names
from config.setting import Value
from config.settings import REGISTRY, defaults, effective
from config.store import Store
from models.errors import Unavailable
from models.messages.settings import Credentials, SettingsView

SETTINGS_FILE, CREDENTIALS_FILE = "settings.json", "credentials.json"
OWNERS = ("rtsp", "mqtt")
SECRET_MAX = 256  # characters of a user name or a password
NOTHING = Credentials("", "")


class Keeper:
    """Changes are on disk before they are visible here. Blocking: for a thread of its own, one call at a time."""

    def __init__(self, data_dir: Path, defaults: Mapping[str, Value]) -> None:
        self._settings = Store(data_dir / SETTINGS_FILE)
        self._credentials = Store(data_dir / CREDENTIALS_FILE)
        self._defaults = dict(defaults)
        self._chosen: dict[str, object] = {}  # as in the file: what was ever set, and keys of a newer program
        self._passing: dict[str, Value] = {}  # not kept over a restart
        self._secrets = dict.fromkeys(OWNERS, NOTHING)

    def load(self) -> tuple[str, ...]:
        """Read both files; what a person should know about it, in sentences."""
        loaded, secrets = self._settings.load(), self._credentials.load()
        notes = [*loaded.notes, *secrets.notes]
        self._chosen = dict(loaded.values)
        for key, value in loaded.values.items():
            setting = REGISTRY.get(key)
            if setting is not None and (problem := setting.problem(value)):
                del self._chosen[key]
                notes.append(f"{SETTINGS_FILE}: {key}: {problem}; the default is used.")
        self._secrets = {owner: _credentials(secrets.values.get(owner)) for owner in OWNERS}
        if secrets.damaged and not secrets.found and self.stored["rtspUsername"]:
            # Without its password the stream would be open to everybody.
            self._chosen["rtspEnabled"] = False
            notes.append("The RTSP password is lost, so RTSP was switched off: set the password again.")
        return tuple(notes)

    @property
    def stored(self) -> dict[str, Value]:
        """Every key as GET /settings shows it."""
        chosen = {key: value for key, value in self._chosen.items() if key in REGISTRY and isinstance(value, str | int)}
        rtsp, mqtt = self._secrets["rtsp"], self._secrets["mqtt"]
        secrets: dict[str, Value] = {
            "rtspHasPassword": bool(rtsp.password),
            "mqttHasUsername": bool(mqtt.username),
            "mqttHasPassword": bool(mqtt.password),
        }
        return {**self._defaults, **chosen, **self._passing, **secrets}

    def view(self, pro: bool) -> SettingsView:
        stored = self.stored
        return SettingsView(stored, effective(stored, pro), time.monotonic_ns())

    def change(self, values: Mapping[str, Value]) -> None:
        """Keep checked values.

        Raises:
            Unavailable: the disk did not take them; nothing has changed.
        """
        lasting = {key: value for key, value in values.items() if REGISTRY[key].persisted}
        chosen = {**self._chosen, **lasting}
        if chosen != self._chosen:
            _save(self._settings, chosen)
            self._chosen = chosen
        self._passing = self._passing | {key: value for key, value in values.items() if key not in lasting}

    def credentials(self, owner: str) -> Credentials:
        secret = self._secrets[owner]
        return dataclasses.replace(secret, username=str(self.stored["rtspUsername"])) if owner == "rtsp" else secret

    def set_credentials(self, owner: str, username: str | None, password: str | None) -> None:
        """``None`` keeps, "" removes. The RTSP user name is a setting of its own, the MQTT one is a secret too.

        Raises:
            Unavailable: as ``change``.
        """
        now = self._secrets[owner]
        fresh = Credentials(
            "" if owner == "rtsp" else now.username if username is None else username,
            now.password if password is None else password,
        )
        if fresh != now:
            secrets = {**self._secrets, owner: fresh}
            _save(self._credentials, {name: dataclasses.asdict(secret) for name, secret in secrets.items()})
            self._secrets = secrets
        if owner == "rtsp" and username is not None:
            self.change({"rtspUsername": username})


def open_keeper(data_dir: Path, auth: bool = True) -> Keeper:
    """The keeper of this device's settings, with the defaults that only this device has; nothing is read yet.

    Raises:
        OSError: the device has no id and cannot keep one.
    """
    host = next((name for name in names() if name != "localhost"), "").partition(".")[0]
    return Keeper(data_dir, {**defaults(device_id(data_dir), host), "authEnabled": auth})


def _credentials(value: object) -> Credentials:
    if not isinstance(value, dict):
        return NOTHING
    username, password = value.get("username", ""), value.get("password", "")
    return Credentials(username, password) if isinstance(username, str) and isinstance(password, str) else NOTHING


def _save(store: Store, values: Mapping[str, object]) -> None:
    try:
        store.save(values)
    except OSError as error:
        remedy = "; make room on the disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise Unavailable(f"The settings could not be saved: {error.strerror}{remedy}") from error
