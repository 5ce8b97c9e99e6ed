"""What a broker refuses: announced at the connection (MQTT 5), or learned because it ends the connection.

An MQTT 3.1.1 broker can only refuse a message by closing the connection. So what was sent and not yet acknowledged
at that moment is remembered, and what has ended several connections in a row is left out of the next ones.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.mqtt import limits

RETAIN_NOT_SUPPORTED, QOS_NOT_SUPPORTED = 154, 155  # MQTT 5 §3.2.2.2
OTHER_REASONS = frozenset({139, 141, 142})  # shutting down, keep-alive, taken over: nothing that we sent is to blame
HEADER_BYTES = 16  # fixed header, packet identifier, length of the properties: at most


@dataclass(frozen=True, slots=True)
class Sent:
    """A PUBLISH that was sent at ``at`` (s of a steady clock). ``packet_id`` 0: QoS 0, never acknowledged."""

    topic: str
    size: int
    at: float
    packet_id: int = 0
    event: bool = False


class PublishHistory:
    """The last messages of a connection, in the order in which they were sent and are acknowledged (MQTT 5 §4.6)."""

    def __init__(self) -> None:
        self._sent: deque[Sent] = deque(maxlen=limits.TRAIL)

    def add(self, sent: Sent) -> None:
        self._sent.append(sent)

    def suspect(self, now: float, acknowledged: Callable[[int], bool]) -> Sent | None:
        """The message that may have ended the connection: the first one not yet acknowledged."""
        open_ones: list[Sent] = []
        for sent in reversed(self._sent):
            if sent.packet_id and acknowledged(sent.packet_id):
                break
            open_ones.append(sent)
        open_ones.reverse()
        first = next((n for n, sent in enumerate(open_ones) if sent.packet_id), len(open_ones))
        recent = [
            sent
            for sent in open_ones[: first + 1]
            if now - sent.at <= limits.SUSPECT_S and (sent.packet_id or sent.size > limits.SUSPECT_BYTES)
        ]
        return recent[0] if recent else None


class BrokerLimits:
    """Of one broker, as long as its address stays the same. Times are s of a steady clock.

    ``changed`` is called when ``text`` has something new to say.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self.retain = True
        self.qos = 2
        self._learned_qos = 2
        self._largest = 0  # bytes of a packet; 0: it did not say
        self._too_large: set[str] = set()
        self._avoided: dict[str, float] = {}
        self._suspect, self._suspected_at, self._cuts = "nothing", float("-inf"), 0

    def connected(self, properties: Mapping[str, list[int]]) -> None:
        """What CONNACK says; brokers of MQTT 3.1.1 say nothing."""
        self.qos = min(self._learned_qos, *properties.get("max_qos", ()), 2)
        if properties:
            self.retain = 0 not in properties.get("retain_available", ())
        self._largest = min(properties.get("maximum_packet_size", ()), default=0)
        self._too_large.clear()

    def refused(self, code: int) -> bool:
        """The broker refused the connection. Returns whether to retry without the unsupported features."""
        if code == RETAIN_NOT_SUPPORTED and self.retain:
            self.retain = False
            return True
        if code == QOS_NOT_SUPPORTED and self._learned_qos > 0:
            self._learned_qos -= 1
            self.qos = self._learned_qos
            return True
        return False

    def takes(self, topic: str, payload: bytes, now: float) -> bool:
        """Whether this message may be sent."""
        if now - self._avoided.get(topic, float("-inf")) < limits.AVOIDED_S:
            return False
        fits = not self._largest or len(topic.encode()) + len(payload) + HEADER_BYTES <= self._largest
        if fits == (topic in self._too_large):
            (self._too_large.remove if fits else self._too_large.add)(topic)
            self._changed()
        return fits

    def cut(self, sent: Sent | None, now: float, qos_2_works: bool) -> bool:
        """The broker closed the connection; ``sent`` may be why. True where that has become certain enough.

        ``qos_2_works``: this broker has taken an event by QoS 2 before, so that cannot be it.
        """
        if sent is None or (sent.event and (qos_2_works or self._learned_qos < 2)):
            return False
        name = "" if sent.event else sent.topic  # events have many topics
        self._cuts = self._cuts + 1 if name == self._suspect and self.careful(now) else 1
        self._suspect, self._suspected_at = name, now
        if self._cuts < (limits.EVENT_CUTS if sent.event else limits.CUTS):
            return False
        if sent.event:
            self._learned_qos = self.qos = 1  # an event is never given up
        else:
            self._avoided[name] = now
        return True

    def careful(self, now: float) -> bool:
        """Whether to send one message at a time, to find the one that the broker refuses."""
        return now - self._suspected_at <= limits.SUSPECT_AGAIN_S

    @property
    def avoided(self) -> tuple[str, ...]:
        return tuple(self._avoided)

    def text(self, now: float) -> str:
        """A text for people about what is left out, "" if nothing is."""
        avoided = [topic for topic, since in self._avoided.items() if now - since < limits.AVOIDED_S]
        parts = []
        if avoided:
            parts.append(f"The broker closes the connection when it receives {' or '.join(avoided)}: omitted for now")
        if self._too_large:
            names = " and ".join(sorted(self._too_large))
            parts.append(f"The broker accepts at most {self._largest} bytes: too large for it: {names}")
        if not self.retain:
            parts.append("The broker keeps no retained messages: later clients see a state only after its next change")
        return ". ".join(parts)
