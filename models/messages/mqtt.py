"""The MQTT actor's mailbox."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, Ref, State


class ToMqtt:
    """Whom the messages of this file go to."""


MQTT: Ref[ToMqtt] = Ref("mqtt")


@dataclass(frozen=True, slots=True)
class MqttView(State):
    enabled: bool
    connected: bool
    broker_url: str
    port: int
    topic_prefix: str
    last_error: str = ""
    reconnect_in_s: int = 0
    pinned_fingerprint: str = ""  # SHA-256 of the self-signed certificate that was accepted


@dataclass(frozen=True, slots=True)
class GetMqtt(Ask[ToMqtt, MqttView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class MqttTestResult:
    success: bool
    latency_ms: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class TestMqtt(Ask[ToMqtt, MqttTestResult]):
    """``values`` None: the stored configuration. 10 s at most; ``limit_reached`` more than once in 2 s."""

    values: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ApplyMqtt(Ask[ToMqtt, MqttView]):
    """Check ``current_password`` where credentials change, store everything, reconnect. ``invalid`` or ``refused``."""

    values: dict[str, object]
    current_password: str | None = None
    client: str = ""
