"""One connection to one broker, by gmqtt. Everything of gmqtt 0.8 that had to be worked around is in this file:

- it reconnects by itself, every 6 s for ever: ``reconnect_retries`` below -1 stops that;
- ``connect`` hangs when the socket closes before CONNACK, and after its own fall-back to 3.1.1: raced with ``lost``;
- ``publish`` sends before it stores, and tells no packet identifier: events are packed and stored here, then sent;
- packet identifiers run out (OverflowError) at the broker's receive maximum: a window is kept below it;
- a slow broker makes the transport's buffer grow without end: pictures are left out above a bound;
- it logs payloads and tracebacks: it gets no logger to do that with.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from gmqtt import Client, Message
from gmqtt.mqtt.constants import MQTTCommands, MQTTv50, MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError
from gmqtt.mqtt.package import CommandWithMidPacket, PublishPacket

from actors.mqtt.flight import Flight
from actors.mqtt.trust import PinChanged
from models.mqtt import limits, reasons
from models.mqtt.delivery import Card, Phase
from models.mqtt.options import Options
from models.mqtt.topics import OFFLINE

NO_OWN_RECONNECT = -2
QUIET = logging.getLogger("gmqtt")
QUIET.setLevel(logging.CRITICAL + 1)


class LinkError(Exception):
    """No connection, or no more. ``text`` is for a person and holds no secret."""

    def __init__(self, text: str, other_version: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.other_version = other_version  # an older MQTT may do


@dataclass(frozen=True, slots=True)
class Received:
    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str


class Link:
    """``inbox``: what the broker sends us. ``lost`` gets the reason when the connection is gone."""

    def __init__(self, options: Options, flight: Flight | None, client: Any) -> None:
        loop = asyncio.get_running_loop()
        self.options = options
        self.inbox: asyncio.Queue[Received] = asyncio.Queue(limits.INBOX)
        self.lost: asyncio.Future[str] = loop.create_future()
        self.event_qos = 2
        self._window = limits.IN_FLIGHT
        self._flight = flight
        self._client = client
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect

    # ---------------------------------------------------------------- out
    def publish(self, topic: str, payload: bytes) -> bool:
        """QoS 0, not retained; False where it was left out because the broker is slow."""
        self._check()
        if self._transport.get_write_buffer_size() > limits.WRITE_BUFFER:
            return False
        self._client.publish(topic, payload, qos=0)
        return True

    async def assure(self, topic: str, payload: bytes, retain: bool) -> None:
        """QoS 1; returns when it is sent, at most ``IN_FLIGHT`` are unacknowledged."""
        while self._flight is not None and self._flight.unacknowledged >= self._window:
            await self._acknowledged()
        self._check()
        self._client.publish(topic, payload, qos=1, retain=retain)

    async def deliver(self, sequence: int, topic: str, payload: bytes) -> bool:
        """One event, exactly once; returns when the broker has it for good. False where it refused it."""
        assert self._flight is not None
        self._check()
        connection = self._client._connection
        message = Message(topic, payload, qos=self.event_qos)
        packet_id, packet = PublishPacket.build_package(message, connection._protocol)
        card = Card(sequence, packet_id, session=self.options.session, qos=self.event_qos)
        self._flight.begin(card, bytes(packet))
        connection.send_package(packet)
        while self._flight.card.under_way:
            await self._acknowledged()
        return not self._flight.refused

    async def settle(self) -> None:
        """Until all that was sent is acknowledged."""
        while self._flight is not None and self._flight.unacknowledged:
            await self._acknowledged()

    def subscribe(self, topic: str) -> None:
        """QoS 0: what is sent while we are away must not come true later."""
        self._check()
        self._client.subscribe(topic, qos=0)

    def unsubscribe(self, topic: str) -> None:
        self._check()
        self._client._connection.unsubscribe([topic.encode()])  # gmqtt counts characters, the protocol bytes

    @property
    def local_address(self) -> str:
        """Ours, as seen on the way to the broker."""
        name = self._transport.get_extra_info("sockname")
        return str(name[0]) if name else ""

    async def close(self) -> None:
        """Say goodbye: no last will is sent."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(limits.GOODBYE_S):
                await self._client.disconnect()
        self.abort()

    def abort(self) -> None:
        """End it at once."""
        self._client._is_active = False
        if self._client._connection is not None:
            self._transport.abort()
        if not self.lost.done():
            self.lost.set_result("Closed")

    # ---------------------------------------------------------------- inside
    @property
    def _transport(self) -> Any:
        return self._client._connection._transport

    def _check(self) -> None:
        if self.lost.done():
            raise LinkError(self.lost.result())

    async def _acknowledged(self) -> None:
        """Until one more packet is acknowledged.

        Raises:
            LinkError: the connection is gone, or the broker has not answered for ``ACK_S``.
        """
        self._check()
        assert self._flight is not None
        change = asyncio.ensure_future(self._flight.changed())
        waited: set[asyncio.Future[Any]] = {change, self.lost}
        done, _ = await asyncio.wait(waited, timeout=limits.ACK_S, return_when=asyncio.FIRST_COMPLETED)
        change.cancel()
        self._check()
        if not done:
            self.abort()
            raise LinkError("The broker does not answer")

    def _on_connect(self, _client: Any, _flags: int, _code: int, properties: dict[str, Any]) -> None:
        self.event_qos = min([2, *properties.get("max_qos", ())])
        # three fewer: the event under way, a subscription, and gmqtt's own off-by-one
        self._window = max(1, min([limits.IN_FLIGHT, *(most - 3 for most in properties.get("receive_maximum", ()))]))

    def _on_message(self, _client: Any, topic: Any, payload: bytes, _qos: int, properties: dict[str, Any]) -> None:
        if isinstance(topic, str) and not self.inbox.full():  # a flood is not obeyed anyway
            self.inbox.put_nowait(Received(topic, bytes(payload), bool(properties.get("retain"))))

    def _on_disconnect(self, _client: Any, packet: Any, _error: Any = None) -> None:
        if not self.lost.done():
            coded = isinstance(packet, bytes | bytearray) and len(packet) > 0
            self.lost.set_result(reasons.text(packet[0]) if coded else "The broker closed the connection")


async def connect(
    options: Options,
    login: Login,
    context: ssl.SSLContext | None,
    flight: Flight | None,
    will_topic: str = "",
    under_way: tuple[str, bytes] | None = None,
    versions: tuple[int, ...] = (MQTTv50, MQTTv311),
) -> Link:
    """Connect by MQTT 5.0, or 3.1.1 where the broker knows no better.

    ``under_way``: topic and payload of the event that the flight's card tells of. With a flight the session is kept,
    and this returns only when that event is delivered, or the broker has forgotten it.

    Raises:
        LinkError: with the reason.
    """
    for version in versions:
        try:
            return await _connect(options, login, context, flight, will_topic, under_way, version)
        except LinkError as error:
            if not error.other_version or version == versions[-1]:
                raise
    raise LinkError("No version of MQTT to try")


async def _connect(
    options: Options,
    login: Login,
    context: ssl.SSLContext | None,
    flight: Flight | None,
    will_topic: str,
    under_way: tuple[str, bytes] | None,
    version: int,
) -> Link:
    client = Client(
        options.client_id,
        clean_session=flight is None,
        will_message=Message(will_topic, OFFLINE, qos=1, retain=True) if will_topic else None,
        persistent_storage=flight,
        logger=QUIET,
        session_expiry_interval=limits.SESSION_S if flight is not None else 0,
        maximum_packet_size=limits.PACKET_BYTES,
    )
    client.set_config({"reconnect_retries": NO_OWN_RECONNECT})
    if login.username:
        client.set_auth_credentials(login.username, login.password or None)
    if flight is not None:
        flight.restart(_packet_again(client, flight, under_way, version))
    link = Link(options, flight, client)
    trying = asyncio.ensure_future(
        client.connect(options.host, options.port, ssl=context or False, keepalive=limits.KEEPALIVE_S, version=version)
    )
    await _outcome(link, trying)
    return link


def _packet_again(client: Any, flight: Flight, under_way: tuple[str, bytes] | None, version: int) -> bytes | None:
    """The packet that goes on with the event under way: PUBLISH as a duplicate, or PUBREL; None without one."""
    card = flight.card
    if not card.under_way or under_way is None:
        return None
    client._package_handler.id_generator._used_ids.add(card.packet_id)
    if card.phase is Phase.RELEASED:
        return bytes(
            CommandWithMidPacket.build_package(MQTTCommands.PUBREL | 2, card.packet_id, False, proto_ver=version)
        )
    message = Message(*under_way, qos=card.qos)
    message.dup = True
    _, packet = PublishPacket.build_package(message, _Numbered(card.packet_id, version))
    return bytes(packet)


class _Numbered:
    """Enough of gmqtt's protocol object to pack a PUBLISH with a packet identifier that is already given."""

    def __init__(self, packet_id: int, version: int) -> None:
        self.proto_ver = version
        self.id_generator = self
        self.next_id = lambda: packet_id


async def _outcome(link: Link, trying: "asyncio.Future[Any]") -> None:
    try:
        await asyncio.wait({trying, link.lost}, timeout=limits.CONNECT_S, return_when=asyncio.FIRST_COMPLETED)
        if trying.done():
            trying.result()
        elif link.lost.done():
            raise LinkError(f"{link.lost.result()} before it answered; does it want TLS?", other_version=True)
        else:
            raise LinkError("Timed out")
        link._check()
    except MQTTConnectError as error:
        raise LinkError(reasons.text(error._code), other_version=error._code in reasons.UNSUPPORTED_VERSION) from None
    except OSError as error:
        raise LinkError(os_reason(error, link.options.tls)) from None
    except UnicodeError:  # of a name that can't be one: a label of more than 63 letters
        raise LinkError("Host not found") from None
    finally:
        if not trying.done() or trying.cancelled() or trying.exception() is not None or link.lost.done():
            trying.cancel()
            link.abort()


def os_reason(error: OSError, tls: bool) -> str:
    """In words, without addresses or secrets."""
    if isinstance(error, PinChanged):
        return error.text
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The broker's certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) or (tls and isinstance(error, ConnectionResetError)):
        return "TLS failed; does the broker speak TLS on this port?"
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return "Connection refused"
    if isinstance(error, TimeoutError):
        return "Timed out"
    if isinstance(error, socket.gaierror):
        return "Host not found"
    return error.strerror or "No connection"
