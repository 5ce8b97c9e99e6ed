"""The ONVIF actor's mailbox. While ONVIF is off, asks fail with ``SwitchedOff``."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, Ref


class ToOnvif:
    """Whom the messages of this file go to."""


ONVIF: Ref[ToOnvif] = Ref("onvif")


@dataclass(frozen=True, slots=True)
class OnvifSubscriber:
    """A client that has subscribed to events."""

    client: str  # its address
    agent: str
    kind: str  # pull point, webhook
    seconds: float  # since it subscribed
    expires_in_s: float
    delivered: int
    dropped: int


@dataclass(frozen=True, slots=True)
class OnvifView:
    running: bool
    port: int
    last_error: str = ""
    subscribers: tuple[OnvifSubscriber, ...] = ()


@dataclass(frozen=True, slots=True)
class GetOnvif(Ask[ToOnvif, OnvifView]):
    retry: ClassVar[bool] = True
