"""All private parts of gmqtt that are used: pinned, and tested in tests/house/test_internals.py.

gmqtt publishes before it stores and does not return the packet identifier, so an event could be lost or sent twice. It
does not offer what exactly-once delivery needs: packing a PUBLISH, and reusing its identifier after a restart.
"""

import asyncio

from gmqtt import Client, Message
from gmqtt.mqtt.constants import MQTTCommands
from gmqtt.mqtt.handler import MQTTConnectError
from gmqtt.mqtt.package import CommandWithMidPacket, PublishPacket

PINNED = "0.8.0"


def transport(client: Client) -> asyncio.Transport | None:
    """The transport of the current or last connection."""
    connection = client._connection
    return None if connection is None else connection._transport


def packed(client: Client, message: Message) -> tuple[int, bytes]:
    """A PUBLISH with the next packet identifier, and that identifier."""
    packet_id, packet = PublishPacket.build_package(message, client._connection._protocol)
    return packet_id, bytes(packet)


def send_packet(client: Client, packet: bytes) -> None:
    client._connection.send_package(packet)


def unsubscribe(client: Client, topic: str) -> None:
    """gmqtt's own ``unsubscribe`` counts characters, the protocol counts bytes."""
    client._connection.unsubscribe([topic.encode()])


def stop_using(client: Client) -> None:
    """Stop gmqtt from reconnecting and from waiting for answers."""
    client._is_active = False


def connack_properties(client: Client) -> dict[str, list[int]]:
    """The broker's CONNACK properties; gmqtt's public ones are mixed with those of our CONNECT."""
    properties: dict[str, list[int]] = client._package_handler._connack_properties
    return properties


def reason_code(error: MQTTConnectError) -> int:
    return int(error._code)


def reserve(client: Client, packet_id: int) -> None:
    """Mark this packet identifier as in use."""
    client._package_handler.id_generator._used_ids.add(packet_id)


def pubrel(packet_id: int, version: int) -> bytes:
    return bytes(CommandWithMidPacket.build_package(MQTTCommands.PUBREL | 2, packet_id, False, proto_ver=version))


def duplicate(message: Message, packet_id: int, version: int) -> bytes:
    """A PUBLISH that was sent before, with the packet identifier it had."""
    message.dup = True
    _, packet = PublishPacket.build_package(message, _Numbered(packet_id, version))
    return bytes(packet)


class _Numbered:
    """Enough of gmqtt's protocol object to pack a PUBLISH with a packet identifier that is already given."""

    def __init__(self, packet_id: int, version: int) -> None:
        self.proto_ver = version
        self.id_generator = self
        self.next_id = lambda: packet_id
