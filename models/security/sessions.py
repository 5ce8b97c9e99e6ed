"""Sessions: what a token is worth. Only digests of tokens are kept; CSRF tokens and ids are derived from the token.

``now`` is Unix time in seconds. A clock that is set back ends no session.
"""

import hashlib
import hmac
from dataclasses import dataclass

from models.messages.auth import Session

LIFETIME_S = 7 * 24 * 3600.0  # sliding
LIVE_MAX = 32
SAVE_EVERY_S = 3600.0  # a slid expiry is written at most this often
TOKEN_BYTES = 32
TOKEN_DIGITS = 2 * TOKEN_BYTES
_HALF = TOKEN_BYTES // 2
_TIME_BYTES = 4
ANONYMOUS_BYTES = _HALF - _TIME_BYTES  # of randomness in an anonymous token: 96 bits, and it opens nothing


def session_of(token: str) -> Session:
    """The session that belongs to ``token``: its CSRF token and its id cannot be turned back into it."""
    return Session(token, _derived(token, "csrf"), _derived(token, "id")[:16])


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Row:
    session_id: str
    used: float
    saved: float  # ``used`` as it stands on disk


class SessionTable:
    """The live sessions by the digest of their token."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def open(self, token: str, now: float) -> tuple[Session, tuple[str, ...]]:
        """Begin a session; also the ids of those that ended for it: expired, or longest unused above ``LIVE_MAX``."""
        ended = [row.session_id for row in self._drop_expired(now)]
        while len(self._rows) >= LIVE_MAX:
            oldest = min(self._rows, key=lambda digest: self._rows[digest].used)
            ended.append(self._rows.pop(oldest).session_id)
        session = session_of(token)
        self._rows[digest_of(token)] = Row(session.session_id, now, now)
        return session, tuple(ended)

    def find(self, token: str, now: float) -> Session | None:
        """The session if it is alive; being looked up keeps it alive."""
        row = self._rows.get(digest_of(token))
        if row is None or now - row.used >= LIFETIME_S:
            return None
        row.used = max(row.used, now)
        return session_of(token)

    def close(self, token: str) -> str:
        """The id of the session that ends; "" if there was none."""
        row = self._rows.pop(digest_of(token), None)
        return row.session_id if row else ""

    def clear(self) -> None:
        self._rows.clear()

    def expire(self, now: float) -> tuple[str, ...]:
        """End what has not been used for ``LIFETIME_S``; the ids."""
        return tuple(row.session_id for row in self._drop_expired(now))

    def stale(self) -> bool:
        """Whether what is on disk is ``SAVE_EVERY_S`` behind."""
        return any(row.used - row.saved >= SAVE_EVERY_S for row in self._rows.values())

    def saved(self) -> None:
        for row in self._rows.values():
            row.saved = row.used

    def as_list(self) -> list[list[object]]:
        return [[digest, row.session_id, row.used] for digest, row in self._rows.items()]

    def restore(self, stored: object) -> None:
        """Take over what ``as_list`` gave; entries of another shape are dropped."""
        for entry in stored if isinstance(stored, list) else ():
            match entry:
                case [str(digest), str(session_id), int() | float() as used]:
                    self._rows[digest] = Row(session_id, float(used), float(used))

    def _drop_expired(self, now: float) -> list[Row]:
        old = [digest for digest, row in self._rows.items() if now - row.used >= LIFETIME_S]
        return [self._rows.pop(digest) for digest in old]


class AnonymousTokens:
    """Sessions for everybody while protection is off: signed instead of stored, so that visitors cost no memory."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, random: bytes, now: float) -> Session:
        """``random``: ``ANONYMOUS_BYTES`` bytes."""
        body = int(now).to_bytes(_TIME_BYTES, "big") + random
        if len(body) != _HALF:
            raise ValueError(f"{ANONYMOUS_BYTES} random bytes make a token")
        return session_of((body + self._mac(body)).hex())

    def find(self, token: str, now: float) -> Session | None:
        """The session if we have signed the token within ``LIFETIME_S``."""
        raw = bytes.fromhex(token) if len(token) == TOKEN_DIGITS and _is_hex(token) else b""
        body, mac = raw[:_HALF], raw[_HALF:]
        if not raw or not hmac.compare_digest(mac, self._mac(body)):
            return None
        return session_of(token) if now - int.from_bytes(body[:_TIME_BYTES], "big") < LIFETIME_S else None

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[: TOKEN_BYTES - _HALF]


def same(given: str, wanted: str) -> bool:
    """Compare two secrets in constant time; an empty one is never the same."""
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)


def _derived(token: str, purpose: str) -> str:
    return hmac.new(token.encode("utf-8", "surrogatepass"), purpose.encode(), hashlib.sha256).hexdigest()[:32]
