"""The messages between the RTSP manager and its session actors."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar

from models.messages import Ask, Ok, Ref, Tell
from models.messages.rtsp import RtspSession, ToRtsp


class ToRtspSession:
    """Whom the messages of this file go to."""


def rtsp_session(name: str) -> Ref[ToRtspSession]:
    """The session actor of this name: rtsp_session_0 and so on."""
    return Ref(name)


@dataclass(frozen=True, slots=True)
class Serving:
    """The configuration to serve. Without a user name and a password everyone can watch, which the manager allows only
    if the owner has confirmed it."""

    port: int
    path: str
    username: str
    password: str = field(repr=False)
    tls_port: int = 0  # 0: no RTSP over TLS

    @property
    def fingerprint(self) -> str:
        """Shows whether two actors serve the same configuration without revealing the password."""
        parts = (self.port, self.path, self.username, self.password, self.tls_port)
        return sha256(repr(parts).encode()).hexdigest()[:16]

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port, self.tls_port) if self.tls_port else (self.port,)


@dataclass(frozen=True, slots=True)
class PrepareServing(Ask[ToRtspSession, Ok]):
    """Open the new port beside the old one, but change nothing yet; ``conflict`` with "Port 8554 is in use"."""

    serving: Serving
    shared: bool  # with other session actors
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CommitServing(Ask[ToRtspSession, Ok]):
    """Serve as prepared: the old port is closed and its sessions end."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class AbortServing(Ask[ToRtspSession, Ok]):
    """Discard what was prepared."""

    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class StopServing(Ask[ToRtspSession, Ok]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class PeerLoginFailed(Tell[ToRtspSession]):
    """Somebody failed to log in at another session actor: it counts here too."""

    address: str


@dataclass(frozen=True, slots=True)
class FirstLogin(Tell[ToRtsp]):
    """Somebody logged in at session actor ``actor`` from an address that was not known there."""

    actor: str
    address: str


@dataclass(frozen=True, slots=True)
class PeerFirstLogin(Tell[ToRtspSession]):
    """Somebody logged in at another session actor: the address is known here too."""

    address: str


@dataclass(frozen=True, slots=True)
class AdmitSession(Ask[ToRtsp, Ok]):
    """May ``address`` have one more session? ``limit_reached`` if not."""

    actor: str
    session_id: str
    address: str
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ReportedSession:
    """``view`` is None while it is being set up."""

    session_id: str
    address: str
    view: RtspSession | None


@dataclass(frozen=True, slots=True)
class SessionsReport(Tell[ToRtsp]):
    """Everything the manager knows of one session actor; each second, and at each change."""

    actor: str
    fingerprint: str  # of what is served, "" while not listening
    sessions: tuple[ReportedSession, ...]


@dataclass(frozen=True, slots=True)
class LoginFailed(Tell[ToRtsp]):
    actor: str
    address: str
