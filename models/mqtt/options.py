"""What the settings say about the connection, and which secret may go where."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.mqtt.inflight_record import session_of

CONNECTION_KEYS = (
    "mqttEnabled",
    "mqttBrokerUrl",
    "mqttPort",
    "mqttClientId",
    "mqttTopicPrefix",
    "mqttUseTls",
    "mqttAcceptSelfSigned",
)
CREDENTIAL_KEYS = ("mqttUsername", "mqttPassword")
MQTT_KEYS = (
    *CONNECTION_KEYS,
    "mqttTelemetryIntervalSec",
    "mqttCommandsEnabled",
    "mqttDiscoveryEnabled",
    "mqttDiscoveryPrefix",
)


@dataclass(frozen=True, slots=True)
class Options:
    """One broker and who we are there."""

    enabled: bool
    host: str
    port: int
    client_id: str
    prefix: str
    tls: bool
    accept_self_signed: bool

    @property
    def session(self) -> int:
        return session_of(self.host, self.port, self.client_id)

    @property
    def wanted(self) -> bool:
        return self.enabled and bool(self.host)

    @property
    def trust(self) -> "Trust":
        return Trust(self.host, self.tls, self.accept_self_signed)


@dataclass(frozen=True, slots=True)
class Trust:
    """To whom, and how well protected, a password may be sent."""

    host: str
    tls: bool
    accept_self_signed: bool

    def covers(self, other: "Trust") -> bool:
        """Whether the owner's word for this one holds for ``other`` too: the same host, protected as well or better."""
        plain = self.tls and not other.tls
        weaker = other.tls and other.accept_self_signed and self.tls and not self.accept_self_signed
        return self.host.lower() == other.host.lower() and not plain and not weaker


def options(settings: Mapping[str, object]) -> Options:
    """From the effective settings (or a request laid over them)."""
    return Options(
        enabled=settings.get("mqttEnabled") is True,
        host=_text(settings, "mqttBrokerUrl"),
        port=_whole(settings, "mqttPort", 1883),
        client_id=_text(settings, "mqttClientId"),
        prefix=_text(settings, "mqttTopicPrefix") or "ipcamera",
        tls=settings.get("mqttUseTls") is True,
        accept_self_signed=settings.get("mqttAcceptSelfSigned") is True,
    )


def _text(settings: Mapping[str, object], key: str) -> str:
    value = settings.get(key)
    return value if isinstance(value, str) else ""


def _whole(settings: Mapping[str, object], key: str, default: int) -> int:
    value = settings.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
