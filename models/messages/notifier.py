"""The notifier's mailbox. Its answers contain no secrets."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, Ok, Ref


class ToNotifier:
    """Whom the messages of this file go to."""


NOTIFIER: Ref[ToNotifier] = Ref("notifier")


@dataclass(frozen=True, slots=True)
class NotificationsView:
    """``rules`` and ``channels`` as the interface shows them. ``waiting``: messages in the outbox."""

    public_key: str  # of this device, for browsers (VAPID), base64url
    rules: tuple[dict[str, object], ...]
    channels: tuple[dict[str, object], ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class GetNotifications(Ask[ToNotifier, NotificationsView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Stored:
    """``secret``: of a new webhook, returned only here."""

    id: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class PutRule(Ask[ToNotifier, Stored]):
    """Store a rule: a new one, or in place of that with its ``id``. ``refused`` if it needs Pro and is enabled."""

    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class PutChannel(Ask[ToNotifier, Stored]):
    """Store a channel. A browser that already has one keeps its id; all others are new."""

    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class DeleteRule(Ask[ToNotifier, Ok]):
    id: str


@dataclass(frozen=True, slots=True)
class DeleteChannel(Ask[ToNotifier, Ok]):
    """It is also removed from every rule, and what waits for it is not sent."""

    id: str


@dataclass(frozen=True, slots=True)
class NotificationTested:
    """``answer``: the receiver's answer."""

    success: bool
    answer: str
    latency_ms: int = 0


@dataclass(frozen=True, slots=True)
class TestChannel(Ask[ToNotifier, NotificationTested]):
    """Send a test now, once. ``limit_reached`` more than once in 2 s."""

    id: str
