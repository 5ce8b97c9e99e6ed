"""Every event arrives once, in order, whatever dies in between."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from models.mqtt import limits
from tests.actors.mqtt.broker import Broker, Listener
from tests.actors.mqtt.inprocess import Kit, motion
from tests.actors.mqtt.proxy import Proxy

Start = Callable[..., Awaitable[Kit]]
Listen = Callable[..., Listener]
TOPIC = "ipcamera/events/motion"


def ids(listener: Listener) -> list[int]:
    return [json.loads(payload)["eventId"] for payload in listener.payloads(TOPIC)]


async def test_an_event_and_its_trigger(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/events/#")
    actor = await start(broker)
    await actor.connected()
    actor.happen(motion(1))
    await actor.until(lambda: len(listener.heard) == 2)
    assert listener.topics() == [TOPIC, "ipcamera/events/ha"]
    assert not any(retained for _, _, retained in listener.heard)
    assert json.loads(listener.heard[1][1])["event_type"] == "motion"


async def test_a_burst_arrives_in_order(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, TOPIC)
    actor = await start(broker)
    await actor.connected()
    for number in range(1, 201):
        actor.happen(motion(number))
    await actor.until(lambda: len(ids(listener)) >= 200)
    assert ids(listener) == list(range(1, 201))


async def test_events_during_an_outage_arrive_afterwards(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, TOPIC)
    actor = await start(broker)
    await actor.connected()
    actor.happen(motion(1))
    await actor.until(lambda: ids(listener) == [1])
    broker.stop()
    for number in range(2, 52):
        actor.happen(motion(number))
        await asyncio.sleep(0.01)
    await actor.until(lambda: not actor.actor._connection_loop.connected)
    broker.start()
    await actor.until(lambda: len(ids(listener)) >= 51, 30)
    await asyncio.sleep(0.3)
    assert ids(listener) == list(range(1, 52))


async def test_a_broker_killed_in_a_burst(broker: Broker, start: Start, listen: Listen) -> None:
    """mosquitto keeps its sessions on disk only when it ends cleanly: after SIGKILL the last event may come twice."""
    listener = listen(broker, TOPIC)
    actor = await start(broker)
    await actor.connected()
    for number in range(1, 101):
        actor.happen(motion(number))
        if number == 50:
            await actor.until(lambda: len(ids(listener)) > 10)
            broker.stop(signal.SIGTERM)
            await actor.until(lambda: not actor.actor._connection_loop.connected)
            broker.start()
    await actor.until(lambda: len(set(ids(listener))) >= 100, 30)
    assert ids(listener) == list(range(1, 101))


async def test_kills_in_a_burst_lose_and_double_nothing(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, TOPIC)
    actor = await start(broker)
    await actor.connected()
    number = 0
    for life in range(6):
        for _ in range(40):
            number += 1
            actor.happen(motion(number))
        await actor.until(lambda life=life: len(ids(listener)) > life * 20)  # type: ignore[misc]
        await actor.kill()
        for _ in range(5):  # recorded while nobody was there to be told
            number += 1
            actor.history.append(motion(number))
        await actor.start()
    await actor.until(lambda: len(set(ids(listener))) >= number, 30)
    await asyncio.sleep(0.5)
    assert ids(listener) == list(range(1, number + 1))


@pytest.mark.parametrize("old", [False, True], ids=["MQTT 5", "MQTT 3.1.1"])
async def test_a_line_cut_at_any_byte_loses_and_doubles_nothing(
    broker: Broker, start: Start, listen: Listen, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    """Each connection ends after some more bytes from the broker: in the middle of every kind of acknowledgement."""
    monkeypatch.setattr("actors.mqtt.connection_loop.retry_after", lambda failures, chance: 0.01)
    listener = listen(broker, TOPIC)
    proxy = await Proxy(broker.port, old=old, cuts=iter(range(12, 400, 5))).start()
    actor = await start(broker, mqttPort=proxy.port, mqttDiscoveryEnabled=False)
    for number in range(1, 101):
        actor.happen(motion(number))
    await actor.until(lambda: len(set(ids(listener))) >= 100, 60)
    await asyncio.sleep(0.3)
    assert proxy.connections > 10
    assert ids(listener) == list(range(1, 101))
    await proxy.stop()


async def test_what_happened_before_switching_on_is_not_told(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, TOPIC)
    actor = await start(broker, mqttEnabled=False, history=[motion(number) for number in range(1, 10)])
    actor.happen(motion(10))
    actor.settle(mqttEnabled=True)
    await actor.connected()
    actor.happen(motion(11))
    await actor.until(lambda: ids(listener) == [11])


async def test_without_history_events_are_told_all_the_same(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, TOPIC)
    actor = await start(broker)
    await actor.connected()
    for number in (5, 9, 8, 9, 10):
        actor.happen(replace(motion(number), id=0), recorded=False)
    await actor.until(lambda: ids(listener) == [5, 9, 8, 10])


async def test_a_visit_ends_once(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/events/vision/person")
    actor = await start(broker)
    await actor.connected()
    came = motion(3, kind="OBJECT_PERSON")
    gone = replace(came, phase="disappeared")
    for event in (came, gone, gone):
        actor.happen(event, recorded=event is came)
    await actor.until(lambda: len(listener.heard) == 2)
    await asyncio.sleep(0.2)
    assert [json.loads(payload)["eventType"] for _, payload, _ in listener.heard] == ["appeared", "disappeared"]


async def test_the_end_of_a_visit_is_not_missed_by_a_restart(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/events/vision/person")
    earlier = replace(motion(1, kind="OBJECT_PERSON"), metadata={"endTimestamp": 5})
    actor = await start(broker, history=[earlier])
    await actor.connected()
    actor.happen(motion(2, kind="OBJECT_PERSON"))
    await actor.until(lambda: len(listener.heard) == 1)
    await actor.kill()
    actor.history[1] = replace(actor.history[1], metadata={"endTimestamp": 6})
    await actor.start()
    actor.happen(motion(3))
    await actor.until(lambda: len(listener.heard) == 2)
    shown = [json.loads(payload) for _, payload, _ in listener.heard]
    assert [(event["eventId"], event["eventType"]) for event in shown] == [(2, "appeared"), (2, "disappeared")]


async def test_the_end_of_a_long_visit_is_found_behind_many_events(
    broker: Broker, start: Start, listen: Listen
) -> None:
    listener = listen(broker, "ipcamera/events/vision/person")
    actor = await start(broker)
    await actor.connected()
    actor.happen(motion(1, kind="OBJECT_PERSON"))
    await actor.until(lambda: len(listener.heard) == 1)
    await actor.kill()
    actor.history[0] = replace(actor.history[0], metadata={"endTimestamp": 6})
    actor.history += [motion(number) for number in range(2, 302)]
    await actor.start()
    await actor.until(lambda: len(listener.heard) == 2)
    assert json.loads(listener.heard[1][1])["eventType"] == "disappeared"


async def test_a_full_disk_delays_events_and_says_so(
    broker: Broker, start: Start, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DISK_WAIT_S", 0.2)
    listener = listen(broker, TOPIC)
    actor = await start(broker)
    await actor.connected()
    outbox = actor.actor._delivery._outbox
    [[pages]] = await actor.actor._delivery._executor.run(lambda: outbox._db.execute("PRAGMA page_count").fetchall())
    await actor.actor._delivery._executor.run(lambda: outbox._db.execute(f"PRAGMA max_page_count = {pages}").fetchall())
    for number in range(1, 301):
        actor.happen(motion(number))
    await actor.until(lambda: "cannot be stored" in actor.degraded)
    await actor.actor._delivery._executor.run(lambda: outbox._db.execute("PRAGMA max_page_count = 100000").fetchall())
    await actor.until(lambda: len(ids(listener)) >= 300, 60)
    assert ids(listener) == list(range(1, 301))
    assert actor.degraded == ""


async def test_stale_triggers_start_no_automation(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/events/#")
    actor = await start(broker)
    await actor.connected()
    old = motion(1).timestamp - 600_000
    actor.happen(motion(1, old))
    actor.happen(motion(2))
    await actor.until(lambda: len(listener.heard) == 3)
    assert listener.topics() == [TOPIC, TOPIC, "ipcamera/events/ha"]
