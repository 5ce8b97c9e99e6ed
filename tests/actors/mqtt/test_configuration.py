"""Who may change credentials, and where a stored password may go."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.errors import Invalid, LimitReached, Refused, Unavailable
from models.messages.mqtt import ApplyMqtt
from models.messages.mqtt import TestMqtt as CheckBroker
from models.messages.settings import ChangeSettings, Credentials, SetCredentials
from models.mqtt import limits
from tests.actor_kit import WAIT_S
from tests.actors.mqtt.broker import Broker
from tests.actors.mqtt.inprocess import Kit
from tests.actors.mqtt.proxy import Proxy
from tests.ports import free_port

Start = Callable[..., Awaitable[Kit]]
Make = Callable[..., Broker]
REQUIRED = "Current password required for credential changes"
WRONG = "Current password is incorrect"


STORED: dict[str, Any] = {"mqttBrokerUrl": "broker.lan", "credentials": ("anna", "old")}


async def apply(actor: Kit, current: str | None = None, **values: object) -> None:
    await actor.ask(ApplyMqtt(dict(values), current, "192.0.2.7"))


async def test_first_credentials_need_no_proof(start: Start) -> None:
    actor = await start()
    await apply(actor, mqttBrokerUrl="broker.lan", mqttUsername="anna", mqttPassword="new")
    assert actor.credentials["mqtt"] == Credentials("anna", "new")
    assert actor.stored["mqttBrokerUrl"] == "broker.lan"


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
    actor = await start(**STORED)
    before = dict(actor.stored)
    with pytest.raises(Refused, match=REQUIRED):
        await apply(actor, **change)
    with pytest.raises(Refused, match=WRONG):
        await apply(actor, "guess", **change)
    assert (actor.credentials["mqtt"], actor.stored) == (Credentials("anna", "old"), before)
    await apply(actor, "old", **change)
    assert (actor.credentials["mqtt"], actor.stored) != (Credentials("anna", "old"), before)


async def test_switching_tls_off_needs_the_password_and_on_does_not(start: Start) -> None:
    actor = await start(mqttUseTls=True, **STORED)
    with pytest.raises(Refused, match=REQUIRED):
        await apply(actor, mqttUseTls=False)
    other = await start(folder="other", **STORED)
    await apply(other, mqttUseTls=True)


@pytest.mark.parametrize("change", [{"mqttPort": 1884}, {"mqttTopicPrefix": "garden"}, {"mqttPassword": None}])
async def test_everything_else_needs_none(start: Start, change: dict[str, object]) -> None:
    actor = await start(**STORED)
    await apply(actor, **change)
    assert actor.credentials["mqtt"] == Credentials("anna", "old")


async def test_guessing_is_locked_out(start: Start) -> None:
    actor = await start(**STORED)
    for _ in range(5):
        with pytest.raises(Refused, match=WRONG):
            await apply(actor, "guess", mqttPassword="new")
    with pytest.raises(LimitReached) as caught:
        await apply(actor, "old", mqttPassword="new")
    assert caught.value.fields["lockout"] is True
    await apply(actor, mqttPort=1884)


async def test_mistakes_change_nothing(start: Start) -> None:
    actor = await start(**STORED)
    before = dict(actor.stored)
    with pytest.raises(Invalid) as caught:
        await apply(actor, mqttPort=0, foo=1, motionEnabled=True, mqttUsername=5, mqttHasPassword=True)
    assert caught.value.detail.splitlines() == [
        "mqttPort: Value must be between 1 and 65535",
        "foo: Unknown setting",
        "motionEnabled: Unknown setting",
        "mqttUsername: Expected string",
        "mqttHasPassword: Read-only setting",
    ]
    assert actor.stored == before


async def test_a_host_changed_by_another_door_gets_no_password(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "old"})
    actor = await start(broker, credentials=("anna", "old"))
    await actor.connected()
    actor.settle(mqttBrokerUrl="localhost")
    await actor.until(lambda: "was set for another broker" in actor.shown.last_error)
    await apply(actor, "old", mqttBrokerUrl="localhost")
    await actor.connected()


async def test_what_is_applied_is_used_at_once(broker: Broker, make_broker: Make, start: Start) -> None:
    proxy, other = await Proxy(broker.port).start(), make_broker()
    actor = await start(mqttEnabled=True, mqttBrokerUrl="127.0.0.1", mqttPort=proxy.port)
    await actor.connected()
    applied = await actor.ask(ApplyMqtt({"mqttPort": other.port}))
    assert applied.port == other.port
    await actor.until(lambda: other.retained("+/status/online"))
    assert proxy.connections == 1
    await proxy.stop()


async def test_killed_while_a_new_host_was_stored_it_keeps_the_owners_word(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "old"})
    actor = await start(broker, credentials=("anna", "old"))
    await actor.connected()
    between = asyncio.Event()

    async def killed(*_: object) -> None:
        between.set()
        await asyncio.Event().wait()

    actor.actor._persistent.set_trust = killed  # type: ignore[method-assign]
    applying = asyncio.create_task(apply(actor, "old", mqttBrokerUrl="localhost"))
    await asyncio.wait_for(between.wait(), WAIT_S)
    await actor.kill()
    applying.cancel()
    assert actor.stored["mqttBrokerUrl"] == "localhost"
    await actor.start()
    await actor.connected()
    actor.settle(mqttBrokerUrl="127.0.0.1")
    await actor.until(lambda: "was set for another broker" in actor.shown.last_error)


async def test_a_change_that_could_not_be_stored_leaves_no_promise(start: Start) -> None:
    actor = await start(answers={ChangeSettings: Unavailable("No space left on device")}, **STORED)
    with pytest.raises(Unavailable):
        await apply(actor, "old", mqttBrokerUrl="evil.lan")
    assert await actor.actor._persistent.promised_trust("old") is None


async def test_credentials_given_on_the_device_are_for_the_broker_that_is_set(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "old", "bert": "other"})
    actor = await start(broker, credentials=("anna", "old"))
    await actor.connected()
    actor.settle(mqttBrokerUrl="localhost")
    await actor.until(lambda: "was set for another broker" in actor.shown.last_error)
    actor.set_credentials(SetCredentials("mqtt", "bert", "other"))  # as by `ipcamera settings credentials mqtt`
    await actor.connected()


async def test_test_of_the_stored_settings(make_broker: Make, start: Start) -> None:
    broker = make_broker(users={"anna": "old"})
    actor = await start(broker, credentials=("anna", "old"))
    await actor.connected()
    result = await actor.ask(CheckBroker())
    assert result.success
    assert result.latency_ms > 0
    assert actor.actor._connection_loop.connected
    with pytest.raises(LimitReached):
        await actor.ask(CheckBroker())


async def test_test_of_other_settings(make_broker: Make, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = make_broker(users={"anna": "secret"})
    actor = await start()
    address = {"mqttBrokerUrl": "127.0.0.1", "mqttPort": broker.port}
    good = await actor.ask(CheckBroker({**address, "mqttUsername": "anna", "mqttPassword": "secret"}))
    assert good.success
    monkeypatch.setattr(limits, "TEST_EVERY_S", 0.0)
    bad = await actor.ask(CheckBroker({**address, "mqttUsername": "anna", "mqttPassword": "hunter2"}))
    assert not bad.success
    assert "hunter2" not in bad.error


async def test_test_says_why_not(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = await start()
    assert (await actor.ask(CheckBroker())).error == "No broker is set"
    monkeypatch.setattr(limits, "TEST_EVERY_S", 0.0)
    result = await actor.ask(CheckBroker({"mqttBrokerUrl": "127.0.0.1", "mqttPort": free_port()}))
    assert result.error == "Connection refused"


async def test_the_stored_password_is_never_sent_to_a_new_host(start: Start) -> None:
    actor = await start(**STORED)
    with pytest.raises(Refused, match=REQUIRED):
        await actor.ask(CheckBroker({"mqttBrokerUrl": "127.0.0.1"}))
