"""Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069 for clients without qop) for RTSP (RFC 2326 §14.20 D.1)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum

REALM = "IP Camera"
NONCE_VALID_S = 300
_ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
# One auth-param (RFC 9110 §11.2) with the separators around it; only ever matched where the last one ended.
_PARAMETER = re.compile(r'[\s,;]*+([A-Za-z0-9_-]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s,;"]+))')
_PARAMETERS_MAX = 16
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


def make_nonce(key: bytes, address: str, now_s: int) -> str:
    """A nonce that this server recognises without remembering it: the time, signed for one address."""
    return f"{now_s:x}-{_signature(key, address, f'{now_s:x}')}"


def nonce_age(key: bytes, address: str, nonce: str, now_s: int) -> int | None:
    """Seconds since ``nonce`` was made for ``address``; None for one that was not."""
    stamp, _, signature = nonce.partition("-")
    if not hmac.compare_digest(signature.encode(), _signature(key, address, stamp).encode()):
        return None
    return now_s - int(stamp, 16)


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


def check(authorization: str, method: str, login: Login, nonce_fresh: "NonceCheck") -> Verdict:
    """Judge an Authorization header. Names and passwords are compared in constant time, and never told apart."""
    scheme, _, credentials = authorization.strip().partition(" ")
    if not scheme:
        return Verdict.ABSENT
    if len(credentials) > HEADER_MAX:
        return Verdict.WRONG
    if scheme.lower() == "basic":
        return _basic(credentials, login)
    if scheme.lower() == "digest":
        return _digest(credentials, method, login, nonce_fresh)
    return Verdict.WRONG


@dataclass(frozen=True, slots=True)
class NonceCheck:
    """What ``check`` must know of time. ``kept``: the nonce this connection got in with, good while it lasts."""

    key: bytes
    address: str
    now_s: int
    kept: str = ""

    def fresh(self, nonce: str) -> bool:
        age = nonce_age(self.key, self.address, nonce, self.now_s)
        return age is not None and (0 <= age <= NONCE_VALID_S or nonce == self.kept)


def nonce_of(authorization: str) -> str:
    """The nonce in a Digest header, "" where there is none."""
    return _parameters(authorization.partition(" ")[2]).get("nonce", "")


def _basic(credentials: str, login: Login) -> Verdict:
    try:
        given = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return Verdict.WRONG
    expected = f"{login.username}:{login.password}".encode()
    return Verdict.GRANTED if hmac.compare_digest(given, expected) else Verdict.WRONG


def _digest(credentials: str, method: str, login: Login, nonce_fresh: NonceCheck) -> Verdict:
    given = _parameters(credentials)
    algorithm = _ALGORITHMS.get(given.get("algorithm", "MD5").upper())
    if algorithm is None or not {"username", "nonce", "uri", "response"} <= given.keys():
        return Verdict.WRONG

    def digest(text: str) -> str:
        return algorithm(text.encode("utf-8", "surrogateescape")).hexdigest()

    # Our own realm and name, never the client's: a client cannot choose what is hashed with the password.
    secret = digest(f"{login.username}:{REALM}:{login.password}")
    request = digest(f"{method}:{given['uri']}")
    middle = given["nonce"]
    if "qop" in given:
        middle += f":{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
    expected = digest(f"{secret}:{middle}:{request}")
    right = hmac.compare_digest(given["response"].lower().encode(), expected.encode())
    if not right or not hmac.compare_digest(given["username"].encode(), login.username.encode()):
        return Verdict.WRONG
    return Verdict.GRANTED if nonce_fresh.fresh(given["nonce"]) else Verdict.STALE


def _parameters(text: str) -> dict[str, str]:
    """What can be read from the beginning on: nothing behind the first thing that is no parameter."""
    found: dict[str, str] = {}
    at = 0
    for _ in range(_PARAMETERS_MAX):
        match = _PARAMETER.match(text, at)
        if match is None:
            break
        at, quoted = match.end(), match[2]
        found[match[1].lower()] = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return found


def _signature(key: bytes, address: str, stamp: str) -> str:
    return hmac.new(key, f"{stamp} {address}".encode(), hashlib.sha256).hexdigest()[:32]
