"""What must survive this process besides events: the pin, the password's broker, and what was announced."""

import hashlib
import secrets

from actors.mqtt.outbox import Outbox
from actors.runtime.worker import SerialExecutor
from models.mqtt.options import Options, Trust


class PersistentState:
    """Values in the outbox's file; methods run in the actor's executor."""

    def __init__(self, executor: SerialExecutor, outbox: Outbox) -> None:
        self._executor = executor
        self._outbox = outbox
        self.fingerprint = ""  # the pin in use, to be shown

    # ---------------------------------------------------------------- the certificate
    async def pin(self, wanted: Options) -> str:
        """The pin of this broker; "" if none was accepted yet. Removed as soon as certificates are checked again."""
        stored = await self._recall("pin")
        if not (wanted.tls and wanted.accept_self_signed):
            if stored is not None:
                await self._remember("pin", None)
            self.fingerprint = ""
        elif isinstance(stored, dict) and stored.get("broker") == _broker(wanted):
            self.fingerprint = str(stored.get("fingerprint", ""))
        else:
            self.fingerprint = ""
        return self.fingerprint

    async def set_pin(self, wanted: Options, fingerprint: str) -> None:
        await self._remember("pin", {"broker": _broker(wanted), "fingerprint": fingerprint})
        self.fingerprint = fingerprint

    # ---------------------------------------------------------------- the password
    async def trust(self, password: str) -> Trust | None:
        """The broker that ``password`` was set for; None for one from the command line, for the current broker."""
        return _trust(await self._recall("trust"), password)

    async def promised_trust(self, password: str) -> Trust | None:
        """The broker in a change that was being stored when the process ended."""
        return _trust(await self._recall("trust_next"), password)

    async def promise_trust(self, trust: Trust, password: str) -> None:
        """Called before the settings are stored, so that the owner's decision survives an end in between."""
        await self._remember("trust_next", _shown(trust, password))

    async def set_trust(self, trust: Trust | None, password: str) -> None:
        """Confirm the promised broker, or with None drop it."""
        if trust is not None:
            await self._remember("trust", _shown(trust, password))
        if await self._recall("trust_next") is not None:
            await self._remember("trust_next", None)

    # ---------------------------------------------------------------- what is at the broker
    async def left_behind(self, wanted: Options, topics: tuple[str, ...]) -> tuple[str, ...]:
        """Our retained topics at this broker that are not among ``topics``."""
        stored = await self._recall("retained")
        if not isinstance(stored, dict) or stored.get("broker") != _broker(wanted):
            return ()
        return tuple(str(topic) for topic in stored.get("topics", ()) if topic not in topics)

    async def note_retained(self, wanted: Options, topics: tuple[str, ...]) -> None:
        known = {"broker": _broker(wanted), "topics": list(topics)}
        if await self._recall("retained") != known:
            await self._remember("retained", known)

    async def has_event_image(self, wanted: Options) -> bool:
        """Whether this broker still has an event picture under this prefix."""
        return await self._recall("event_image") == {"broker": _broker(wanted), "prefix": wanted.prefix}

    async def note_event_image(self, wanted: Options, there: bool) -> None:
        if there != await self.has_event_image(wanted):
            about = {"broker": _broker(wanted), "prefix": wanted.prefix}
            await self._remember("event_image", about if there else None)

    async def former(self) -> tuple[str, ...]:
        """All entities that were ever announced to Home Assistant."""
        stored = await self._recall("entities")
        return tuple(str(entry) for entry in stored) if isinstance(stored, list) else ()

    async def note_former(self, entities: tuple[str, ...]) -> None:
        await self._remember("entities", list(entities))

    async def name(self) -> str:
        """A generated device id, for a device that has none."""
        stored = await self._recall("device")
        return str(stored) if stored else ""

    async def set_name(self, name: str) -> None:
        await self._remember("device", name)

    async def _recall(self, name: str) -> object:
        return await self._executor.run(self._outbox.recall, name)

    async def _remember(self, name: str, value: object) -> None:
        await self._executor.run(self._outbox.remember, name, value)


def _trust(stored: object, password: str) -> Trust | None:
    if not isinstance(stored, dict) or stored.get("digest") != _digest(password, str(stored.get("salt", ""))):
        return None
    return Trust(str(stored.get("host", "")), stored.get("tls") is True, stored.get("acceptSelfSigned") is True)


def _shown(trust: Trust, password: str) -> dict[str, object]:
    salt = secrets.token_hex(16)
    shown = {"host": trust.host, "tls": trust.tls, "acceptSelfSigned": trust.accept_self_signed}
    return {**shown, "salt": salt, "digest": _digest(password, salt)}


def _digest(password: str, salt: str) -> str:
    """Distinguishes passwords; it protects nothing, because the password itself is stored beside it."""
    return hashlib.blake2b(password.encode(), key=salt.encode()[:64], digest_size=16).hexdigest()


def _broker(wanted: Options) -> str:
    return f"{wanted.host}:{wanted.port}"
