"""Certificates: checked by authorities, or accepted once and then pinned."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.actors.mqtt.broker import Broker, certificate
from tests.actors.mqtt.conftest import world_of
from tests.actors.mqtt.inprocess import InProcess

Start = Callable[..., Awaitable[InProcess]]
Make = Callable[..., Broker]


async def test_a_self_signed_broker_is_refused_by_default(make_broker: Make, start: Start, tmp_path: Path) -> None:
    broker = make_broker(tls=certificate(tmp_path))
    actor = await start(world_of(broker, mqttUseTls=True))
    await actor.until(lambda: "certificate is not accepted" in actor._view().last_error)


async def test_an_authority_of_the_system_is_believed(
    make_broker: Make, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    broker = make_broker(tls=pair)
    actor = await start(world_of(broker, mqttUseTls=True))
    await actor.connected()
    assert actor._view().pinned_fingerprint == ""


async def test_an_accepted_certificate_is_pinned_and_shown(make_broker: Make, start: Start, tmp_path: Path) -> None:
    broker = make_broker(tls=certificate(tmp_path))
    world = world_of(broker, mqttUseTls=True, mqttAcceptSelfSigned=True)
    actor = await start(world)
    await actor.connected()
    pin = actor._view().pinned_fingerprint
    assert len(pin) == 32 * 3 - 1
    await actor.die()
    again = await start(world)
    await again.connected()
    assert again._view().pinned_fingerprint == pin


async def test_a_changed_certificate_gets_nothing_until_it_is_accepted_anew(
    make_broker: Make, start: Start, tmp_path: Path
) -> None:
    broker = make_broker(tls=certificate(tmp_path), users={"anna": "secret"})
    world = world_of(broker, mqttUseTls=True, mqttAcceptSelfSigned=True)
    world.credentials = type(world.credentials)("anna", "secret")
    actor = await start(world)
    await actor.connected()
    pin = actor._view().pinned_fingerprint
    broker.stop()
    broker.tls = certificate(tmp_path, "other")
    broker.start()
    await actor.until(lambda: "certificate has changed" in actor._view().last_error, 30)
    assert actor._view().pinned_fingerprint == pin
    await actor.settle(mqttAcceptSelfSigned=False)
    await actor.until(lambda: "not accepted" in actor._view().last_error)
    await actor.settle(mqttAcceptSelfSigned=True)
    await actor.until(lambda: actor._view().last_error != "")
    # the password was given for a checked certificate meanwhile? no: it was given for an accepted one
    await actor.connected()
    assert actor._view().pinned_fingerprint not in ("", pin)


async def test_tls_and_plain_are_not_mixed_up(make_broker: Make, start: Start, tmp_path: Path) -> None:
    plain = make_broker()
    secure = make_broker(tls=certificate(tmp_path))
    one = await start(world_of(plain, mqttUseTls=True), "one")
    await one.until(lambda: "TLS failed" in one._view().last_error)
    two = await start(world_of(secure), "two")
    await two.until(lambda: "does it want TLS?" in two._view().last_error)
