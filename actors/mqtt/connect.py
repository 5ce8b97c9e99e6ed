"""Connects to a broker, and goes on with the event that was under way when the last connection ended.

TLS is checked by the system's authorities, or pinned to the certificate that was seen first.
"""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

from gmqtt import Client, Message
from gmqtt.mqtt.constants import MQTTv50, MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError

from actors.mqtt import gmqtt_internals
from actors.mqtt.connection import QUIET, BrokerConnectionError, Connection, Login
from actors.mqtt.inflight import InflightStore
from models.mqtt import limits, reason_codes
from models.mqtt.broker_limits import BrokerLimits
from models.mqtt.inflight_record import Phase
from models.mqtt.options import Options
from models.mqtt.topics import OFFLINE

NO_OWN_RECONNECT = -2


class PinChanged(ssl.SSLError):
    """The broker shows another certificate than the one that was accepted."""

    def __init__(self, pinned: str, shown: str) -> None:
        super().__init__(
            f"The broker's certificate has changed from {short(pinned)} to {short(shown)}. "
            "If that is right, switch mqttAcceptSelfSigned off and on again"
        )
        self.text = str(self.args[0])


def fingerprint(der: bytes) -> str:
    """SHA-256 as ``AA:BB:…``."""
    return hashlib.sha256(der).digest().hex(":").upper()


def short(text: str) -> str:
    return f"{text[:11]}…{text[-5:]}"


async def connect(
    options: Options,
    login: Login,
    context: ssl.SSLContext | None,
    inflight: InflightStore | None,
    will_topic: str = "",
    in_flight: tuple[str, bytes] | None = None,
    broker: BrokerLimits | None = None,
    versions: tuple[int, ...] = (MQTTv50, MQTTv311),
) -> Connection:
    """Connect by MQTT 5.0, or 3.1.1 where the broker knows no better.

    ``broker``: what it does not take, as far as it is known; it is told what the broker says.
    ``in_flight``: topic and payload of the event that the flight's card tells of. With a flight the session is kept,
    and this returns only when that event is delivered, or the broker has forgotten it.

    Raises:
        BrokerConnectionError: with the reason.
    """
    for version in versions:
        try:
            return await _connect(
                options, login, context, inflight, will_topic, in_flight, broker or BrokerLimits(), version
            )
        except BrokerConnectionError as error:
            if not error.other_version or version == versions[-1]:
                raise
    raise BrokerConnectionError("No version of MQTT to try")


async def _connect(
    options: Options,
    login: Login,
    context: ssl.SSLContext | None,
    inflight: InflightStore | None,
    will_topic: str,
    in_flight: tuple[str, bytes] | None,
    broker: BrokerLimits,
    version: int,
) -> Connection:
    will = Message(will_topic, OFFLINE, qos=min(1, broker.qos), retain=broker.retain) if will_topic else None
    client = Client(
        options.client_id,
        clean_session=inflight is None,
        will_message=will,
        persistent_storage=inflight,
        logger=QUIET,
        session_expiry_interval=limits.SESSION_S if inflight is not None else 0,
        maximum_packet_size=limits.PACKET_BYTES,
    )
    client.set_config({"reconnect_retries": NO_OWN_RECONNECT})
    if login.username:
        client.set_auth_credentials(login.username, login.password or None)
    if inflight is not None:
        inflight.restart(_packet_again(client, inflight, in_flight, version))
    connection = Connection(options, inflight, client, broker)
    trying = asyncio.ensure_future(
        client.connect(options.host, options.port, ssl=context or False, keepalive=limits.KEEPALIVE_S, version=version)
    )
    await _outcome(connection, trying)
    return connection


def _packet_again(
    client: Any, inflight: InflightStore, in_flight: tuple[str, bytes] | None, version: int
) -> bytes | None:
    """The packet that goes on with the event under way: PUBLISH as a duplicate, or PUBREL; None without one."""
    record = inflight.record
    if not record.in_flight or in_flight is None:
        return None
    gmqtt_internals.reserve(client, record.packet_id)
    if record.phase is Phase.RELEASED:
        return gmqtt_internals.pubrel(record.packet_id, version)
    return gmqtt_internals.duplicate(Message(*in_flight, qos=record.qos), record.packet_id, version)


async def _outcome(connection: Connection, trying: "asyncio.Future[Any]") -> None:
    try:
        await asyncio.wait({trying, connection.lost}, timeout=limits.CONNECT_S, return_when=asyncio.FIRST_COMPLETED)
        if trying.done():
            trying.result()
        elif connection.lost.done() and connection.answered:
            raise BrokerConnectionError(connection.lost.result(), cut=True)
        elif connection.lost.done():
            raise BrokerConnectionError(
                f"{connection.lost.result()} before it answered; does it require TLS?", other_version=True
            )
        else:
            raise BrokerConnectionError("Timed out")
        connection.check()
    except MQTTConnectError as error:
        code = gmqtt_internals.reason_code(error)
        raise BrokerConnectionError(reason_codes.text(code), code in reason_codes.UNSUPPORTED_VERSION, code) from None
    except OSError as error:
        raise BrokerConnectionError(os_reason(error, connection.options.tls)) from None
    except UnicodeError:  # of a name that can't be one: a label of more than 63 letters
        raise BrokerConnectionError("Host not found") from None
    finally:
        if not trying.done() or trying.cancelled() or trying.exception() is not None or connection.lost.done():
            trying.cancel()
            connection.abort()


def os_reason(error: OSError, tls: bool) -> str:
    """In words, without addresses or secrets."""
    if isinstance(error, PinChanged):
        return error.text
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The broker's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) or (tls and isinstance(error, ConnectionResetError)):
        return "TLS failed; does the broker speak TLS on this port?"
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return "Connection refused"
    if isinstance(error, TimeoutError):
        return "Timed out"
    if isinstance(error, socket.gaierror):
        return "Host not found"
    return error.strerror or "No connection"


# -------------------------------------------------------------------- TLS
def context(options: Options, pinned: str, seen: Callable[[str], None]) -> ssl.SSLContext | None:
    """None without TLS. ``seen`` gets the fingerprint of a certificate that is not checked by authorities.

    With a pin, any other certificate ends the handshake before anything is sent.
    """
    if not options.tls:
        return None
    made = ssl.create_default_context()
    if options.accept_self_signed:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.sslobject_class = _pinned(pinned, seen)
    return made


def _pinned(pinned: str, seen: Callable[[str], None]) -> type[ssl.SSLObject]:
    class Pinned(ssl.SSLObject):
        """asyncio sends nothing before this has returned."""

        def do_handshake(self) -> None:
            super().do_handshake()
            shown = fingerprint(self.getpeercert(binary_form=True) or b"")
            if pinned and shown != pinned:
                raise PinChanged(pinned, shown)
            seen(shown)

    return Pinned
