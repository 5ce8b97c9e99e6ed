"""The RTSP manager's mailbox."""

from dataclasses import dataclass, field
from typing import ClassVar

from models.media.tier import Tier
from models.messages import Ask, Ok, Ref, State, Tell


class ToRtsp:
    """Whom the messages of this file go to."""


RTSP: Ref[ToRtsp] = Ref("rtsp")


@dataclass(frozen=True, slots=True)
class RtspSession:
    client: str
    user_agent: str
    transport: str  # tcp, udp
    state: str
    bitrate_kbps: float
    loss_percent: float
    seconds: float
    tier: str = Tier.MAIN


@dataclass(frozen=True, slots=True)
class RtspView(State):
    enabled: bool
    running: bool
    port: int
    path: str
    clients: int  # sessions in PLAY
    last_error: str = ""
    sessions: tuple[RtspSession, ...] = ()
    tls_port: int = 0  # 0: no RTSP over TLS
    login: str = ""  # the user name of the login; "": none
    new_login: bool = False  # one was created and has not been shown yet

    @property
    def who(self) -> str:
        """Who can watch while it runs, in words."""
        if self.login:
            return f"anyone with the password of {self.login}"
        return "anyone on the network, without a login"


@dataclass(frozen=True, slots=True)
class RtspLogin:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TakeNewLogin(Ask[ToRtsp, RtspLogin]):
    """The login that was created when RTSP was switched on without one. Returned once; empty if there is none."""


@dataclass(frozen=True, slots=True)
class GetRtsp(Ask[ToRtsp, RtspView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class StartRtsp(Ask[ToRtsp, Ok]):
    """Switch on and serve; ``conflict`` with "Port 8554 is in use", ``refused`` without Pro."""

    source: str = "http"


@dataclass(frozen=True, slots=True)
class StopRtsp(Ask[ToRtsp, Ok]):
    """Switch off; every session ends."""

    source: str = "http"


@dataclass(frozen=True, slots=True)
class RestartRtsp(Ask[ToRtsp, Ok]):
    """Serve the stored configuration; every session ends. While it is stopped: ``StartRtsp``."""

    source: str = "http"


@dataclass(frozen=True, slots=True)
class RtspChange:
    """``errors`` ("key: reason") non-empty: nothing was changed. ``restart_required``: what runs differs from it."""

    errors: tuple[str, ...] = ()
    restart_required: bool = False


@dataclass(frozen=True, slots=True)
class StoreRtsp(Ask[ToRtsp, RtspChange]):
    """Keep these values (rtspPort, rtspPath, rtspUsername, rtspPassword, rtspEnabled, rtspOpen, rtspTlsEnabled,
    rtspTlsPort). Port and path take effect at the next (re)start; login and TLS at once.

    ``confirmed``: the owner has shown the password, which ``rtspOpen`` needs.
    """

    values: dict[str, object]
    source: str = "http"
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ApplyRtsp(Ask[ToRtsp, RtspChange]):
    """Store these values and serve with them, or change nothing; ``conflict`` for a port that is in use."""

    values: dict[str, object]
    source: str = "http"
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class FollowSettings(Tell[ToRtsp]):
    """To itself: the settings have changed; in turn with the other changes."""


@dataclass(frozen=True, slots=True)
class BringUp(Tell[ToRtsp]):
    """To itself: check whether every session actor serves what is wanted; in turn with the changes."""
