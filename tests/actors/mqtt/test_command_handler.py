"""Commands by MQTT: obeyed only when allowed, answered always."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.errors import LimitReached, Unavailable
from models.messages import Ok
from models.messages.camera import Capture, CaptureView, SetTorch
from models.messages.settings import ChangeSettings
from models.messages.speaker import Speak, SpeakResult
from models.messages.supervisor import RestartActor
from tests.actors.mqtt.broker import Broker, Listener, scenes, shown
from tests.actors.mqtt.inprocess import Kit

Start = Callable[..., Awaitable[Kit]]
Listen = Callable[..., Listener]
RESULT = "ipcamera/control/result"


def results(listener: Listener) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in listener.payloads(RESULT)]


async def ready(start: Start, broker: Broker, **about: Any) -> Kit:
    actor = await start(broker, **{"mqttCommandsEnabled": True, **about})
    await actor.connected()
    await actor.until(lambda: broker.retained("ipcamera/status/online"))
    return actor


async def test_a_switch_in_home_assistant_changes_the_setting_here(
    broker: Broker, start: Start, listen: Listen
) -> None:
    listener = listen(broker, RESULT, "ipcamera/state/settings")
    actor = await ready(start, broker)
    broker.publish("ipcamera/control/setting/motionEnabled/set", "ON")
    await actor.until(lambda: results(listener))
    assert results(listener) == [
        {"topic": "ipcamera/control/setting/motionEnabled/set", "success": True, "error": None}
    ]
    assert actor.stored["motionEnabled"] is True
    await actor.until(lambda: json.loads(listener.payloads("ipcamera/state/settings")[-1])["motionEnabled"])


async def test_rtsp_is_not_switched_on_without_a_login(broker: Broker, start: Start, listen: Listen) -> None:
    """Over MQTT nobody could be told the login that would be made."""
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    broker.publish("ipcamera/control/setting/rtspEnabled/set", "ON")
    await actor.until(lambda: results(listener))
    assert results(listener)[0]["error"] == "RTSP has no login yet: switch it on in the dashboard first"
    assert actor.stored["rtspEnabled"] is False
    actor.settle(rtspUsername="viewer", rtspHasPassword=True)
    broker.publish("ipcamera/control/setting/rtspEnabled/set", "ON")
    await actor.until(lambda: len(results(listener)) == 2)
    assert actor.stored["rtspEnabled"] is True


async def test_the_originals_topics(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    broker.publish("ipcamera/control/vision/person/enabled", '{"enabled":true}')
    broker.publish("ipcamera/control/classification/dog_bark/enabled", "true")
    await actor.until(lambda: len(results(listener)) == 2)
    assert actor.stored["objectPersonDetectionEnabled"] is True
    assert actor.stored["dogBarkClassificationEnabled"] is True


@pytest.mark.parametrize(
    ("topic", "payload", "error"),
    [
        ("setting/motionSensitivity/set", "11", "motionSensitivity: Value must be between 1 and 10"),
        ("setting/mqttBrokerUrl/set", "evil.example", "mqttBrokerUrl: Unknown setting"),
        ("setting/reverseProxyEnabled/set", "true", "reverseProxyEnabled: Unknown setting"),
        ("setting/authEnabled/set", "false", "authEnabled: Unknown setting"),
        ("nonsense", "1", "Unknown command"),
        ("restart", "settings", "settings: Cannot be restarted"),
        ("capture", "PRESS", "camera does not answer that"),
    ],
)
async def test_what_is_not_obeyed_is_answered(
    broker: Broker, start: Start, listen: Listen, topic: str, payload: str, error: str
) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    before = dict(actor.stored)
    broker.publish(f"ipcamera/control/{topic}", payload)
    await actor.until(lambda: results(listener))
    assert results(listener) == [{"topic": f"ipcamera/control/{topic}", "success": False, "error": error}]
    assert actor.stored == before


async def test_commands_switched_off_are_not_even_heard(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker, mqttCommandsEnabled=False)
    broker.publish("ipcamera/control/setting/motionEnabled/set", "ON")
    actor.settle(mqttCommandsEnabled=True)
    await actor.until(lambda: "switch" in broker.retained("homeassistant/#").popitem()[1])
    broker.publish("ipcamera/control/setting/motionSensitivity/set", "7")
    await actor.until(lambda: results(listener))
    assert len(results(listener)) == 1
    assert actor.stored["motionEnabled"] is False


async def test_retained_and_missed_commands_do_not_come_true_later(
    broker: Broker, start: Start, listen: Listen
) -> None:
    actor = await ready(start, broker)
    await actor.kill()
    broker.publish("ipcamera/control/setting/motionEnabled/set", "ON")
    broker.publish("ipcamera/control/setting/soundEnabled/set", "ON", "-r")
    listener = listen(broker, RESULT)
    await actor.start()
    await actor.until(lambda: results(listener))
    assert [result["error"] for result in results(listener)] == ["Retained commands are not accepted"]
    assert (actor.stored["motionEnabled"], actor.stored["soundEnabled"]) == (False, False)


async def test_a_scene_that_sets_everything_is_carried_out(broker: Broker, start: Start, listen: Listen) -> None:
    """Home Assistant sets every entity that it was told of, at once."""
    listener = listen(broker, RESULT)
    actor = await ready(start, broker, rtspUsername="viewer", rtspHasPassword=True)
    announced = json.loads(broker.retained("homeassistant/#").popitem()[1])["components"]
    scene = {c["command_topic"]: other(c, actor.stored) for c in announced.values() if "/setting/" in str(c)}
    assert len(scene) >= 25
    await scenes(broker, scene)
    await actor.until(lambda: len(results(listener)) == len(scene), 30)
    assert [result["topic"] for result in results(listener) if not result["success"]] == []
    for topic, payload in scene.items():
        assert str(actor.stored[topic.split("/")[3]]).lower() == {"ON": "true", "OFF": "false"}.get(payload, payload)
    await actor.until(lambda: shown(broker) == {key: actor.stored[key] for key in shown(broker)})


async def test_in_a_flood_the_newest_wins(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    broker.flood("ipcamera/control/setting/motionSensitivity/set", ["3", "4"] * 500 + ["9"])
    await actor.until(lambda: actor.stored["motionSensitivity"] == 9, 30)
    await actor.until(lambda: not len(actor.actor._connection_tasks._commands._waiting))
    carried_out = [m for _, m in actor.asked if isinstance(m, ChangeSettings)]
    await actor.until(lambda: len(results(listener)) >= len(carried_out))
    assert len(results(listener)) < 1001
    assert carried_out[-1].values == {"motionSensitivity": 9}


async def test_more_topics_than_may_wait_are_refused(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    await scenes(broker, {f"ipcamera/control/nonsense/{n}": "1" for n in range(400)})
    await actor.until(lambda: [r for r in results(listener) if r["error"] == "Too many commands are waiting"], 30)


async def test_what_is_refused_is_seen_at_once(broker: Broker, start: Start, listen: Listen) -> None:
    """Who shows what it asked for (Home Assistant's page) hears how it is."""
    listener = listen(broker, RESULT, "ipcamera/state/settings")
    actor = await ready(start, broker)
    before = len(listener.payloads("ipcamera/state/settings"))
    broker.publish("ipcamera/control/setting/motionSensitivity/set", "11")
    await actor.until(lambda: results(listener) and len(listener.payloads("ipcamera/state/settings")) > before)
    assert json.loads(listener.payloads("ipcamera/state/settings")[-1])["motionSensitivity"] == 5


def other(component: dict[str, Any], stored: dict[str, Any]) -> str:
    """A value for this entity that it has not got yet."""
    present = stored[component["command_topic"].split("/")[3]]
    match component["platform"]:
        case "switch":
            return "OFF" if present else "ON"
        case "number":
            return str(component["max"] if present != component["max"] else component["min"])
    return next((option for option in component["options"] if option != str(present)), str(present))


async def test_actions_reach_their_actors(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    answers = {
        SetTorch: True,
        Capture: CaptureView("c1", "", 1, 1, 0, 0),
        RestartActor: Ok(),
        Speak: SpeakResult(900),
    }
    actor.answers |= answers
    commands = {"streaming/set": "OFF", "torch": "", "capture": "PRESS", "restart": "PRESS", "tts": "Dinner is ready"}
    for topic, payload in commands.items():
        broker.publish(f"ipcamera/control/{topic}", payload)
    await actor.until(lambda: len(results(listener)) == len(commands))
    assert all(result["success"] for result in results(listener))
    asked = [(to, message) for to, message in actor.asked if type(message) in (*answers, ChangeSettings)]
    assert asked == [
        ("settings", ChangeSettings({"streaming": False}, "mqtt", internal=True)),
        ("camera", SetTorch(None)),
        ("settings", ChangeSettings({"torchEnabled": True}, "mqtt", internal=True)),
        ("camera", Capture()),
        ("supervisor", RestartActor("camera")),
        ("speaker", Speak("Dinner is ready")),
    ]


@pytest.mark.parametrize("error", [LimitReached("Too soon"), Unavailable("Torch not available")])
async def test_the_reason_of_an_actor_is_passed_on(
    broker: Broker, start: Start, listen: Listen, error: Exception
) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    actor.answers[SetTorch] = error
    broker.publish("ipcamera/control/torch", "ON")
    await actor.until(lambda: results(listener))
    assert results(listener)[0]["error"] == str(error)


async def test_what_is_too_long_for_us_is_not_even_looked_at(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, RESULT)
    actor = await ready(start, broker)
    broker.publish(f"ipcamera/control/{'a-' * 15_000}", "x")
    broker.publish("ipcamera/control/tts", "x" * 100_000)
    broker.publish("ipcamera/status/device", "[" * 60_000, "-r")  # not ours, and nested too deep
    broker.publish("ipcamera/control/capture", "PRESS")
    await actor.until(lambda: results(listener))
    assert [result["topic"] for result in results(listener)] == ["ipcamera/control/capture"]
