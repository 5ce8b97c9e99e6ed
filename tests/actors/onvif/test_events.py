"""Who is told what is detected: by pull points and webhooks, with Home Assistant's own client and parsers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import onvif_parsers
import pytest
from aiohttp import web

from actors.onvif import webhook_delivery
from config.boot import Boot
from models.messages.onvif import GetOnvif
from models.onvif.limits import SUBSCRIPTIONS_MAX
from tests.actors.onvif.onvif_kit import House, envelope, gathered, house, token
from tests.ports import free_port

TEN_MINUTES = timedelta(minutes=10)
SENSORS = {  # the switch: the sensors that Home Assistant makes of it
    "motion": {
        ("tns1:RuleEngine/CellMotionDetector/Motion_VideoSourceToken_detection_Motion", "Cell Motion Detection"),
        ("tns1:VideoSource/MotionAlarm_video_source", "Motion Alarm"),
    },
    "person": {("tns1:RuleEngine/MyRuleDetector/PeopleDetect_video_source", "Person Detection")},
    "dog": {("tns1:RuleEngine/MyRuleDetector/DogCatDetect_video_source", "Pet Detection")},
    "sound": {("tns1:AudioAnalytics/Audio/DetectedSound_audio_source_configuration_detection_Sound", "Detected Sound")},
    "dog_bark": {
        ("tns1:AudioAnalytics/Audio/DetectedSound_audio_source_configuration_detection_Bark", "Detected Sound")
    },
    "doorbell": {
        ("tns1:AudioAnalytics/Audio/DetectedSound_audio_source_configuration_detection_Doorbell", "Detected Sound")
    },
    "car": {("tns1:RuleEngine/MyRuleDetector/VehicleDetect_video_source", "Vehicle Detection")},
    "bird": {
        ("tns1:RuleEngine/FieldDetector/ObjectsInside_VideoSourceToken_detection_Bird", "Field Detection"),
    },
    "baby_cry": {
        ("tns1:AudioAnalytics/Audio/DetectedSound_audio_source_configuration_detection_Cry", "Detected Sound")
    },
}
AT_FIRST = set().union(*(names for switch, names in SENSORS.items() if switch not in ("doorbell", "car", "bird")))
PULL = {"MessageLimit": 100, "Timeout": timedelta(seconds=20)}


async def sensors(messages: Any) -> dict[tuple[str, str], bool]:
    """As Home Assistant's parsers read them."""
    found = {}
    for message in messages:
        for entity in await onvif_parsers.parse(message.Topic._value_1, "uid", message):
            assert entity.platform == "binary_sensor"
            found[entity.uid.removeprefix("uid_"), entity.name] = entity.value
    return found


@pytest.fixture
async def here(boot: Boot) -> AsyncIterator[House]:
    async with house(boot) as made:
        yield made


@contextlib.asynccontextmanager
async def pull_point(here: House) -> AsyncIterator[Any]:
    async with here.client() as camera:
        manager = await camera.create_pullpoint_manager(TEN_MINUTES, lambda: None)
        yield manager.get_service()
        await manager.shutdown()


async def test_each_sensor_at_first_and_at_each_change(here: House) -> None:
    async with pull_point(here) as service:
        first = await service.PullMessages(PULL)
        assert await sensors(first.NotificationMessage) == dict.fromkeys(AT_FIRST, False)
        operations = {message.Message._value_1.PropertyOperation for message in first.NotificationMessage}
        assert operations == {"Initialized"}
        here.detect(doorbell=False, car=False, bird=False)
        waiting = {"car", "doorbell", "bird"}
        while waiting:  # they are there from now on
            news = await sensors((await service.PullMessages(PULL)).NotificationMessage)
            waiting -= {switch for switch in waiting if not SENSORS[switch].isdisjoint(news)}
        for switch, names in SENSORS.items():
            for state in (True, False):
                waiting = asyncio.ensure_future(service.PullMessages(PULL))
                here.detect(**{switch: state})
                told = (await waiting).NotificationMessage
                assert await sensors(told) == dict.fromkeys(names, state)
                assert {message.Message._value_1.PropertyOperation for message in told} == {"Changed"}


async def test_pulling_waits_no_longer_than_it_asks(here: House) -> None:
    async with pull_point(here) as service:
        await service.PullMessages(PULL)
        nothing = await service.PullMessages({"MessageLimit": 1, "Timeout": timedelta(milliseconds=50)})
        assert nothing.NotificationMessage == []
        assert nothing.TerminationTime > nothing.CurrentTime
        await service.SetSynchronizationPoint()
        assert len((await service.PullMessages({**PULL, "MessageLimit": 3})).NotificationMessage) == 3


async def test_24_subscribers_hear_of_it(here: House) -> None:
    async with contextlib.AsyncExitStack() as stack:
        services = [await stack.enter_async_context(pull_point(here)) for _ in range(24)]
        await gathered(*(service.PullMessages(PULL) for service in services))
        waiting = [asyncio.ensure_future(service.PullMessages(PULL)) for service in services]
        here.detect(person=True)
        for told in await gathered(*waiting):
            assert await sensors(told.NotificationMessage) == dict.fromkeys(SENSORS["person"], True)
        assert len((await here.kit.ask(GetOnvif())).subscribers) == 24
    assert (await here.kit.ask(GetOnvif())).subscribers == ()


async def test_one_subscription_too_many_is_a_fault(here: House) -> None:
    create = "<tev:CreatePullPointSubscription/>"
    answers = [await here.post(envelope(create, token())) for _ in range(SUBSCRIPTIONS_MAX + 1)]
    assert [status for status, _, _ in answers] == [200] * SUBSCRIPTIONS_MAX + [500]
    assert b"SubscribeCreationFailedFault" in answers[-1][1]


@pytest.mark.parametrize(
    ("wanted", "topics"),
    [
        ("tns1:RuleEngine//.", 3),
        ("tns1:VideoSource/MotionAlarm|tns1:AudioAnalytics/Audio/DetectedSound", 4),
        ("tns1:PTZController//.", 0),
    ],
)
async def test_only_the_topics_that_are_asked_for(here: House, wanted: str, topics: int) -> None:
    dialect = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
    topic = f'<wsnt:TopicExpression Dialect="{dialect}">{wanted}</wsnt:TopicExpression>'
    create = f"<tev:CreatePullPointSubscription><tev:Filter>{topic}</tev:Filter></tev:CreatePullPointSubscription>"
    status, body, _ = await here.post(envelope(create, token()))
    if not topics:
        assert (status, b"TopicNotSupportedFault" in body) == (400, True)
        return
    path = body.partition(b"<wsa:Address>http://")[2].partition(b"<")[0].partition(b"/")[2].decode()
    pull = "<tev:PullMessages><tev:Timeout>PT1S</tev:Timeout><tev:MessageLimit>50</tev:MessageLimit></tev:PullMessages>"
    _, body, _ = await here.post(envelope(pull, token()), f"/{path}")
    assert body.count(b"<wsnt:NotificationMessage>") == topics


# ---------------------------------------------------------------- webhooks
class Webhook:
    """A subscriber's own server."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.bodies = status, asyncio.Queue[bytes]()
        self.calls = 0

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/api/webhook/x", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}/api/webhook/x"
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.calls += 1
        await self.bodies.put(await request.read())
        return web.Response(status=self.status)


async def test_a_webhook_is_told(here: House) -> None:
    webhook = Webhook()
    async with webhook.serve() as address, here.client() as camera:
        manager = await camera.create_notification_manager(address, TEN_MINUTES, lambda: None)
        await manager.set_synchronization_point()
        first = manager.process(await webhook.bodies.get())
        assert await sensors(first.NotificationMessage) == dict.fromkeys(AT_FIRST, False)
        here.detect(dog_bark=True)
        told: dict[tuple[str, str], bool] = {}
        while True not in told.values():
            told = await sensors(manager.process(await webhook.bodies.get()).NotificationMessage)
        assert set(told) >= SENSORS["dog_bark"]
        [subscriber] = (await here.kit.ask(GetOnvif())).subscribers
        assert (subscriber.client, subscriber.kind) == ("127.0.0.1", "webhook")
        await manager._call_subscription_renew()
        await manager.shutdown()
        assert (await here.kit.ask(GetOnvif())).subscribers == ()


async def test_a_webhook_that_takes_nothing_is_given_up(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_delivery, "NOTIFY_PAUSE_S", 0.0)
    webhook = Webhook(status=500)
    async with webhook.serve() as address, here.client() as camera:
        manager = await camera.create_notification_manager(address, TEN_MINUTES, lambda: None)
        subscriptions = here.kit.actor.subscriptions
        state = False
        while len(subscriptions):
            seen, state = webhook.calls, not state
            here.detect(motion=state)
            await here.kit.until(lambda seen=seen: webhook.calls > seen or not len(subscriptions))
        assert webhook.calls == webhook_delivery.NOTIFY_TRIES * webhook_delivery.NOTIFY_FAILURES
        manager.pause()


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("http://192.0.2.1:8123/api/webhook/1", True),
        ("https://homeassistant.local:8123/api/webhook/1", True),
        ("http://127.0.0.1:9/", False),
        ("http://[::1]:9/", False),
        ("http://[::ffff:127.0.0.1]/", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://0.0.0.0/", False),
        ("http://224.0.0.1/", False),
        ("http://user:password@192.0.2.1/", False),
        ("ftp://192.0.2.1/", False),
        ("file:///etc/passwd", False),
        ("http:///", False),
        ("http://192.0.2.1:99999/", False),
        ("", False),
    ],
)
async def test_where_a_webhook_of_another_device_may_be(here: House, address: str, taken: bool) -> None:
    refused = webhook_delivery.Fault
    if taken:
        return here.kit.actor.check_webhook(address, "192.0.2.9")
    with pytest.raises(refused):
        here.kit.actor.check_webhook(address, "192.0.2.9")


async def test_a_name_that_means_this_device_is_not_called() -> None:
    with pytest.raises(OSError, match="not another device"):
        await webhook_delivery._Elsewhere().resolve("localhost", 80)
