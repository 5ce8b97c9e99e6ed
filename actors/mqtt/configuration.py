"""Applies and tests a configuration; a stored password goes to another broker only with proof of ownership."""

import asyncio
import hmac
import time

from actors.mqtt.connect import connect, context
from actors.mqtt.connection import BrokerConnectionError, Login
from actors.mqtt.connection_loop import ConnectionLoop
from actors.mqtt.persistent_state import PersistentState
from actors.runtime.actor import Actor
from config.setting import UNKNOWN
from config.settings import REGISTRY, validate
from models.errors import Invalid, LimitReached, Refused, ServerError
from models.messages.mqtt import ApplyMqtt, MqttTestResult, TestMqtt
from models.messages.settings import SETTINGS, ChangeSettings, Credentials, GetCredentials, GetSettings, SetCredentials
from models.mqtt import limits
from models.mqtt.options import CREDENTIAL_KEYS, MQTT_KEYS, Options, options
from models.security.lockout import LockoutPolicy, Lockouts

CREDENTIAL_MAX = 255
PROVE_IT = "Current password required for credential changes"
WRONG = "Current password is incorrect"


class Configuration:
    """Wrong current passwords lock only this configuration."""

    def __init__(self, actor: Actor, persistent: PersistentState, session: ConnectionLoop) -> None:
        self._actor = actor
        self._persistent = persistent
        self._connection_loop = session
        self._lockouts = Lockouts(LockoutPolicy())
        self._tested = float("-inf")

    async def apply(self, message: ApplyMqtt) -> None:
        """All or nothing. One at a time."""
        values, secrets = _sorted_out(message.values)
        stored = await self._actor.actor(SETTINGS).ask(GetCredentials("mqtt"))
        before = (await self._actor.actor(SETTINGS).ask(GetSettings())).stored
        wanted = options({**before, **validate(values).values})
        await self._prove(message, stored, bool(secrets), wanted, options(before))
        password = secrets.get("mqttPassword", stored.password)
        self._connection_loop.hold(True)
        try:
            if password:
                await self._persistent.promise_trust(wanted.trust, password)
            try:
                revision = await self._store(values, secrets)
            except ServerError:
                await self._persistent.set_trust(None, password)
                raise
            await self._actor.settled(revision)
            await self._persistent.set_trust(wanted.trust if password else None, password)
            self._connection_loop.renew()
        finally:
            self._connection_loop.hold(False)

    async def _prove(
        self, message: ApplyMqtt, stored: Credentials, secrets: bool, wanted: Options, before: Options
    ) -> None:
        """Changing credentials, or where they are sent, requires the stored password."""
        trusted = await self._persistent.trust(stored.password) or before.trust
        if not stored.password or not (secrets or (wanted.host and trusted.host and not trusted.covers(wanted.trust))):
            return
        client, now = message.client or "unknown", time.monotonic()
        if wait_s := self._lockouts.remaining(client, now):
            raise LimitReached("Too many attempts", lockout=True, lockoutRemaining=wait_s)
        if message.current_password is None:
            raise Refused(PROVE_IT)
        if not hmac.compare_digest(message.current_password.encode(), stored.password.encode()):
            self._lockouts.failed(client, now)
            raise Refused(WRONG)
        self._lockouts.succeeded(client)

    async def _store(self, values: dict[str, object], secrets: dict[str, str]) -> int:
        """Returns the revision of the settings that contains them."""
        username, password = (secrets.get(key) for key in CREDENTIAL_KEYS)
        login = SetCredentials("mqtt", username, password) if secrets else None
        changed = await self._actor.actor(SETTINGS).ask(ChangeSettings(values, "http", credentials=login))
        if changed.errors:
            raise Invalid("\n".join(changed.errors))
        return changed.view.revision

    # ---------------------------------------------------------------- testing
    async def test(self, message: TestMqtt) -> MqttTestResult:
        """Connect once with a separate client ID, so that the real connection stays."""
        now = time.monotonic()
        if now - self._tested < limits.TEST_EVERY_S:
            raise LimitReached("Rate limit exceeded")
        self._tested = now
        values, secrets = _sorted_out(message.values or {})
        before = (await self._actor.actor(SETTINGS).ask(GetSettings())).stored
        wanted = options({**before, **validate(values).values})
        if not wanted.host:
            return MqttTestResult(False, error="No broker is set")
        login = await self._login(secrets, wanted, options(before))
        return await self._try(wanted, login)

    async def _login(self, secrets: dict[str, str], wanted: Options, before: Options) -> Login:
        """The stored password, but only for the broker that it was set for."""
        stored = await self._actor.actor(SETTINGS).ask(GetCredentials("mqtt"))
        username = secrets.get("mqttUsername", stored.username)
        if "mqttPassword" in secrets or not stored.password:
            return Login(username, secrets.get("mqttPassword", ""))
        trusted = await self._persistent.trust(stored.password) or before.trust
        if not trusted.covers(wanted.trust):
            raise Refused(PROVE_IT)
        return Login(username, stored.password)

    async def _try(self, wanted: Options, login: Login) -> MqttTestResult:
        shown: list[str] = []
        pin = self._persistent.fingerprint if wanted.host == options(self._actor.settings).host else ""
        secure = await asyncio.to_thread(context, wanted, pin, shown.append)
        guest = Options(True, wanted.host, wanted.port, f"{wanted.client_id}-test", "", wanted.tls, False)
        began = time.monotonic()
        try:
            async with asyncio.timeout(limits.TEST_S):
                connection = await connect(guest, login, secure, None)
        except TimeoutError:
            return MqttTestResult(False, error="Timed out")
        except BrokerConnectionError as error:
            return MqttTestResult(False, error=error.text)
        latency_ms = max(1, round((time.monotonic() - began) * 1000))
        await connection.close()
        return MqttTestResult(True, latency_ms)


def _sorted_out(request: dict[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """Separate the settings and credentials of a request. A credential that is null is kept.

    Raises:
        Invalid: one line "key: reason" for each mistake, in the order of the request.
    """
    errors: list[str] = []
    values: dict[str, object] = {}
    secrets: dict[str, str] = {}
    for key, value in request.items():
        if key in CREDENTIAL_KEYS:
            if isinstance(value, str) and len(value) <= CREDENTIAL_MAX:
                secrets[key] = value
            elif value is not None:
                errors.append(f"{key}: {'Expected string' if not isinstance(value, str) else _too_long()}")
        elif key not in MQTT_KEYS and not (key in REGISTRY and REGISTRY[key].read_only):
            errors.append(f"{key}: {UNKNOWN}")
        else:
            values[key] = value
            errors += validate({key: value}).errors
    if errors:
        raise Invalid("\n".join(errors))
    return values, secrets


def _too_long() -> str:
    return f"Too long (max {CREDENTIAL_MAX})"
