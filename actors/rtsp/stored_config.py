"""The stored RTSP configuration, kept by the settings actor, and changes to it that are all or nothing."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from actors.rtsp.config_check import OPEN, PASSWORD, SETTINGS_KEYS, serving_with
from config.files import write_atomically
from models.errors import Conflict, Refused
from models.messages.handle import Handle
from models.messages.rtsp import RtspLogin
from models.messages.rtsp_session import Serving
from models.messages.settings import (
    ChangeSettings,
    Credentials,
    GetCredentials,
    GetSettings,
    SetCredentials,
    ToSettings,
    Value,
)

ENABLED = "rtspEnabled"
USERNAME = "viewer"
NEW_LOGIN = "rtsp-new-login"  # exists while a created login has not been shown
PASSWORD_BYTES = 12


class StoredConfig:
    """Every method that asks raises ``ServerError`` if the settings actor does not answer."""

    def __init__(self, settings: Handle[ToSettings], data_dir: Path) -> None:
        self._settings = settings
        self._marker = data_dir / NEW_LOGIN
        self.new_login = self._marker.exists()
        self.values: dict[str, Value] = {}

    async def look(self) -> bool:
        """Read what is stored; whether RTSP is effectively on, which also needs a licence."""
        view = await self._settings.ask(GetSettings())
        self.values = view.stored
        return bool(view.effective[ENABLED])

    async def credentials(self) -> Credentials:
        return await self._settings.ask(GetCredentials("rtsp"))

    async def serving(self) -> Serving:
        """What a (re)start would serve now; if a login is required and missing, it is created and stored first."""
        credentials = await self.credentials()
        if login := self.missing_login({}, credentials):
            await self.keep(login, "system", made=True)
            credentials = await self.credentials()
        return self.serving_with({}, credentials)

    def missing_login(self, values: Mapping[str, object], credentials: Credentials) -> dict[str, object]:
        """What must be added to a change so that there is a login; nothing if the owner wants none."""
        serving = self.serving_with(values, credentials)
        if (serving.username and serving.password) or values.get(OPEN, self.values[OPEN]) is True:
            return {}
        password = serving.password or secrets.token_urlsafe(PASSWORD_BYTES)
        return {"rtspUsername": serving.username or USERNAME, PASSWORD: password}

    async def take_new_login(self) -> RtspLogin:
        """The login that was created; returned once."""
        if not self.new_login:
            return RtspLogin("", "")
        login = await self.credentials()
        self._note_new_login(False)
        return RtspLogin(login.username, login.password)

    @property
    def login(self) -> str:
        """The user name of the login; "" if there is no login."""
        return str(self.values["rtspUsername"]) if self.values["rtspHasPassword"] else ""

    def _note_new_login(self, made: bool) -> None:
        if made:
            write_atomically(self._marker, b"")
        else:
            self._marker.unlink(missing_ok=True)
        self.new_login = made

    def serving_with(self, values: Mapping[str, object], credentials: Credentials) -> Serving:
        """The same after a change to (checked) ``values``."""
        return serving_with(values, self.values, credentials)

    async def switch(self, on: bool, source: str) -> None:
        """Store the switch; ``Refused`` without Pro."""
        result = await self._settings.ask(ChangeSettings({ENABLED: on}, source, internal=True))
        if ENABLED in result.pro_blocked:
            raise Refused("Pro license required", feature="rtsp_streaming")
        self.values = result.view.stored

    async def keep(self, values: Mapping[str, object], source: str, made: bool = False) -> None:
        """Store settings and password together. ``made``: the login was created here and must be shown to the owner."""
        settings = {key: values[key] for key in SETTINGS_KEYS if key in values}
        login = SetCredentials("rtsp", password=str(values[PASSWORD])) if PASSWORD in values else None
        if login is not None:
            self._note_new_login(made)
        result = await self._settings.ask(ChangeSettings(settings, source, internal=True, credentials=login))
        if result.errors:
            raise Conflict(result.errors[0])
        self.values = result.view.stored
