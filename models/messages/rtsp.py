"""The RTSP manager's mailbox."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News, Ok


@dataclass(frozen=True, slots=True)
class RtspSession:
    client: str
    user_agent: str
    transport: str  # tcp, udp
    state: str
    bitrate_kbps: float
    loss_percent: float
    seconds: float


@dataclass(frozen=True, slots=True)
class RtspView:
    enabled: bool
    running: bool
    port: int
    path: str
    clients: int  # sessions in PLAY
    last_error: str = ""
    sessions: tuple[RtspSession, ...] = ()


@dataclass(frozen=True, slots=True)
class GetRtsp(Ask[RtspView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class StartRtsp(Ask[Ok]):
    """``conflict`` with "Port 8554 is in use"."""


@dataclass(frozen=True, slots=True)
class StopRtsp(Ask[Ok]): ...


@dataclass(frozen=True, slots=True)
class RestartRtsp(Ask[Ok]): ...


@dataclass(frozen=True, slots=True)
class ApplyRtsp(Ask[Ok]):
    """Store these values and serve with them, or change nothing at all (``invalid`` with errors, ``conflict``)."""

    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class RtspChanged(News):
    rtsp: RtspView
