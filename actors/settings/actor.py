"""The settings actor: checks a change as a whole, stores it, answers, and publishes it."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from actors.runtime.actor import Actor, handles
from actors.settings.settings_store import MASK, OWNERS, SECRET_MAX, open_settings_store
from config.files import write_atomically
from config.setting import Value
from config.settings import ValidationContext, validate, without_pro
from models.errors import Invalid, ServerError, Unavailable
from models.messages.auth import AuthStatus
from models.messages.camera import CAMERA, Capabilities, CoverPictures, SetTorch
from models.messages.encoder import ENCODER, ForgetPictures
from models.messages.facade import PortsView
from models.messages.license import UNKNOWN_LICENSE, LicenseView
from models.messages.settings import (
    ChangeResult,
    ChangeSettings,
    Credentials,
    GetCredentials,
    GetSettings,
    SetCredentials,
    SettingsView,
    changed_keys,
)

DEVICE = "cli"  # through the control socket, which would also allow setting another password
LEARN_S = 1.0  # of a restart, while others wait
COVER_S = 2.0  # for each of the two actors with pictures; a change of the mask waits for it
KEY_FILE = "settings.key"  # in the run directory
AUTH = "authEnabled"


class Settings(Actor):
    """Owns settings.json. A restart loses nothing: changes are on disk before they are acknowledged."""

    critical = must_start = True
    observes = (Capabilities, PortsView)

    async def on_start(self) -> None:
        self._files = self.executor("files")
        self._license = UNKNOWN_LICENSE
        self._view = SettingsView({}, {})
        self._key = await self._files.run(_key_of_this_run, self.boot.run_dir / KEY_FILE)
        self._settings_store = await self._files.run(open_settings_store, self.boot.data_dir, self.boot.auth)
        notes = await self._files.run(self._settings_store.load)
        for note in notes:
            self.log.warning(note)
        self.degraded(" ".join(notes))  # until the next change is safely on disk
        await self._learn_at_a_restart()
        self._publish_view("system")

    @classmethod
    def uses_settings(cls) -> bool:
        return False

    async def _learn_at_a_restart(self) -> None:
        """Pro must not seem to be lost only because this actor was restarted."""
        for actor, kind in (("license", LicenseView), ("auth", AuthStatus)):
            if self.is_up(actor):
                await self.first(kind, LEARN_S)
        self._license = self.latest(LicenseView) or UNKNOWN_LICENSE
        if (status := self.latest(AuthStatus)) is not None:
            self._settings_store.change({AUTH: status.enabled})

    # ---------------------------------------------------------------- reading
    @handles(GetSettings)
    def _get(self, _: GetSettings) -> SettingsView:
        return self._view

    @handles(GetCredentials)
    def _get_credentials(self, message: GetCredentials) -> Credentials:
        return self._settings_store.credentials(_owner(message.owner))

    # ---------------------------------------------------------------- changing
    @handles(ChangeSettings)
    async def _change(self, message: ChangeSettings) -> ChangeResult:
        if message.credentials is not None:
            _check_secrets(message.credentials)
        checked = validate(message.values, self._surroundings(), message.internal, confirmed=message.source == DEVICE)
        values, blocked = without_pro(checked.values) if not self._license.is_pro else (checked.values, ())
        errors = checked.errors or await self._switch_torch(values)
        if errors:
            return ChangeResult(errors, (), (), self._view)
        await self._keep(values, message.credentials, message.source)
        if MASK in values:
            await self._cover(str(values[MASK]))
        return ChangeResult((), blocked, tuple(values), self._view)

    @handles(SetCredentials)
    async def _set_credentials(self, message: SetCredentials) -> SettingsView:
        _check_secrets(message)
        await self._keep({}, message, "http")
        return self._view

    async def _keep(self, values: dict[str, Value], secrets: SetCredentials | None, source: str) -> None:
        if values or secrets is not None:
            await self._on_disk(self._settings_store.change, values, secrets)
        self._publish_view(source)

    async def _on_disk(self, change: Callable[..., None], *args: object) -> None:
        try:
            await self._files.run(change, *args)
        except ServerError as error:
            self.degraded(error.detail)
            raise
        self.degraded("")

    async def _cover(self, mask: str) -> None:
        """A privacy mask is in effect when no picture without it can be read any more.

        Raises:
            Unavailable: it is stored and will be used, but it is not certain that it is in use yet.
        """
        try:
            await self.actor(CAMERA).ask(CoverPictures(mask, self._view.revision), COVER_S)
            await self.actor(ENCODER).ask(ForgetPictures(), COVER_S)
        except ServerError as error:
            raise Unavailable(
                f"The privacy mask is stored, but it is not certain that it is in use yet: {error.detail}"
            ) from error

    async def _switch_torch(self, values: dict[str, Value]) -> tuple[str, ...]:
        """The torch belongs to the camera: it is switched before the change is applied."""
        wanted = values.get("torchEnabled")
        if wanted is None or wanted == self._settings_store.stored["torchEnabled"]:
            return ()
        try:
            await self.actor(CAMERA).ask(SetTorch(bool(wanted)))
        except ServerError as error:
            return (f"torchEnabled: {error.detail}",) if wanted else ()
        return ()

    def _surroundings(self) -> ValidationContext:
        ports = self.latest(PortsView)
        own = {self.boot.https_port, self.boot.http_port} | ({ports.https, ports.http} if ports else set())
        capabilities, camera_id = self.latest(Capabilities), str(self._settings_store.stored["cameraId"])
        return _surroundings(capabilities, camera_id, frozenset(own - {0}))

    # ---------------------------------------------------------------- what others publish
    @handles(LicenseView)
    def _license_changed(self, _: LicenseView | None, license: LicenseView) -> None:
        self._license = license
        self._publish_view("license")

    @handles(AuthStatus)
    def _protection_changed(self, _: AuthStatus | None, status: AuthStatus) -> None:
        """``authEnabled`` is shown among the settings, but decided by ``auth``."""
        self._settings_store.change({AUTH: status.enabled})
        self._publish_view("system")

    def _publish_view(self, source: str) -> None:
        before, view = self._view, self._settings_store.view(self._license.is_pro)
        self._view = replace(view, credentials=self._fingerprints(), source=source, revision=time.monotonic_ns())
        changed = changed_keys(before, self._view) if before.stored else frozenset()
        self.publish_state(self._view)
        if changed:
            self.log.info("settings changed", keys=sorted(changed), source=source)

    def _fingerprints(self) -> dict[str, str]:
        """Shows whether credentials have changed without revealing them: keyed with a secret of this run."""
        found = {}
        for owner in OWNERS:
            credentials = self._settings_store.credentials(owner)
            text = f"{credentials.username}\0{credentials.password}".encode()
            found[owner] = hmac.digest(self._key, text, "sha256").hex()[:16]
        return found


def _surroundings(capabilities: Capabilities | None, camera_id: str, ports: frozenset[int]) -> ValidationContext:
    """What a change is checked against; an empty list means unknown."""
    if capabilities is None:
        return ValidationContext(own_ports=ports, camera_id=camera_id)
    sizes = {camera.id: camera.resolutions for camera in capabilities.cameras if camera.resolutions}
    if capabilities.resolutions:
        sizes[camera_id] = capabilities.resolutions
    return ValidationContext(sizes, capabilities.camera_ids or None, capabilities.torch, ports, camera_id)


def _key_of_this_run(path: Path) -> bytes:
    """Random, and the same across restarts of this actor until the program ends."""
    if not path.exists():
        write_atomically(path, secrets.token_bytes(32))
    return path.read_bytes()


def _owner(owner: str) -> str:
    if owner not in OWNERS:
        raise Invalid(f"there are no credentials of {owner!r}")
    return owner


def _check_secrets(message: SetCredentials) -> None:
    _owner(message.owner)
    if any(secret is not None and len(secret) > SECRET_MAX for secret in (message.username, message.password)):
        raise Invalid(f"{message.owner}Password: Too long (max {SECRET_MAX})")
