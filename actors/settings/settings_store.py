"""The values and the credentials in one file, so that they only change together.

Version 2 of the file. Up to 0.1.0 (version 1) it contained only the values, and the credentials had a separate file.
"""

import dataclasses
import errno
import os
from collections.abc import Mapping
from pathlib import Path

from config.device_id import device_id
from config.files import write_atomically
from config.network.reachable import names
from config.setting import Value
from config.settings import REGISTRY, defaults, effective
from config.store import Store
from models.errors import Unavailable
from models.messages.settings import Credentials, SetCredentials, SettingsView
from models.polygons import CLOSED

FILE = "settings.json"
FORMER_CREDENTIALS = "credentials.json"
OWNERS = ("rtsp", "mqtt")
SECRET_MAX = 256  # characters of a user name or a password
NOTHING = Credentials("", "")
MASK = "privacyMask"
MASKED = "privacy-mask"  # an empty file that exists while there is a mask, to detect that a mask was lost


def settings_store(data_dir: Path) -> Store:
    """The file. Its values: ``settings`` (all that were ever set) and ``credentials`` (by owner)."""
    return Store(data_dir / FILE, (_with_credentials,))


def _with_credentials(values: dict[str, object]) -> dict[str, object]:
    """To version 2. The credentials themselves follow from their file (``SettingsStore.load``)."""
    return {"settings": values, "credentials": {}}


class SettingsStore:
    """Changes are on disk before they are visible here. Blocking: call it in one thread, one call at a time."""

    def __init__(self, data_dir: Path, defaults: Mapping[str, Value]) -> None:
        self._store = settings_store(data_dir)
        self._masked = data_dir / MASKED
        self._defaults = dict(defaults)
        self._chosen: dict[str, object] = {}  # as in the file: all that were ever set, and keys of a newer version
        self._passing: dict[str, Value] = {}  # not kept across a restart
        self._secrets = dict.fromkeys(OWNERS, NOTHING)

    def load(self) -> tuple[str, ...]:
        """Read the file. Returns sentences about problems."""
        loaded = self._store.load()
        notes = list(loaded.notes)
        values, secrets = (loaded.values.get(part, {}) for part in ("settings", "credentials"))
        self._chosen = dict(values) if isinstance(values, dict) else {}
        lost = self._masked.exists() and (loaded.damaged or not loaded.found)  # or it may be an older copy
        for key, value in list(self._chosen.items()):
            setting = REGISTRY.get(key)
            if setting is not None and (problem := setting.problem(value)):
                del self._chosen[key]
                if key == MASK:
                    lost = True
                else:
                    notes.append(f"{FILE}: {key}: {problem}; the default is used.")
        self._secrets = _all_credentials(secrets)
        if lost:
            self._chosen[MASK] = CLOSED
            notes.append("The privacy mask cannot be read: no picture is shown until it is set again.")
        notes += self._take_over_credentials()
        return tuple(notes)

    def _take_over_credentials(self) -> list[str]:
        """From their file of version 1, which is deleted only after its content is in ours."""
        former = Store(self._store.path.with_name(FORMER_CREDENTIALS))
        loaded = former.load()
        notes = list(loaded.notes)
        if loaded.found:
            self._secrets = _all_credentials(loaded.values)
        elif loaded.damaged and self.stored["rtspUsername"]:
            # Without its password the stream would be open to everyone.
            self._chosen["rtspEnabled"] = False
            notes.append("The RTSP password was lost, so RTSP was switched off: set the password again.")
        self._keep_open()
        if loaded.found or loaded.damaged:
            try:
                self._save(self._chosen, self._secrets)
                for path in (former.last, former.path):
                    if path.exists():
                        os.replace(path, f"{former.path}.v1")
            except (Unavailable, OSError) as error:  # the next start retries
                notes.append(f"{FILE} could not be brought to format {self._store.version}: {error}.")
        return notes

    def _keep_open(self) -> None:
        """In 0.1.0, RTSP without a login was open to everyone. Such an installation stays open, and says so."""
        login = self._chosen.get("rtspUsername") and self._secrets["rtsp"].password
        if self._chosen.get("rtspEnabled") is True and not login and "rtspOpen" not in self._chosen:
            self._chosen["rtspOpen"] = True  # on disk with the next change

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
        return SettingsView(stored, effective(stored, pro))

    def change(self, values: Mapping[str, Value], secrets: SetCredentials | None = None) -> None:
        """Store checked values and credentials, all or none.

        Of credentials ``None`` keeps, "" removes. The RTSP user name is a setting, the MQTT one is a secret too.

        Raises:
            Unavailable: they could not be written; nothing has changed.
        """
        lasting = {key: value for key, value in values.items() if REGISTRY[key].persisted}
        chosen, kept = {**self._chosen, **lasting}, self._secrets
        if "rtspEnabled" in lasting:
            chosen.setdefault("rtspOpen", False)  # so that this file is not taken for one of 0.1.0
        if secrets is not None:
            kept = {**kept, secrets.owner: self._merged(secrets)}
            if secrets.owner == "rtsp" and secrets.username is not None:
                chosen["rtspUsername"] = secrets.username
            if secrets.owner == "rtsp" and secrets.password:
                chosen["rtspOpen"] = False  # setting a password ends the permission to have none
        if (chosen, kept) != (self._chosen, self._secrets):
            self._save(chosen, kept)
            self._chosen, self._secrets = chosen, kept
        self._passing = self._passing | {key: value for key, value in values.items() if key not in lasting}

    def _merged(self, change: SetCredentials) -> Credentials:
        now = self._secrets[change.owner]
        username = "" if change.owner == "rtsp" else now.username if change.username is None else change.username
        return Credentials(username, now.password if change.password is None else change.password)

    def credentials(self, owner: str) -> Credentials:
        secret = self._secrets[owner]
        return dataclasses.replace(secret, username=str(self.stored["rtspUsername"])) if owner == "rtsp" else secret

    def _save(self, chosen: Mapping[str, object], secrets: Mapping[str, Credentials]) -> None:
        credentials = {owner: dataclasses.asdict(secret) for owner, secret in secrets.items() if secret != NOTHING}
        try:
            if chosen.get(MASK) and not self._masked.exists():
                write_atomically(self._masked, b"")
            self._store.save({"settings": dict(chosen), "credentials": credentials})
            if not chosen.get(MASK):
                self._masked.unlink(missing_ok=True)
        except OSError as error:
            remedy = "; free some space on the disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
            raise Unavailable(f"The settings could not be saved: {error.strerror}{remedy}") from error


def open_settings_store(data_dir: Path, auth: bool = True) -> SettingsStore:
    """The store of this device's settings, with its device-specific defaults; nothing is read yet.

    Raises:
        OSError: the device has no id, and cannot store one.
    """
    host = next((name for name in names() if name != "localhost"), "").partition(".")[0]
    return SettingsStore(data_dir, {**defaults(device_id(data_dir), host), "authEnabled": auth})


def _all_credentials(values: object) -> dict[str, Credentials]:
    return {owner: _credentials(values.get(owner) if isinstance(values, dict) else None) for owner in OWNERS}


def _credentials(value: object) -> Credentials:
    if not isinstance(value, dict):
        return NOTHING
    username, password = value.get("username", ""), value.get("password", "")
    return Credentials(username, password) if isinstance(username, str) and isinstance(password, str) else NOTHING
