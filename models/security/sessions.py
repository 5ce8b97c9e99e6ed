"""Sessions and tokens. Only digests of tokens are kept; CSRF tokens and ids are derived from the token.

``now`` is Unix time in seconds. A clock that is set back ends no session.
"""

import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass

from models.messages.auth import LoginSession, SessionView
from models.security.roles import OWNER, ROLES

LIFETIME_S = 7 * 24 * 3600.0  # sliding
LOGIN_ENDS_S = 30 * 24 * 3600.0  # whatever happens (NIST SP 800-63B §4.1.3)
LIVE_MAX = 32  # logins
LIVE_PER_KIND = 8
TOKENS_MAX = 32
NAME_MAX = 64
SAVE_EVERY_S = 3600.0  # a slid expiry is written at most this often
TOKEN_BYTES = 32
TOKEN_DIGITS = 2 * TOKEN_BYTES
_HALF = TOKEN_BYTES // 2
_TIME_BYTES = 4
ANONYMOUS_BYTES = _HALF - _TIME_BYTES  # of randomness in an anonymous token: 96 bits, and it opens nothing


def session_of(token: str, role: str = OWNER) -> LoginSession:
    """The session that belongs to ``token``: its CSRF token and its id cannot be turned back into it."""
    return LoginSession(token, _derived(token, "csrf"), _derived(token, "id")[:16], role)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Row:
    """A login, which slides and ends in any case ``LOGIN_ENDS_S`` after it; or a token, which has a name.

    ``expires``: when a token ends, 0 for never. ``parent``: the id of the token that was used to log in.
    """

    session_id: str
    used: float
    saved: float  # ``used`` as it stands on disk
    created: float
    role: str = OWNER
    name: str = ""
    client: str = ""  # address that logged in
    agent: str = ""  # what it called itself
    expires: float = 0.0
    parent: str = ""

    def ended(self, now: float) -> bool:
        if self.name:
            return 0 < self.expires <= now
        return now - self.used >= LIFETIME_S or now - self.created >= LOGIN_ENDS_S

    def view(self) -> SessionView:
        ends = self.expires if self.name else min(self.used + LIFETIME_S, self.created + LOGIN_ENDS_S)
        created, used, expires = (int(moment * 1000) for moment in (self.created, self.used, ends))
        return SessionView(self.session_id, self.role, self.name, self.client, self.agent, created, used, expires)

    def as_dict(self, digest: str) -> dict[str, object]:
        return {
            "digest": digest,
            "id": self.session_id,
            "used": self.used,
            "created": self.created,
            "role": self.role,
            "name": self.name,
            "client": self.client,
            "agent": self.agent,
            "expires": self.expires,
            "parent": self.parent,
        }


class SessionTable:
    """The live sessions and tokens by the digest of their secret.

    Logins are bounded by kind of client, address and agent together, before they are bounded in all: a script that logs
    in each minute ends its own sessions and nobody else's. Tokens are ended by their owner, or at their time.
    """

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows.values())

    def open(
        self, token: str, now: float, client: str = "", agent: str = "", role: str = OWNER, parent: str = ""
    ) -> tuple[LoginSession, tuple[str, ...]]:
        """Begin a login. Returns its session and the ids of the logins that ended for it."""
        ended = [row.session_id for row in self._drop_expired(now)]
        kind = (client, agent)
        while len(own := self._logins_of(kind)) >= LIVE_PER_KIND:
            ended.append(self._drop_longest_unused(own))
        while len(logins := [digest for digest, row in self._rows.items() if not row.name]) >= LIVE_MAX:
            kinds = Counter((self._rows[digest].client, self._rows[digest].agent) for digest in logins)
            most = max(kinds.values())
            ended.append(
                self._drop_longest_unused(
                    [digest for digest in logins if kinds[self._rows[digest].client, self._rows[digest].agent] == most]
                )
            )
        session = session_of(token, role)
        self._rows[digest_of(token)] = Row(
            session.session_id, now, now, now, role, client=client, agent=agent, parent=parent
        )
        return session, tuple(ended)

    def issue(self, token: str, now: float, role: str, name: str, expires: float = 0.0) -> LoginSession | None:
        """Issue a token; None if there are ``TOKENS_MAX`` already."""
        self._drop_expired(now)
        if not name or sum(bool(row.name) for row in self._rows.values()) >= TOKENS_MAX:
            return None
        session = session_of(token, role)
        self._rows[digest_of(token)] = Row(session.session_id, now, now, now, role, name, expires=expires)
        return session

    def find(self, token: str, now: float) -> LoginSession | None:
        """The session if it has not expired. A look-up extends a login."""
        row = self._rows.get(digest_of(token))
        if row is None or row.ended(now):
            return None
        row.used = max(row.used, now)
        return session_of(token, row.role)

    def close(self, token: str) -> tuple[str, ...]:
        """The ids that end: this one, and those that were opened with it."""
        row = self._rows.get(digest_of(token))
        return self.end(row.session_id) if row else ()

    def end(self, session_id: str) -> tuple[str, ...]:
        """The ids that end: this one, and those that were opened with it."""
        ending = [one for one, row in self._rows.items() if session_id and session_id in (row.session_id, row.parent)]
        return tuple(self._rows.pop(digest).session_id for digest in ending)

    def without_logins(self) -> "SessionTable":
        """Only the tokens, which remain valid after a restored backup."""
        kept = SessionTable()
        kept._rows = {digest: row for digest, row in self._rows.items() if row.name}
        return kept

    def without_owners(self) -> "SessionTable":
        """Only the tokens that cannot change anything, which remain valid after a new password."""
        kept = SessionTable()
        kept._rows = {digest: row for digest, row in self._rows.items() if row.name and row.role != OWNER}
        return kept

    def expire(self, now: float) -> tuple[str, ...]:
        """End expired sessions. Returns their ids."""
        return tuple(row.session_id for row in self._drop_expired(now))

    def stale(self) -> bool:
        """Whether the stored table is more than ``SAVE_EVERY_S`` behind."""
        return any(row.used - row.saved >= SAVE_EVERY_S for row in self._rows.values())

    def saved(self) -> None:
        for row in self._rows.values():
            row.saved = row.used

    def as_list(self) -> list[dict[str, object]]:
        return [row.as_dict(digest) for digest, row in self._rows.items()]

    def restore(self, stored: object) -> None:
        """Take over what ``as_list`` gave, today or in version 0.1; entries of another shape are dropped."""
        for entry in stored if isinstance(stored, list) else ():
            match entry:
                case [str(digest), str(session_id), int() | float() as used]:
                    self._rows[digest] = Row(session_id, float(used), float(used), float(used))
                case {
                    "digest": str(digest),
                    "id": str(session_id),
                    "used": int() | float() as used,
                    "created": int() | float() as created,
                    "role": str(role),
                    "name": str(name),
                    "client": str(client),
                    "agent": str(agent),
                    "expires": int() | float() as expires,
                    "parent": str(parent),
                } if role in ROLES:
                    self._rows[digest] = Row(
                        session_id, float(used), float(used), created, role, name, client, agent, expires, parent
                    )

    def _logins_of(self, kind: tuple[str, str]) -> list[str]:
        return [digest for digest, row in self._rows.items() if not row.name and (row.client, row.agent) == kind]

    def _drop_longest_unused(self, digests: list[str]) -> str:
        return self._rows.pop(min(digests, key=lambda digest: self._rows[digest].used)).session_id

    def _drop_expired(self, now: float) -> list[Row]:
        over = {row.session_id for row in self._rows.values() if row.ended(now)}
        old = [digest for digest, row in self._rows.items() if row.session_id in over or row.parent in over]
        return [self._rows.pop(digest) for digest in old]


class AnonymousTokens:
    """Sessions for everybody while protection is off: signed instead of stored, so that visitors cost no memory."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, random: bytes, now: float) -> LoginSession:
        """``random``: ``ANONYMOUS_BYTES`` bytes."""
        body = int(now).to_bytes(_TIME_BYTES, "big") + random
        if len(body) != _HALF:
            raise ValueError(f"{ANONYMOUS_BYTES} random bytes make a token")
        return session_of((body + self._mac(body)).hex())

    def find(self, token: str, now: float) -> LoginSession | None:
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
