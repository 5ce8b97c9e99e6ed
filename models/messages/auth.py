"""The auth actor's mailbox: password, sessions, CSRF tokens, lock-outs."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Ok, Ref, State


class ToAuth:
    """Whom the messages of this file go to."""


AUTH: Ref[ToAuth] = Ref("auth")


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a client. ``session_id`` names the session without revealing its token; "" if there is none."""

    authenticated: bool  # protection is off, or a valid credential was shown
    dashboard: bool  # by the session cookie
    session_id: str = ""
    csrf_token: str = ""
    open: bool = False  # protection is off: everyone is admitted, even another site's page in a browser
    role: str = "owner"  # models.security.roles


@dataclass(frozen=True, slots=True)
class AuthStatus(State):
    enabled: bool
    configured: bool


@dataclass(frozen=True, slots=True)
class GetAuthStatus(Ask[ToAuth, AuthStatus]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class WhoIs(Ask[ToAuth, Identity]):
    """Look one credential up. ``carrier``: cookie, bearer, query, basic, none. For basic, ``token`` is the password.

    An unknown or expired token gives ``authenticated=False`` (with protection on). Basic failures count towards the
    lock-out of ``client``, and then raise ``limit_reached`` with ``lockoutRemaining``.
    """

    carrier: str
    token: str
    client: str  # address of the caller, for lock-outs
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class LoginSession:
    token: str
    csrf_token: str
    session_id: str
    role: str = "owner"


@dataclass(frozen=True, slots=True)
class LogIn(Ask[ToAuth, LoginSession]):
    """Fails with ``refused`` ("Invalid password") or ``limit_reached`` ("Too many attempts", lockoutRemaining=s).

    ``password`` may be a token of an owner or viewer: the session has its role, and ends with it. ``agent``: what the
    client calls itself; sessions of one address and agent are bounded together.
    """

    password: str
    client: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class OpenAnonymousSession(Ask[ToAuth, LoginSession]):
    """For GET / while protection is off; ``refused`` while it is on."""

    client: str


@dataclass(frozen=True, slots=True)
class LogOut(Ask[ToAuth, Ok]):
    token: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """A login (``name`` is "") or a token, without its secret. Times are Unix ms; ``expires`` 0: never."""

    session_id: str
    role: str
    name: str
    client: str
    agent: str
    created: int
    used: int
    expires: int

    def as_dict(self) -> dict[str, object]:
        """As the API and the command line show it."""
        return {
            "id": self.session_id,
            "kind": "token" if self.name else "login",
            "role": self.role,
            "name": self.name,
            "address": self.client,
            "agent": self.agent,
            "created": self.created,
            "lastUsed": self.used,
            "expires": self.expires or None,
        }


@dataclass(frozen=True, slots=True)
class SessionList:
    sessions: tuple[SessionView, ...]


@dataclass(frozen=True, slots=True)
class GetSessions(Ask[ToAuth, SessionList]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class EndSession(Ask[ToAuth, Ok]):
    """End a session, or revoke a token with all its sessions; ``missing`` if there is none."""

    session_id: str
    client: str = "the command line"


@dataclass(frozen=True, slots=True)
class IssueToken(Ask[ToAuth, LoginSession]):
    """Make a token; its secret is only in the answer. ``days`` 0: until it is revoked.

    ``invalid`` for an invalid name or role; ``limit_reached`` if there are too many.
    """

    name: str
    role: str
    days: int = 0
    client: str = "the command line"


@dataclass(frozen=True, slots=True)
class ChangePassword(Ask[ToAuth, Ok]):
    """``current`` None: from the device itself (CLI). Revokes every session. ``invalid`` for an unusable new one."""

    new: str
    current: str | None = None
    client: str = "the command line"


@dataclass(frozen=True, slots=True)
class ProveOwner(Ask[ToAuth, Ok]):
    """Check the code that the device printed; ``refused`` if it is wrong, which counts towards the lock-out."""

    code: str
    client: str


@dataclass(frozen=True, slots=True)
class StartProtection(Ask[ToAuth, AuthStatus]):
    """Switch protection on with a new password, authorised by the code; ``conflict`` if it is already on."""

    code: str
    new: str
    client: str


@dataclass(frozen=True, slots=True)
class SetProtection(Ask[ToAuth, AuthStatus]):
    """Password protection on or off (CLI only)."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class KnownAddresses:
    """Addresses (``client_key``) from which somebody has logged in, the latest last. Kept on disk."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetKnownAddresses(Ask[ToAuth, KnownAddresses]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class SessionsRevoked(News):
    """Live sockets of these sessions are closed with 4401; an empty tuple means every session."""

    session_ids: tuple[str, ...]
