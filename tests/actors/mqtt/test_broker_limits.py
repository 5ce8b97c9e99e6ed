"""Brokers that do not take everything: the rest works, and it is said what is left out."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from actors.mqtt.pictures import NO_EVENT
from tests.actors.mqtt.broker import Broker, Listener
from tests.actors.mqtt.inprocess import Kit, motion
from tests.actors.mqtt.proxy import Proxy
from tests.actors.mqtt.test_pictures import RUNNING, jpeg_ring

Start = Callable[..., Awaitable[Kit]]
Listen = Callable[..., Listener]
MakeBroker = Callable[..., Broker]
LARGE = b"\xff\xd8" + b"p" * 9000


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.mqtt.connection_loop.retry_after", lambda failures, chance: 0.05)


def said(actor: Kit) -> str:
    return actor.shown.last_error


async def events_arrive(actor: Kit, listener: Listener, number: int) -> None:
    actor.happen(motion(number))
    await actor.until(lambda: len(listener.payloads("ipcamera/events/motion")) == 1, 60)


async def test_a_broker_that_says_how_much_it_takes(make_broker: MakeBroker, start: Start, listen: Listen) -> None:
    broker = make_broker(extra=("max_packet_size 8000",))
    listener = listen(broker, "ipcamera/#")
    actor = await start(broker, camera=RUNNING)
    ring = jpeg_ring(actor)
    await actor.connected()

    def left_out() -> Any:
        ring.put(LARGE, time.monotonic_ns(), time.time_ns())
        return "ipcamera/image/live" in said(actor)

    await actor.until(left_out)
    await events_arrive(actor, listener, 1)
    assert said(actor).startswith("The broker accepts at most 8000 bytes: too large for it: ")
    assert "homeassistant/device/ipcam_3f9a1c/config" in said(actor)
    assert "ipcamera/image/live" not in listener.topics()
    assert listener.payloads("ipcamera/status/online") == ["online"], "one connection"


async def test_a_broker_that_does_not_say_it_and_hangs_up(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/#")
    proxy = await Proxy(broker.port, old=True, refuses=b"p" * 500).start()
    actor = await start(broker, mqttPort=proxy.port, camera=RUNNING)
    ring = jpeg_ring(actor)

    def left_out() -> Any:
        ring.put(LARGE, time.monotonic_ns(), time.time_ns())
        return actor.actor._connection_loop.connected and "when it receives ipcamera/image/live" in said(actor)

    await actor.until(left_out, 60)
    await events_arrive(actor, listener, 1)  # its picture is as large, and found out in the same way
    assert "ipcamera/image/live" not in listener.topics()
    await proxy.stop()


@pytest.mark.parametrize("old", [False, True], ids=["5.0", "3.1.1"])
async def test_a_broker_without_qos_2_gets_events_with_qos_1(
    make_broker: MakeBroker, start: Start, listen: Listen, old: bool
) -> None:
    broker = make_broker(extra=("max_qos 1",))
    listener = listen(broker, "ipcamera/events/motion")
    proxy = await Proxy(broker.port, old=old).start()
    actor = await start(broker, mqttPort=proxy.port)
    await actor.connected()
    await events_arrive(actor, listener, 1)
    assert proxy.versions == ([5, 4] * 3 if old else [5]), "3.1.1: the event ends two connections, then it arrives"
    await proxy.stop()


async def test_a_broker_without_qos_1(make_broker: MakeBroker, start: Start, listen: Listen) -> None:
    broker = make_broker(extra=("max_qos 0",))
    actor = await start(broker)
    await actor.connected()
    listener = listen(broker, "ipcamera/#")
    await events_arrive(actor, listener, 1)
    assert broker.retained("ipcamera/status/online") == {"ipcamera/status/online": "online"}


async def test_a_broker_that_keeps_nothing(make_broker: MakeBroker, start: Start, listen: Listen) -> None:
    broker = make_broker(extra=("retain_available false",))
    listener = listen(broker, "ipcamera/#")
    actor = await start(broker)
    await actor.connected()
    await events_arrive(actor, listener, 1)
    assert listener.payloads("ipcamera/status/online") == ["online"]
    assert said(actor).startswith("The broker keeps no retained messages")


async def test_access_rules_that_cut_the_connection(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/#")
    proxy = await Proxy(broker.port, refuses=b"homeassistant/device/ipcam_3f9a1c/config").start()
    actor = await start(broker, mqttPort=proxy.port)
    sent = "when it receives homeassistant/device/ipcam_3f9a1c/config: omitted for now"
    await actor.until(lambda: actor.actor._connection_loop.connected and sent in said(actor), 60)
    connections = proxy.connections
    await events_arrive(actor, listener, 1)
    await actor.until(lambda: "online" in listener.payloads("ipcamera/status/online"))
    assert proxy.connections == connections
    await proxy.stop()


async def test_before_the_first_event_its_image_says_so(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/image/event")
    first = await start(broker)
    await first.connected()
    await first.until(lambda: listener.heard)
    assert listener.payloads("ipcamera/image/event") == [NO_EVENT.read_bytes().decode(errors="replace")]
