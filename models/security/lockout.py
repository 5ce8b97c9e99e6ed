"""Lock-outs per address. Other addresses are not affected (see ``models.security.password_queue``).

``now`` is any clock in seconds that never runs backwards while the program runs.
"""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

CLIENTS_MAX = 1024
KNOWN_MAX = 256


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """``attempts`` failures within ``window_s`` lock for ``lock_s`` from the last one."""

    attempts: int = 5
    window_s: float = 600.0
    lock_s: float = 30.0

    def locked_for(self, failures: list[float], now: float) -> float:
        """Seconds that a client with failures at these times must still wait; 0 if it may try."""
        recent = [moment for moment in failures if failures[-1] - moment < self.window_s]
        if len(recent) < self.attempts:
            return 0.0
        return max(0.0, recent[-1] + self.lock_s - now)

    def after_failure(self, failures: list[float], now: float) -> list[float]:
        """The times to keep when one more failure comes at ``now``: after a lock that has ended it starts anew."""
        recent = [moment for moment in failures if 0 <= now - moment < self.window_s]
        if len(recent) >= self.attempts:
            recent = recent[1:] if self.locked_for(recent, now) else []
        return [*recent, now]


class Lockouts:
    """All failures of this run, of at most ``CLIENTS_MAX`` addresses; the longest quiet ones are forgotten first."""

    def __init__(self, policy: LockoutPolicy = LockoutPolicy()) -> None:
        self.policy = policy
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def remaining(self, client: str, now: float) -> int:
        """Whole seconds, rounded up, until ``client`` may try again; 0: now."""
        failures = self._failures.get(client_key(client))
        return math.ceil(self.policy.locked_for(failures, now)) if failures else 0

    def failed(self, client: str, now: float) -> int:
        """Count one failure. Returns the current count of this client; from ``policy.attempts`` on it is locked out."""
        key = client_key(client)
        failures = self._failures[key] = self.policy.after_failure(self._failures.pop(key, []), now)
        while len(self._failures) > CLIENTS_MAX:
            self._failures.popitem(last=False)
        return len(failures)

    def succeeded(self, client: str) -> None:
        """The client knows the password: its failures are forgotten."""
        self._failures.pop(client_key(client), None)

    def as_dict(self) -> dict[str, object]:
        return {"failures": dict(self._failures)}

    def restore(self, stored: object, now: float) -> None:
        """Take over what ``as_dict`` gave; times ahead of ``now`` (another boot) and other shapes are dropped."""
        failures = stored.get("failures") if isinstance(stored, dict) else None
        for key, moments in failures.items() if isinstance(failures, dict) else ():
            if isinstance(key, str) and (times := _times(moments, now)):
                self._failures[key] = times


class KnownClients:
    """Addresses from which somebody has logged in: the ``KNOWN_MAX`` used last."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = OrderedDict.fromkeys(keys)

    def add(self, client: str) -> bool:
        """Add an address. Returns whether it is new."""
        key = client_key(client)
        new = key not in self._keys
        self._keys[key] = None
        self._keys.move_to_end(key)
        while len(self._keys) > KNOWN_MAX:
            self._keys.popitem(last=False)
        return new

    def has(self, client: str) -> bool:
        return client_key(client) in self._keys

    def as_list(self) -> list[str]:
        """The addresses, most recent last."""
        return list(self._keys)


def client_key(client: str) -> str:
    """The key of a client: an IPv4 address, an IPv6 /64 (one household), else the text itself."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


def _times(value: object, now: float) -> list[float]:
    if not isinstance(value, list):
        return []
    return [float(moment) for moment in value if isinstance(moment, int | float) and moment <= now]
