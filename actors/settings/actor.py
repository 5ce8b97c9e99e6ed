"""The settings actor: checks a change as a whole, keeps it, answers, and tells everybody whose keys changed."""

import asyncio
from collections.abc import Callable

from actors.runtime import limits
from actors.runtime.actor import Actor, handles
from actors.settings.keeper import OWNERS, SECRET_MAX, open_keeper
from config.setting import Value
from config.settings import REGISTRY, Surroundings, validate, without_pro
from models.errors import Invalid, ServerError
from models.messages.auth import GetAuthStatus
from models.messages.camera import Capabilities, CapabilitiesChanged, GetCapabilities, SetTorch
from models.messages.facade import GetPorts
from models.messages.license import UNKNOWN_LICENSE, GetLicense, LicenseChanged
from models.messages.settings import (
    ChangeResult,
    ChangeSettings,
    Credentials,
    GetCredentials,
    GetSettings,
    SetCredentials,
    SettingsChanged,
    SettingsView,
)

CAMERA_KEYS = frozenset({"resolution", "cameraId", "useFrontCamera", "torchEnabled"})
PORT_KEYS = frozenset({"rtspPort", "rtspTlsPort"})
DEVICE = "cli"  # by the control socket: whoever reaches it could set another password too
LEARN_S = 1.0  # of a start that others wait for
LOOK_AROUND_S = 2.0  # how long a change waits for the camera's word on what it can do
AUTH = "authEnabled"
SECRET_KEYS = {"rtsp": "rtspHasPassword", "mqtt": "mqttHasPassword"}


class Settings(Actor):
    """Owns settings.json."""

    async def on_start(self) -> None:
        self._files = self.bench("files")
        self._turn = asyncio.Lock()  # one change at a time
        self._license = UNKNOWN_LICENSE
        self._capabilities: Capabilities | None = None
        self._keeper = await self._files.do(open_keeper, self.boot.data_dir, self.boot.auth)
        notes = await self._files.do(self._keeper.load)
        for note in notes:
            self.log.warning(note)
        self.degraded(" ".join(notes))  # until the next change is safely on disk
        if self._generation > 1:  # whoever asks now must not hear that Pro is gone
            await self._learn(LEARN_S)
        self.start_task(self._catch_up())

    async def _catch_up(self) -> None:
        """What others said while we were away, and our word to those who heard an older one."""
        before = self._view()
        await self._learn(limits.ASK_TIMEOUT_S)
        self._tell(before, "system", always=True)

    async def _learn(self, timeout_s: float) -> None:
        try:
            self._license = await self.ask("license", GetLicense(), timeout_s)
            status = await self.ask("auth", GetAuthStatus(), timeout_s)
            self._keeper.change({AUTH: status.enabled})
        except ServerError as error:  # not up yet; each says so itself when it is
            self.log.debug("not known yet", reason=error.detail)

    # ---------------------------------------------------------------- looking
    def _view(self) -> SettingsView:
        return self._keeper.view(self._license.is_pro)

    @handles(GetSettings)
    def _get(self, _: GetSettings) -> SettingsView:
        return self._view()

    @handles(GetCredentials)
    def _get_credentials(self, message: GetCredentials) -> Credentials:
        return self._keeper.credentials(_owner(message.owner))

    # ---------------------------------------------------------------- changing
    @handles(ChangeSettings)
    async def _change(self, message: ChangeSettings) -> ChangeResult:
        if message.credentials is not None:
            _check_secrets(message.credentials)
        async with self._turn:
            around = await self._surroundings(message.values)
            checked = validate(message.values, around, message.internal, confirmed=message.source == DEVICE)
            values, blocked = without_pro(checked.values) if not self._license.is_pro else (checked.values, ())
            errors = checked.errors or await self._switch_torch(values)
            if errors:
                return ChangeResult(errors, (), (), self._view())
            await self._keep(values, message.credentials, message.source)
            return ChangeResult((), blocked, tuple(values), self._view())

    @handles(SetCredentials)
    async def _set_credentials(self, message: SetCredentials) -> SettingsView:
        _check_secrets(message)
        async with self._turn:
            await self._keep({}, message, "http")
            return self._view()

    async def _keep(self, values: dict[str, Value], secrets: SetCredentials | None, source: str) -> None:
        before, owner = self._view(), secrets.owner if secrets is not None else ""
        former = self._keeper.credentials(owner) if owner else None
        await self._on_disk(self._keeper.change, values, secrets)
        touched = (SECRET_KEYS[owner],) if owner and self._keeper.credentials(owner) != former else ()
        self._tell(before, source, touched)

    async def _on_disk(self, change: Callable[..., None], *args: object) -> None:
        try:
            await self._files.do(change, *args)
        except ServerError as error:
            self.degraded(error.detail)
            raise
        self.degraded("")

    async def _switch_torch(self, values: dict[str, Value]) -> tuple[str, ...]:
        """The lamp is the camera's: it is switched before the change counts."""
        wanted = values.get("torchEnabled")
        if wanted is None or wanted == self._keeper.stored["torchEnabled"]:
            return ()
        try:
            await self.ask("camera", SetTorch(bool(wanted)))
        except ServerError as error:
            return (f"torchEnabled: {error.detail}",) if wanted else ()
        return ()

    async def _surroundings(self, request: dict[str, object]) -> Surroundings:
        ports = await self._own_ports() if not PORT_KEYS.isdisjoint(request) else frozenset()
        if CAMERA_KEYS.isdisjoint(request):
            return Surroundings(own_ports=ports)
        try:
            self._capabilities = await self.ask("camera", GetCapabilities(), LOOK_AROUND_S)
        except ServerError as error:
            self.log.info("checked without the camera", reason=error.detail)
        return _surroundings(self._capabilities, str(self._keeper.stored["cameraId"]), ports)

    async def _own_ports(self) -> frozenset[int]:
        ports = {self.boot.https_port, self.boot.http_port}
        if 0 in ports:  # any free port was asked for: only the facade knows which
            try:
                bound = await self.ask("facade", GetPorts(), LOOK_AROUND_S)
                ports |= {bound.https, bound.http}
            except ServerError as error:
                self.log.info("checked without the facade", reason=error.detail)
        return frozenset(ports - {0})

    # ---------------------------------------------------------------- telling
    @handles(LicenseChanged)
    async def _license_changed(self, news: LicenseChanged) -> None:
        async with self._turn:
            before = self._view()
            self._license = news.license
            self._tell(before, "license")

    @handles(CapabilitiesChanged)
    def _capabilities_changed(self, news: CapabilitiesChanged) -> None:
        self._capabilities = news.capabilities

    def _tell(self, before: SettingsView, source: str, touched: tuple[str, ...] = (), always: bool = False) -> None:
        view = self._view()
        changed = tuple(
            key
            for key in REGISTRY
            if view.stored[key] != before.stored[key] or view.effective[key] != before.effective[key] or key in touched
        )
        if changed or always:
            self.publish(SettingsChanged(view, changed, source))
        if changed:
            self.log.info("settings changed", keys=changed, source=source)


def _surroundings(capabilities: Capabilities | None, camera_id: str, ports: frozenset[int]) -> Surroundings:
    """What a change is checked against; an empty list means that nothing is known."""
    if capabilities is None:
        return Surroundings(own_ports=ports, camera_id=camera_id)
    sizes = {camera.id: camera.resolutions for camera in capabilities.cameras if camera.resolutions}
    if capabilities.resolutions:
        sizes[camera_id] = capabilities.resolutions
    return Surroundings(sizes, capabilities.camera_ids or None, capabilities.torch, ports, camera_id)


def _owner(owner: str) -> str:
    if owner not in OWNERS:
        raise Invalid(f"there are no credentials of {owner!r}")
    return owner


def _check_secrets(message: SetCredentials) -> None:
    _owner(message.owner)
    if any(secret is not None and len(secret) > SECRET_MAX for secret in (message.username, message.password)):
        raise Invalid(f"{message.owner}Password: Too long (max {SECRET_MAX})")
