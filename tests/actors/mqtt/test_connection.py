"""The actor and a real broker: what is there after connecting, losing, moving and leaving."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable

import pytest

from models.messages.facade import PortsView
from models.messages.mqtt import MqttView
from models.mqtt import limits
from tests.actors.mqtt.broker import Broker, Listener
from tests.actors.mqtt.inprocess import Kit, motion
from tests.actors.mqtt.proxy import Proxy

Start = Callable[..., Awaitable[Kit]]
Listen = Callable[..., Listener]


async def everything(actor: Kit, broker: Broker) -> dict[str, str]:
    """What is retained, once the device has been announced."""
    await actor.connected()
    await actor.until(lambda: broker.retained("+/status/online") or None)
    return broker.retained()


async def test_after_connecting_everything_retained_is_there(broker: Broker, start: Start) -> None:
    actor = await start(broker)
    shown = await everything(actor, broker)
    assert shown["ipcamera/status/online"] == "online"
    assert shown["ipcamera/state/motion"] == "OFF"
    assert json.loads(shown["ipcamera/state/settings"])["motionSensitivity"] == 5
    assert json.loads(shown["ipcamera/status/device"])["deviceId"] == "3f9a1c"
    assert json.loads(shown["homeassistant/device/ipcam_3f9a1c/config"])["origin"]["name"] == "IP Camera"


async def test_a_clean_stop_says_offline_and_a_kill_leaves_the_will(
    broker: Broker, start: Start, listen: Listen
) -> None:
    watcher = listen(broker, "ipcamera/status/online")
    first = await start(broker)
    await everything(first, broker)
    await first.stop()
    await first.until(lambda: watcher.payloads("ipcamera/status/online")[-1] == "offline")
    await first.start()
    await everything(first, broker)
    await first.kill()
    await first.until(lambda: watcher.payloads("ipcamera/status/online")[-1] == "offline")
    assert broker.retained("ipcamera/status/online") == {"ipcamera/status/online": "offline"}


async def test_an_older_broker_is_spoken_to_in_3_1_1(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/events/motion")
    proxy = await Proxy(broker.port, old=True).start()
    actor = await start(broker, mqttPort=proxy.port)
    assert (await everything(actor, broker))["ipcamera/status/online"] == "online"
    assert proxy.versions == [5, 4]
    actor.happen(motion(1))
    await actor.until(lambda: len(listener.heard) == 1)
    await proxy.stop()


async def test_a_broker_without_qos_2_gets_events_with_qos_1(
    make_broker: Callable[..., Broker], start: Start, listen: Listen
) -> None:
    broker = make_broker(extra=("max_qos 1",))
    listener = listen(broker, "ipcamera/events/motion")
    actor = await start(broker)
    await actor.connected()
    for number in range(1, 21):
        actor.happen(motion(number))
    await actor.until(lambda: len(listener.heard) == 20)
    assert actor.actor._connection_loop._broker.qos == 1


async def test_a_restarted_broker_is_found_again(broker: Broker, start: Start) -> None:
    actor = await start(broker)
    await everything(actor, broker)
    broker.stop(signal.SIGKILL)
    await actor.until(lambda: not actor.actor._connection_loop.connected)
    assert actor.shown.last_error
    broker.start()
    assert (await everything(actor, broker))["ipcamera/status/online"] == "online"


async def test_no_broker_is_said_and_tried_again(start: Start, broker: Broker) -> None:
    broker.stop()
    actor = await start(broker)
    await actor.until(lambda: actor.shown.last_error == "Connection refused")
    assert not actor.shown.connected


@pytest.mark.parametrize("host", ["a" * 70 + ".lan", "no-such-host.invalid", "."])
async def test_a_name_that_is_none_is_said(start: Start, host: str) -> None:
    actor = await start(mqttEnabled=True, mqttBrokerUrl=host)
    await actor.until(lambda: actor.shown.last_error)
    assert actor.shown.last_error in ("Host not found", "Timed out")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\x02\x00\x03",
        b"\x20\x03\x00\x88\x00",
        b"\x20\x7f" + bytes(range(127)),
        b"\xff\xff\xff\xff\xff\xff",
        b"\x20\x03\x00\x00\x00" + b"\x30\x05\x00\x09abc" + bytes(200),
        b"\x20\x03\x00\x00\x00" + b"\x62\x00\x50\x02\xff\xff\x90\x00\x40\x00",
        b"",
    ],
)
async def test_a_broker_that_talks_nonsense_is_survived(
    start: Start, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.mqtt.connection_loop.retry_after", lambda failures, chance: 0.05)
    monkeypatch.setattr(limits, "CONNECT_S", 0.3)
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.write(answer)
        await asyncio.sleep(0.1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    actor = await start(mqttEnabled=True, mqttBrokerUrl="127.0.0.1", mqttPort=server.sockets[0].getsockname()[1])
    await actor.until(lambda: len(heard) >= 6)
    assert any(view.last_error for view in actor.of(MqttView))
    server.close()


async def test_another_prefix_leaves_nothing_behind(broker: Broker, start: Start, listen: Listen) -> None:
    watcher = listen(broker, "ipcamera/status/online")
    actor = await start(broker)
    await everything(actor, broker)
    actor.settle(mqttTopicPrefix="garden/cam")
    await actor.until(lambda: "garden/cam/status/online" in broker.retained())
    await actor.until(lambda: not broker.retained("ipcamera/#"))
    assert "offline" in watcher.payloads("ipcamera/status/online")
    config = json.loads(broker.retained("homeassistant/#")["homeassistant/device/ipcam_3f9a1c/config"])
    assert config["availability"] == [{"topic": "garden/cam/status/online"}]


async def test_discovery_can_be_taken_away(broker: Broker, start: Start) -> None:
    actor = await start(broker)
    await everything(actor, broker)
    actor.settle(mqttDiscoveryEnabled=False)
    await actor.until(lambda: not broker.retained("homeassistant/#"))


async def test_home_assistants_birth_brings_everything_again(broker: Broker, start: Start, listen: Listen) -> None:
    actor = await start(broker)
    await everything(actor, broker)
    watcher = listen(broker, "homeassistant/device/+/config", "ipcamera/state/motion")
    await actor.until(lambda: len(watcher.heard) == 2)
    broker.publish("homeassistant/status", "online")
    await actor.until(lambda: len(watcher.heard) == 4)


async def test_a_second_camera_on_the_prefix_is_noticed_by_both(broker: Broker, start: Start) -> None:
    first = await start(broker)
    await everything(first, broker)
    second = await start(broker, "other", mqttClientId="ipcamera-other")
    second.actor._facts.device_id = "abcdef"
    second.actor._connection_loop.renew()
    await first.until(lambda: "abcdef" in first.shown.last_error)
    await second.until(lambda: "3f9a1c" in second.shown.last_error)
    assert first.shown.connected


async def test_the_same_client_id_twice_is_named(broker: Broker, start: Start) -> None:
    first = await start(broker)
    await everything(first, broker)
    second = await start(broker, "other")
    await first.until(
        lambda: any("same client ID" in view.last_error for kit in (first, second) for view in kit.of(MqttView))
    )


async def test_free_means_disconnected(broker: Broker, start: Start) -> None:
    actor = await start(broker, pro=False)
    await asyncio.sleep(0.3)
    assert (actor.shown.enabled, actor.shown.connected) == (False, False)
    actor.happen(motion(1))
    assert not broker.retained()


async def test_not_enabled_and_no_broker_are_quiet(start: Start) -> None:
    actor = await start(mqttEnabled=True)
    await actor.until(lambda: actor.shown.last_error == "No broker is set")


@pytest.mark.parametrize("password", ["wrong", "secret"])
async def test_a_broker_with_passwords(make_broker: Callable[..., Broker], start: Start, password: str) -> None:
    broker = make_broker(users={"anna": "secret"})
    actor = await start(broker, credentials=("anna", password))
    if password == "secret":
        assert (await everything(actor, broker))["ipcamera/status/online"] == "online"
        return
    await actor.until(lambda: actor.shown.last_error)
    assert actor.shown.last_error in ("Not authorized", "Wrong user name or password")
    assert password not in str(actor.of(MqttView))


async def test_what_becomes_known_later_is_announced(broker: Broker, start: Start) -> None:
    actor = await start(broker)
    await everything(actor, broker)
    actor.state(PortsView(8443, 8080), "facade")
    await actor.until(lambda: ":8443/" in str(broker.retained("homeassistant/#")))
