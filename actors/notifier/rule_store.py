"""The owner's configuration: rules, channels with their secrets, and the key for browsers (VAPID).

One file in the data directory that only our user can read, like the passwords of RTSP and MQTT. A change is on disk
before it takes effect. Every method that changes something blocks, and must run in the actor's executor.
"""

import errno
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.store import Store
from models.errors import LimitReached, Missing, Unavailable
from models.notify import channel, limits, rule, webpush
from models.notify.channel import Channel
from models.notify.rule import Rule

FILE = "notifications.json"
T = TypeVar("T", Rule, Channel)


def notifications_store(data_dir: Path) -> Store:
    """The file. Its values: ``key`` (PKCS #8 in PEM), ``rules``, ``channels``."""
    return Store(data_dir / FILE)


class RuleStore:
    """``notes``: sentences about problems with the file."""

    def __init__(self, data_dir: Path) -> None:
        self._store = notifications_store(data_dir)
        loaded = self._store.load()
        self.notes = list(loaded.notes)
        self.rules = self._all(loaded.values, "rules", rule.restored)
        self.channels = self._all(loaded.values, "channels", channel.restored)
        key = _key(loaded.values.get("key"))
        self.key = key or ec.generate_private_key(webpush.CURVE)
        self._key_is_stored = key is not None

    def _all(
        self, values: Mapping[str, object], name: str, restored: Callable[[Mapping[str, object]], T]
    ) -> dict[str, T]:
        found: dict[str, T] = {}
        entries = values.get(name, [])
        for entry in entries if isinstance(entries, list) else []:
            try:
                one = restored(entry)
            except (TypeError, KeyError) as problem:
                self.notes.append(f"{FILE}: an entry of {name} cannot be used ({problem}) and was left out.")
            else:
                found[one.id] = one
        return found

    def keep_key(self) -> None:
        """Call it before the public key is given to anybody."""
        if not self._key_is_stored:
            self._save(self.rules, self.channels)

    def put_rule(self, new: Rule) -> None:
        self._save(_with(self.rules, new, limits.RULES), self.channels)

    def put_channel(self, new: Channel) -> None:
        self._save(self.rules, _with(self.channels, new, limits.CHANNELS))

    def delete_rule(self, rule_id: str) -> None:
        self._save(_without(self.rules, rule_id), self.channels)

    def delete_channel(self, channel_id: str) -> None:
        """Also removes it from every rule."""
        channels = _without(self.channels, channel_id)
        rules = {
            key: replace(one, channels=tuple(to for to in one.channels if to != channel_id))
            for key, one in self.rules.items()
        }
        self._save(rules, channels)

    def push_channel(self, endpoint: str) -> Channel | None:
        """The browser with this endpoint."""
        return next((one for one in self.channels.values() if one.kind == channel.PUSH and one.url == endpoint), None)

    def _save(self, rules: dict[str, Rule], channels: dict[str, Channel]) -> None:
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        values = {
            "key": pem.decode(),
            "rules": [one.kept() for one in rules.values()],
            "channels": [one.kept() for one in channels.values()],
        }
        try:
            self._store.save(values)
        except OSError as error:
            remedy = "; free some space on the disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
            raise Unavailable(f"The notifications could not be saved: {error.strerror}{remedy}") from error
        self.rules, self.channels, self._key_is_stored = rules, channels, True


def _with(known: dict[str, T], new: T, most: int) -> dict[str, T]:
    if new.id not in known and len(known) >= most:
        raise LimitReached(f"There are already {most}: delete one first")
    return {**known, new.id: new}


def _without(known: dict[str, T], key: str) -> dict[str, T]:
    if key not in known:
        raise Missing("No such entry")
    return {name: one for name, one in known.items() if name != key}


def _key(text: object) -> ec.EllipticCurvePrivateKey | None:
    if not isinstance(text, str):
        return None
    key = serialization.load_pem_private_key(text.encode(), None)
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None
