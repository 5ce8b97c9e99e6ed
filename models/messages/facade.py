"""The facade's mailbox: viewers and the certificate."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, Ok, Ref, State


class ToFacade:
    """Whom the messages of this file go to."""


FACADE: Ref[ToFacade] = Ref("facade")


@dataclass(frozen=True, slots=True)
class ViewersView:
    clients: int  # live video over HTTP and WebSocket
    ws_clients: int  # authenticated sockets
    sub_clients: int = 0  # of ``clients``, those that take the tier ``sub``


@dataclass(frozen=True, slots=True)
class GetViewers(Ask[ToFacade, ViewersView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CertificateView:
    subject: str
    issuer: str
    not_before: int  # Unix ms
    not_after: int
    serial_number: str
    status: str
    fingerprint_sha256: str
    subject_alt_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetCertificate(Ask[ToFacade, CertificateView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RegenerateCertificate(Ask[ToFacade, Ok]):
    """New handshakes get the new certificate; open connections stay. On failure the old one is kept."""


@dataclass(frozen=True, slots=True)
class PortsView(State):
    https: int
    http: int


@dataclass(frozen=True, slots=True)
class GetPorts(Ask[ToFacade, PortsView]):
    """The ports that are really bound (configured 0 means any)."""

    retry: ClassVar[bool] = True
