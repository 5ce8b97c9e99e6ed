"""Guessing is slowed down: per address, and for everybody new when many addresses guess together.

``now`` is any clock in seconds that never runs backwards while the program runs.
"""

import ipaddress
import math
from collections import OrderedDict, deque
from dataclasses import dataclass

CLIENTS_MAX = 1024
KNOWN_MAX = 64


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """``attempts`` failures within ``window_s`` lock for ``lock_s`` from the last one.

    From ``global_failures`` within ``window_s`` on, by whomever, those who never got in must wait too.
    """

    attempts: int = 5
    window_s: float = 600.0
    lock_s: float = 30.0
    global_failures: int = 50

    def locked_for(self, failures: list[float], now: float) -> float:
        """Seconds that the one who failed at these times must still wait; 0 where he may try."""
        recent = [moment for moment in failures if failures[-1] - moment < self.window_s]
        if len(recent) < self.attempts:
            return 0.0
        return max(0.0, recent[-1] + self.lock_s - now)

    def after_failure(self, failures: list[float], now: float) -> list[float]:
        """The times to keep when one more failure comes at ``now``: a lock that has ended starts anew."""
        recent = [moment for moment in failures if 0 <= now - moment < self.window_s]
        if len(recent) >= self.attempts:
            recent = []
        return [*recent, now]


class Lockouts:
    """All failures of this run, of at most ``CLIENTS_MAX`` addresses; the longest quiet ones are forgotten first."""

    def __init__(self, policy: LockoutPolicy = LockoutPolicy()) -> None:
        self._policy = policy
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._everybody: deque[float] = deque(maxlen=policy.global_failures)

    def remaining(self, client: str, now: float) -> int:
        """Whole seconds, rounded up, until ``client`` may try again; 0: now."""
        key = client_key(client)
        own = self._policy.locked_for(self._failures[key], now) if key in self._failures else 0.0
        everybody = 0.0 if key in self._known else self._rush_for(now)
        return math.ceil(max(own, everybody))

    def failed(self, client: str, now: float) -> None:
        key = client_key(client)
        self._failures[key] = self._policy.after_failure(self._failures.pop(key, []), now)
        self._everybody.append(now)
        while len(self._failures) > CLIENTS_MAX:
            self._failures.popitem(last=False)

    def succeeded(self, client: str) -> None:
        """He knows the password: his failures are forgiven, and a rush of others does not hold him up."""
        key = client_key(client)
        self._failures.pop(key, None)
        self._known.pop(key, None)
        self._known[key] = None
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def as_dict(self) -> dict[str, object]:
        return {"failures": dict(self._failures), "known": list(self._known), "everybody": list(self._everybody)}

    def restore(self, stored: object, now: float) -> None:
        """Take over what ``as_dict`` gave; times ahead of ``now`` (another boot) and other shapes are dropped."""
        if not isinstance(stored, dict):
            return
        failures = stored.get("failures")
        for key, moments in failures.items() if isinstance(failures, dict) else ():
            if isinstance(key, str) and (times := _times(moments, now)):
                self._failures[key] = times
        known = stored.get("known")
        self._known.update((key, None) for key in (known if isinstance(known, list) else ()) if isinstance(key, str))
        self._everybody.extend(_times(stored.get("everybody"), now))

    def _rush_for(self, now: float) -> float:
        if len(self._everybody) < self._policy.global_failures:
            return 0.0
        return max(0.0, self._everybody[0] + self._policy.window_s - now)


def client_key(client: str) -> str:
    """Who counts as one: an IPv4 address, an IPv6 /64 (one household), else the text itself."""
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
