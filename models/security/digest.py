"""The server's side of Digest (RFC 7616, and RFC 2069 for clients without qop) and Basic (RFC 7617) authentication.

RTSP and ONVIF share it. They differ in whose nonces they take (``Nonces``) and in what counts as the same target.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from models.security.auth_params import auth_params

REALM = "IP Camera"
NONCE_VALID_S = 300
NONCES_MAX = 1024  # in use at the same time, of a server that shares them among its connections
COUNTS_BEHIND = 64  # a request may come so many counts late: clients ask in parallel
ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
HEADER_MAX = 4096  # characters of an Authorization header; the longest of a real client have 600
_COUNT = re.compile(r"[0-9A-Fa-f]{8}")


class Verdict(Enum):
    GRANTED = "granted"
    ABSENT = "absent"  # no credential was shown: the usual first request
    STALE = "stale"  # the right password with an old nonce
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Login:
    """The name and password required. If either is empty, no login is required."""

    username: str
    password: str

    @property
    def asked_for(self) -> bool:
        return bool(self.username and self.password)


class Nonces(Protocol):
    def take(self, nonce: str, count: str | None, now_s: int) -> bool:
        """Whether ``nonce`` is ours, fresh, and not replayed; ``count``: the client's ``nc``, eight hex digits."""


SameTarget = Callable[[str, str], bool]  # the header's uri, the one that was asked for


def challenge(nonce: str, algorithm: str, stale: bool, qop: bool = True) -> tuple[str, str]:
    """A WWW-Authenticate header."""
    offered = ', qop="auth"' if qop else ""
    flag = ", stale=true" if stale else ""
    return "WWW-Authenticate", f'Digest realm="{REALM}", nonce="{nonce}", algorithm={algorithm}{offered}{flag}'


def check(
    authorization: str,
    request: tuple[str, str],
    login: Login,
    nonces: Nonces,
    now_s: int,
    same_target: SameTarget = str.__eq__,
    basic: bool = False,
) -> Verdict:
    """Judge an Authorization header. Names and passwords are compared in constant time, and never told apart.

    Args:
        request: method and URL, which a Digest answer is for.
        basic: whether Basic is taken too.
    """
    scheme, _, credentials = authorization.strip().partition(" ")
    if not scheme:
        return Verdict.ABSENT
    if len(credentials) > HEADER_MAX:
        return Verdict.WRONG
    if basic and scheme.lower() == "basic":
        return _basic(credentials, login)
    if scheme.lower() == "digest":
        return _digest(credentials, request, login, nonces, now_s, same_target)
    return Verdict.WRONG


def _basic(credentials: str, login: Login) -> Verdict:
    try:
        given = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return Verdict.WRONG
    expected = f"{login.username}:{login.password}".encode()
    return Verdict.GRANTED if hmac.compare_digest(given, expected) else Verdict.WRONG


def _digest(
    credentials: str, request: tuple[str, str], login: Login, nonces: Nonces, now_s: int, same_target: SameTarget
) -> Verdict:
    given = auth_params(credentials)
    algorithm = ALGORITHMS.get(given.get("algorithm", "MD5").upper())
    if algorithm is None or not {"username", "nonce", "uri", "response"} <= given.keys():
        return Verdict.WRONG

    def digest(text: str) -> str:
        return algorithm(_sent(text)).hexdigest()

    # Our own realm and name, never the client's: a client cannot choose what is hashed with the password.
    secret = digest(f"{login.username}:{REALM}:{login.password}")
    method, url = request
    middle = given["nonce"]
    count = None
    if "qop" in given:
        count = given.get("nc", "")
        middle += f":{count}:{given.get('cnonce', '')}:{given['qop']}"
    expected = digest(f"{secret}:{middle}:{digest(f'{method}:' + given['uri'])}")
    right = hmac.compare_digest(_sent(given["response"].lower()), expected.encode())
    if not right or not hmac.compare_digest(_sent(given["username"]), login.username.encode()):
        return Verdict.WRONG
    if not same_target(given["uri"], url):
        return Verdict.WRONG
    return Verdict.GRANTED if nonces.take(given["nonce"], count, now_s) else Verdict.STALE


def _sent(text: str) -> bytes:
    """What came: bytes that are no UTF-8 are lone surrogates in aiohttp's headers."""
    return text.encode("utf-8", "surrogateescape")


class Seal:
    """Nonces that are recognised by their signature, not remembered: "time.number-signature"."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, now_s: int, number: int) -> str:
        stamp = f"{now_s:x}.{number:x}"
        return f"{stamp}-{self._signature(stamp)}"

    def read(self, nonce: str) -> tuple[int, int] | None:
        """When it was made (s), and its number; None for one that is not ours."""
        stamp, _, signature = nonce.partition("-")
        if not hmac.compare_digest(_sent(signature), self._signature(stamp).encode()):
            return None
        made_s, number = (int(part, 16) for part in stamp.split("."))
        return made_s, number

    def _signature(self, stamp: str) -> str:
        return hmac.new(self._key, _sent(stamp), hashlib.sha256).hexdigest()[:32]


def count_of(text: str) -> int:
    """The number in an ``nc``; 0, which no client begins with, for anything else."""
    return int(text, 16) if _COUNT.fullmatch(text) else 0


class SharedNonces:
    """Nonces that are good on every connection of a server, as HTTP's clients expect, for ``NONCE_VALID_S``.

    So each has to be counted (``nc``), and no count is taken twice. What is remembered is bounded: of more than
    ``NONCES_MAX`` nonces in use, the oldest is not taken any more, and its client is given a new one.
    """

    def __init__(self, key: bytes) -> None:
        self._seal = Seal(key)
        self._made = 0
        self._used: OrderedDict[int, tuple[int, int]] = OrderedDict()  # by number: highest count, those just below it
        self._floor = 0  # no nonce up to this number is taken, but for those that are remembered

    def make(self, now_s: int) -> str:
        self._made += 1
        return self._seal.make(now_s, self._made)

    def take(self, nonce: str, count: str | None, now_s: int) -> bool:
        known = self._seal.read(nonce)
        told = count_of(count or "")
        if known is None or not told or not 0 <= now_s - known[0] <= NONCE_VALID_S:
            return False
        number = known[1]
        if number not in self._used and number <= self._floor:
            return False
        highest, behind = self._used.get(number, (0, 0))  # bit n of ``behind``: the count highest - 1 - n was used
        ahead = told - highest
        if ahead > COUNTS_BEHIND or not highest:
            behind = 0
        elif ahead > 0:
            behind = (behind << ahead | 1 << ahead - 1) & (1 << COUNTS_BEHIND) - 1
        else:
            bit = 1 << -ahead - 1 if 0 < -ahead <= COUNTS_BEHIND else 0
            if not bit or behind & bit:
                return False
            behind |= bit
        self._used[number] = max(told, highest), behind
        while len(self._used) > NONCES_MAX:
            oldest = min(self._used)
            del self._used[oldest]
            self._floor = max(self._floor, oldest)
        return True
