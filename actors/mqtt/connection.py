"""One connection to one broker, by gmqtt. The workarounds for gmqtt 0.8 are here and in ``connect``:

- it reconnects by itself, every 6 s for ever: ``reconnect_retries`` below -1 stops that;
- ``connect`` hangs when the socket closes before CONNACK, and after its own fall-back to 3.1.1: raced with ``lost``;
- ``publish`` sends before it stores, and tells no packet identifier: events are packed and stored here, then sent;
- packet identifiers run out (OverflowError) at the broker's receive maximum: a window is kept below it;
- a slow broker makes the transport's buffer grow without end: pictures are left out above a bound;
- the properties that it shows of CONNACK are overlaid with those of our CONNECT: the broker's own are read;
- it logs payloads and tracebacks: it gets no logger to do that with.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from gmqtt import Message

from actors.mqtt import gmqtt_internals
from actors.mqtt.inflight import InflightStore
from models.mqtt import limits, reason_codes
from models.mqtt.broker_limits import OTHER_REASONS, BrokerLimits, PublishHistory, Sent
from models.mqtt.inflight_record import InflightRecord
from models.mqtt.options import Options

log = structlog.get_logger("mqtt")
REFUSED = 128  # reason codes from here on (MQTT 5 §2.4), and the failure of SUBACK in 3.1.1
QUIET = logging.getLogger("gmqtt")
QUIET.setLevel(logging.CRITICAL + 1)


class BrokerConnectionError(Exception):
    """There is no connection, or it was lost. ``text`` is for people and contains no secret."""

    def __init__(self, text: str, other_version: bool = False, code: int = 0, cut: bool = False) -> None:
        super().__init__(text)
        self.cut = cut  # after the broker had accepted us
        self.text = text
        self.code = code  # the broker's, MQTT 5 §2.4
        self.other_version = other_version  # an older MQTT version may work


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str = field(repr=False)


class Connection:
    """``received`` is called with what the broker sends. ``lost`` gets the reason when the connection is lost."""

    def __init__(self, options: Options, inflight: InflightStore | None, client: Any, broker: BrokerLimits) -> None:
        loop = asyncio.get_running_loop()
        self.options = options
        self.received: Callable[[IncomingMessage], None] = lambda message: None
        self.lost: asyncio.Future[str] = loop.create_future()
        self.answered = False  # the broker has accepted us
        self.session_present = False  # the broker has kept our session, and so its messages for us
        self._lost_code = 0
        self._broker = broker
        self._history = PublishHistory()
        self._window = limits.IN_FLIGHT
        self._inflight = inflight
        self._client = client
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe

    # ---------------------------------------------------------------- out
    def publish(self, topic: str, payload: bytes) -> bool:
        """QoS 0, not retained; False if it was skipped because the broker is slow, or does not accept it."""
        self.check()
        if not self._broker.takes(topic, payload, time.monotonic()):
            return False
        if self._transport.get_write_buffer_size() > limits.WRITE_BUFFER:
            return False
        self._client.publish(topic, payload, qos=0)
        self._history.add(Sent(topic, len(payload), time.monotonic()))
        return True

    @property
    def avoided(self) -> tuple[str, ...]:
        """Topics that are omitted because the broker closes the connection on them."""
        return self._broker.avoided

    async def assure(self, topic: str, payload: bytes, retain: bool) -> None:
        """QoS 1; returns when it is sent, at most ``IN_FLIGHT`` are unacknowledged. What the broker does not accept is
        omitted.
        """
        window = 1 if self._broker.careful(time.monotonic()) else self._window
        while self._inflight is not None and self._inflight.unacknowledged >= window:
            await self._acknowledged()
        self.check()
        if not self._broker.takes(topic, payload, time.monotonic()):
            return
        qos = min(1, self._broker.qos)
        self._client.publish(topic, payload, qos=qos, retain=retain and self._broker.retain)
        packet_id = self._inflight.newest if self._inflight is not None and qos else 0
        self._history.add(Sent(topic, len(payload), time.monotonic(), packet_id))

    async def deliver(self, sequence: int, topic: str, payload: bytes) -> bool:
        """Deliver one event, exactly once; returns when the broker has confirmed it. False if it rejected it."""
        assert self._inflight is not None
        self.check()
        qos = self._broker.qos
        if qos == 0:  # never acknowledged
            self._client.publish(topic, payload, qos=0)
            return True
        message = Message(topic, payload, qos=qos)
        packet_id, packet = gmqtt_internals.packed(self._client, message)
        record = InflightRecord(sequence, packet_id, session=self.options.session, qos=qos)
        self._inflight.begin(record, packet)
        self._history.add(Sent(topic, len(payload), time.monotonic(), packet_id, event=True))
        gmqtt_internals.send_packet(self._client, packet)
        while self._inflight.record.in_flight:
            await self._acknowledged()
        return not self._inflight.refused

    def suspect(self) -> Sent | None:
        """What may have made the broker close the connection just now."""
        if self._inflight is None or self._lost_code in OTHER_REASONS:
            return None
        return self._history.suspect(time.monotonic(), self._inflight.acknowledged)

    async def settle(self) -> None:
        """Wait until everything sent is acknowledged."""
        while self._inflight is not None and self._inflight.unacknowledged:
            await self._acknowledged()

    def subscribe(self, topic: str) -> None:
        """QoS 0: commands that are sent while we are offline must not be carried out later."""
        self.check()
        self._client.subscribe(topic, qos=0)

    def unsubscribe(self, topic: str) -> None:
        self.check()
        gmqtt_internals.unsubscribe(self._client, topic)

    @property
    def local_address(self) -> str:
        """This device's address towards the broker."""
        name = self._transport.get_extra_info("sockname")
        return str(name[0]) if name else ""

    async def close(self) -> None:
        """Disconnect properly, so that no last will is sent."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(limits.GOODBYE_S):
                await self._client.disconnect()
        self.abort()

    def abort(self) -> None:
        """Close it at once."""
        gmqtt_internals.stop_using(self._client)
        if (transport := gmqtt_internals.transport(self._client)) is not None:
            transport.abort()
        if not self.lost.done():
            self.lost.set_result("Closed")

    # ---------------------------------------------------------------- inside
    @property
    def _transport(self) -> asyncio.Transport:
        transport = gmqtt_internals.transport(self._client)
        assert transport is not None  # it exists from the first answer on
        return transport

    def check(self) -> None:
        """Raises ``BrokerConnectionError`` once the connection is lost."""
        if self.lost.done():
            raise BrokerConnectionError(self.lost.result())

    async def _acknowledged(self) -> None:
        """Wait until one more packet is acknowledged.

        Raises:
            BrokerConnectionError: the connection is gone, or the broker has not answered for ``ACK_S``.
        """
        self.check()
        assert self._inflight is not None
        change = asyncio.ensure_future(self._inflight.changed())
        waited: set[asyncio.Future[Any]] = {change, self.lost}
        done, _ = await asyncio.wait(waited, timeout=limits.ACK_S, return_when=asyncio.FIRST_COMPLETED)
        change.cancel()
        self.check()
        if not done:
            self.abort()
            raise BrokerConnectionError("The broker does not answer")

    def _on_connect(self, client: Any, flags: int, _code: int, _merged: dict[str, Any]) -> None:
        properties = gmqtt_internals.connack_properties(client)
        self.answered = True
        self.session_present = bool(flags & 1)
        self._broker.connected(properties)
        # three fewer: the event under way, a subscription, and gmqtt's own off-by-one
        self._window = max(1, min([limits.IN_FLIGHT, *(most - 3 for most in properties.get("receive_maximum", ()))]))

    def _on_message(self, _client: Any, topic: Any, payload: bytes, _qos: int, properties: dict[str, Any]) -> None:
        """Drop what cannot be for us: none of our topics is that long, and no command or state that large."""
        if isinstance(topic, str) and len(topic) <= limits.TOPIC_CHARACTERS and len(payload) <= limits.PACKET_BYTES:
            self.received(IncomingMessage(topic, bytes(payload), bool(properties.get("retain"))))

    def _on_subscribe(self, _client: Any, _packet_id: int, granted: tuple[int, ...], _properties: Any) -> None:
        if max(granted, default=0) >= REFUSED:
            log.warning("the broker does not allow a subscription to one of our topics; check its access rules")

    def _on_disconnect(self, _client: Any, packet: Any, _error: Any = None) -> None:
        if not self.lost.done():
            coded = isinstance(packet, bytes | bytearray) and len(packet) > 0
            self._lost_code = packet[0] if coded else 0
            self.lost.set_result(reason_codes.text(packet[0]) if coded else "The broker closed the connection")
