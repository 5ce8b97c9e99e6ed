"""Who may change credentials, and where a stored password may go."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from models.errors import Invalid, LimitReached, Refused
from models.messages.mqtt import ApplyMqtt
from models.messages.mqtt import TestMqtt as CheckBroker
from models.messages.settings import Credentials
from tests.actors.mqtt.broker import Broker, free_port
from tests.actors.mqtt.conftest import world_of
from tests.actors.mqtt.inprocess import InProcess, World

Start = Callable[..., Awaitable[InProcess]]
Make = Callable[..., Broker]
REQUIRED = "Current password required for credential changes"
WRONG = "Current password is incorrect"


def stored(**settings: object) -> World:
    world = World(**{"mqttBrokerUrl": "broker.lan", "mqttHasPassword": True, "mqttHasUsername": True, **settings})
    world.credentials = Credentials("anna", "old")
    return world


async def apply(actor: InProcess, current: str | None = None, **values: object) -> None:
    await actor._apply(ApplyMqtt(dict(values), current, "192.0.2.7"))


async def test_first_credentials_need_no_proof(start: Start) -> None:
    world = World()
    await apply(await start(world), mqttBrokerUrl="broker.lan", mqttUsername="anna", mqttPassword="new")
    assert world.credentials == Credentials("anna", "new")
    assert world.stored["mqttBrokerUrl"] == "broker.lan"


@pytest.mark.parametrize(
    "change",
    [
        {"mqttPassword": "new"},
        {"mqttUsername": "bert"},
        {"mqttPassword": ""},
        {"mqttUsername": ""},
        {"mqttBrokerUrl": "evil.example"},
    ],
)
async def test_credentials_and_where_they_go_need_the_password(start: Start, change: dict[str, object]) -> None:
    world = stored()
    before = dict(world.stored)
    actor = await start(world)
    with pytest.raises(Refused, match=REQUIRED):
        await apply(actor, **change)
    with pytest.raises(Refused, match=WRONG):
        await apply(actor, "guess", **change)
    assert (world.credentials, world.stored) == (Credentials("anna", "old"), before)
    await apply(actor, "old", **change)
    assert (world.credentials, world.stored) != (Credentials("anna", "old"), before)


async def test_switching_tls_off_needs_the_password_and_on_does_not(start: Start) -> None:
    actor = await start(stored(mqttUseTls=True))
    with pytest.raises(Refused, match=REQUIRED):
        await apply(actor, mqttUseTls=False)
    other = await start(stored(), "other")
    await apply(other, mqttUseTls=True)


@pytest.mark.parametrize("change", [{"mqttPort": 1884}, {"mqttTopicPrefix": "garden"}, {"mqttPassword": None}])
async def test_everything_else_needs_none(start: Start, change: dict[str, object]) -> None:
    world = stored()
    await apply(await start(world), **change)
    assert world.credentials == Credentials("anna", "old")


async def test_guessing_is_locked_out(start: Start) -> None:
    actor = await start(stored())
    for _ in range(5):
        with pytest.raises(Refused, match=WRONG):
            await apply(actor, "guess", mqttPassword="new")
    with pytest.raises(LimitReached) as caught:
        await apply(actor, "old", mqttPassword="new")
    assert caught.value.fields["lockout"] is True
    await apply(actor, mqttPort=1884)


async def test_mistakes_change_nothing(start: Start) -> None:
    world = stored()
    before = dict(world.stored)
    actor = await start(world)
    with pytest.raises(Invalid) as caught:
        await apply(actor, mqttPort=0, foo=1, motionEnabled=True, mqttUsername=5, mqttHasPassword=True)
    assert caught.value.detail.splitlines() == [
        "mqttPort: Value must be between 1 and 65535",
        "foo: Unknown setting",
        "motionEnabled: Unknown setting",
        "mqttUsername: Expected string",
        "mqttHasPassword: Read-only setting",
    ]
    assert world.stored == before


async def test_a_host_changed_by_another_door_gets_no_password(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "old"})
    world = world_of(broker, mqttHasPassword=True, mqttHasUsername=True)
    world.credentials = Credentials("anna", "old")
    actor = await start(world)
    await actor.connected()
    await actor.settle(mqttBrokerUrl="localhost")
    await actor.until(lambda: "was given for another broker" in actor._view().last_error)
    await apply(actor, "old", mqttBrokerUrl="localhost")
    await actor.connected()


async def test_credentials_given_on_the_device_are_for_the_broker_that_is_set(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "old", "bert": "other"})
    world = world_of(broker, mqttHasPassword=True, mqttHasUsername=True)
    world.credentials = Credentials("anna", "old")
    actor = await start(world)
    await actor.connected()
    await actor.settle(mqttBrokerUrl="localhost")
    await actor.until(lambda: "was given for another broker" in actor._view().last_error)
    world.credentials = Credentials("bert", "other")  # as by `ipcamera settings credentials mqtt`
    actor._session.renew()
    await actor.connected()


async def test_test_of_the_stored_settings(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "old"})
    world = world_of(broker)
    world.credentials = Credentials("anna", "old")
    actor = await start(world)
    await actor.connected()
    result = await actor._test(CheckBroker())
    assert result.success
    assert result.latency_ms > 0
    assert actor._session.connected
    with pytest.raises(LimitReached):
        await actor._test(CheckBroker())


async def test_test_of_other_settings(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "secret"})
    actor = await start(World())
    address = {"mqttBrokerUrl": "127.0.0.1", "mqttPort": broker.port}
    good = await actor._test(CheckBroker({**address, "mqttUsername": "anna", "mqttPassword": "secret"}))
    assert good.success
    await asyncio.sleep(2.05)
    bad = await actor._test(CheckBroker({**address, "mqttUsername": "anna", "mqttPassword": "hunter2"}))
    assert not bad.success
    assert "hunter2" not in bad.error


async def test_test_says_why_not(start: Start) -> None:
    actor = await start(World())
    assert (await actor._test(CheckBroker())).error == "No broker is set"
    await asyncio.sleep(2.05)
    result = await actor._test(CheckBroker({"mqttBrokerUrl": "127.0.0.1", "mqttPort": free_port()}))
    assert result.error == "Connection refused"


async def test_the_stored_password_is_never_sent_to_a_new_host(start: Start) -> None:
    actor = await start(stored())
    with pytest.raises(Refused, match=REQUIRED):
        await actor._test(CheckBroker({"mqttBrokerUrl": "127.0.0.1"}))
