"""Connects to a broker, and goes on with the event that was under way when the last connection ended."""

import asyncio
import socket
import ssl
from typing import Any

from gmqtt import Client, Message
from gmqtt.mqtt.constants import MQTTv50, MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError

from actors.mqtt import gmqtt_internals
from actors.mqtt.flight import Flight
from actors.mqtt.link import QUIET, Link, LinkError, Login
from actors.mqtt.trust import PinChanged
from models.mqtt import limits, reasons
from models.mqtt.broker import BrokerLimits
from models.mqtt.delivery import Phase
from models.mqtt.options import Options
from models.mqtt.topics import OFFLINE

NO_OWN_RECONNECT = -2


async def connect(
    options: Options,
    login: Login,
    context: ssl.SSLContext | None,
    flight: Flight | None,
    will_topic: str = "",
    under_way: tuple[str, bytes] | None = None,
    broker: BrokerLimits | None = None,
    versions: tuple[int, ...] = (MQTTv50, MQTTv311),
) -> Link:
    """Connect by MQTT 5.0, or 3.1.1 where the broker knows no better.

    ``broker``: what it does not take, as far as it is known; it is told what the broker says.
    ``under_way``: topic and payload of the event that the flight's card tells of. With a flight the session is kept,
    and this returns only when that event is delivered, or the broker has forgotten it.

    Raises:
        LinkError: with the reason.
    """
    for version in versions:
        try:
            return await _connect(
                options, login, context, flight, will_topic, under_way, broker or BrokerLimits(), version
            )
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
    broker: BrokerLimits,
    version: int,
) -> Link:
    will = Message(will_topic, OFFLINE, qos=min(1, broker.qos), retain=broker.retain) if will_topic else None
    client = Client(
        options.client_id,
        clean_session=flight is None,
        will_message=will,
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
    link = Link(options, flight, client, broker)
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
    gmqtt_internals.reserve(client, card.packet_id)
    if card.phase is Phase.RELEASED:
        return gmqtt_internals.pubrel(card.packet_id, version)
    return gmqtt_internals.duplicate(Message(*under_way, qos=card.qos), card.packet_id, version)


async def _outcome(link: Link, trying: "asyncio.Future[Any]") -> None:
    try:
        await asyncio.wait({trying, link.lost}, timeout=limits.CONNECT_S, return_when=asyncio.FIRST_COMPLETED)
        if trying.done():
            trying.result()
        elif link.lost.done() and link.answered:
            raise LinkError(link.lost.result(), cut=True)
        elif link.lost.done():
            raise LinkError(f"{link.lost.result()} before it answered; does it want TLS?", other_version=True)
        else:
            raise LinkError("Timed out")
        link.check()
    except MQTTConnectError as error:
        code = gmqtt_internals.reason_code(error)
        raise LinkError(reasons.text(code), code in reasons.UNSUPPORTED_VERSION, code) from None
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
