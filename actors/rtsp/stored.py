"""What is stored about RTSP: the settings actor's word, and changes to it that hold together or not at all."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from actors.rtsp.changes import PASSWORD, SETTINGS_KEYS, serving_with
from models.errors import Conflict, Refused
from models.messages.rtsp_session import Serving
from models.messages.settings import ChangeSettings, Credentials, GetCredentials, GetSettings, SetCredentials, Value

ENABLED = "rtspEnabled"
SETTINGS = "settings"
Ask = Callable[..., Coroutine[Any, Any, Any]]


class Stored:
    """``ask`` is the actor's. Every method that asks raises ``ServerError`` where the settings do not answer."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.values: dict[str, Value] = {}

    async def look(self) -> bool:
        """Learn what is stored; whether RTSP is effectively on, which takes a licence too."""
        view = await self._ask(SETTINGS, GetSettings())
        self.values = view.stored
        return bool(view.effective[ENABLED])

    async def credentials(self) -> Credentials:
        credentials: Credentials = await self._ask(SETTINGS, GetCredentials("rtsp"))
        return credentials

    async def serving(self) -> Serving:
        """How a (re)start would serve now."""
        return self.serving_with({}, await self.credentials())

    def serving_with(self, values: Mapping[str, object], credentials: Credentials) -> Serving:
        """The same after a change to (checked) ``values``."""
        return serving_with(values, self.values, credentials)

    async def switch(self, on: bool, source: str) -> None:
        """Store the switch; ``Refused`` without Pro."""
        result = await self._ask(SETTINGS, ChangeSettings({ENABLED: on}, source, internal=True))
        if ENABLED in result.pro_blocked:
            raise Refused("Pro license required", feature="rtsp_streaming")
        self.values = result.view.stored

    async def keep(self, values: Mapping[str, object], source: str) -> None:
        """On disk, settings and password together."""
        settings = {key: values[key] for key in SETTINGS_KEYS if key in values}
        login = SetCredentials("rtsp", password=str(values[PASSWORD])) if PASSWORD in values else None
        result = await self._ask(SETTINGS, ChangeSettings(settings, source, internal=True, credentials=login))
        if result.errors:
            raise Conflict(result.errors[0])
        self.values = result.view.stored
