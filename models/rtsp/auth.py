"""Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069 for clients without qop) for RTSP (RFC 2326 §14.20 D.1)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum

from models.rtsp.url import parse
from models.security.auth_params import auth_params

REALM = "IP Camera"
NONCE_VALID_S = 300
_ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_COUNT = re.compile(r"[0-9A-Fa-f]{8}")
HEADER_MAX = 4096  # characters of an Authorization header; the longest of a real client have 600


class Verdict(Enum):
    GRANTED = "granted"
    ABSENT = "absent"  # no credential was shown: the usual first request
    STALE = "stale"  # the right password with an old nonce
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Login:
    """Who may look. With an empty name or password everybody may."""

    username: str
    password: str

    @property
    def asked_for(self) -> bool:
        return bool(self.username and self.password)


def challenges(nonce: str, stale: bool) -> tuple[tuple[str, str], ...]:
    """WWW-Authenticate headers. MD5 is the last Digest: FFmpeg keeps the last one and knows no other algorithm.

    MD5 comes without qop, as all RTSP clients understand it; live555 answers the first Digest with MD5 whatever it
    says, which ``check`` takes for what it is because the answer names no algorithm.
    """
    flag = ", stale=true" if stale else ""
    return (
        ("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{nonce}", algorithm=SHA-256, qop="auth"{flag}'),
        ("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5{flag}'),
        ("WWW-Authenticate", f'Basic realm="{REALM}"'),
    )


class Nonces:
    """The nonces of one connection (RFC 7616 §3.3). They are good on it alone, so nothing that is overheard on one
    connection can be said on another; where the client counts (``nc``), nothing is taken twice.

    Recognised by signature, not remembered. A nonce that let somebody in stays good while the connection lasts.
    """

    def __init__(self, key: bytes) -> None:
        """``key``: random bytes that no other connection has."""
        self._key = key
        self._made = 0
        self._kept = 0  # the number of the nonce that was taken last
        self._count = 0  # the highest ``nc`` that came with it

    def make(self, now_s: int) -> str:
        self._made += 1
        stamp = f"{now_s:x}.{self._made:x}"
        return f"{stamp}-{self._signature(stamp)}"

    def take(self, nonce: str, count: str | None, now_s: int) -> bool:
        """Whether ``nonce`` is ours, fresh, and not replayed; ``count``: the client's ``nc``, eight hex digits."""
        stamp, _, signature = nonce.partition("-")
        if not hmac.compare_digest(signature.encode(), self._signature(stamp).encode()):
            return False
        made_s, number = (int(part, 16) for part in stamp.split("."))
        used = self._count if number == self._kept else 0
        if number < self._kept or (number > self._kept and not 0 <= now_s - made_s <= NONCE_VALID_S):
            return False
        if count is not None:
            if not _COUNT.fullmatch(count) or int(count, 16) <= used:
                return False
            used = int(count, 16)
        self._kept, self._count = number, used
        return True

    def _signature(self, stamp: str) -> str:
        return hmac.new(self._key, stamp.encode(), hashlib.sha256).hexdigest()[:32]


def check(authorization: str, request: tuple[str, str], login: Login, nonces: Nonces, now_s: int) -> Verdict:
    """Judge an Authorization header. Names and passwords are compared in constant time, and never told apart.

    Args:
        request: method and URL, which a Digest answer is for.
    """
    scheme, _, credentials = authorization.strip().partition(" ")
    if not scheme:
        return Verdict.ABSENT
    if len(credentials) > HEADER_MAX:
        return Verdict.WRONG
    if scheme.lower() == "basic":
        return _basic(credentials, login)
    if scheme.lower() == "digest":
        return _digest(credentials, request, login, nonces, now_s)
    return Verdict.WRONG


def _basic(credentials: str, login: Login) -> Verdict:
    try:
        given = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return Verdict.WRONG
    expected = f"{login.username}:{login.password}".encode()
    return Verdict.GRANTED if hmac.compare_digest(given, expected) else Verdict.WRONG


def _digest(credentials: str, request: tuple[str, str], login: Login, nonces: Nonces, now_s: int) -> Verdict:
    given = auth_params(credentials)
    algorithm = _ALGORITHMS.get(given.get("algorithm", "MD5").upper())
    if algorithm is None or not {"username", "nonce", "uri", "response"} <= given.keys():
        return Verdict.WRONG

    def digest(text: str) -> str:
        return algorithm(text.encode("utf-8", "surrogateescape")).hexdigest()

    # Our own realm and name, never the client's: a client cannot choose what is hashed with the password.
    secret = digest(f"{login.username}:{REALM}:{login.password}")
    method, url = request
    middle = given["nonce"]
    count = None
    if "qop" in given:
        count = given.get("nc", "")
        middle += f":{count}:{given.get('cnonce', '')}:{given['qop']}"
    expected = digest(f"{secret}:{middle}:{digest(f'{method}:' + given['uri'])}")
    right = hmac.compare_digest(given["response"].lower().encode(), expected.encode())
    if not right or not hmac.compare_digest(given["username"].encode(), login.username.encode()):
        return Verdict.WRONG
    if not _same_target(given["uri"], url):
        return Verdict.WRONG
    return Verdict.GRANTED if nonces.take(given["nonce"], count, now_s) else Verdict.STALE


def _same_target(uri: str, requested: str) -> bool:
    """RFC 7616 §3.4.6. Some clients leave out scheme and host, and VLC the track of a SETUP."""
    shown, wanted = parse(uri), parse(requested)
    return (shown.path, shown.query) == (wanted.path, wanted.query) and shown.track in (None, wanted.track)
