"""Certificates: checked by authorities, or accepted once and then pinned."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.actors.mqtt.broker import Broker, certificate
from tests.actors.mqtt.inprocess import Kit

Start = Callable[..., Awaitable[Kit]]
Make = Callable[..., Broker]


async def test_a_self_signed_broker_is_refused_by_default(make_broker: Make, start: Start, tmp_path: Path) -> None:
    broker = make_broker(tls=certificate(tmp_path))
    actor = await start(broker, mqttUseTls=True)
    await actor.until(lambda: "certificate is not trusted" in actor.shown.last_error)


async def test_an_authority_of_the_system_is_believed(
    make_broker: Make, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    broker = make_broker(tls=pair)
    actor = await start(broker, mqttUseTls=True)
    await actor.connected()
    assert actor.shown.pinned_fingerprint == ""


async def test_an_accepted_certificate_is_pinned_and_shown(make_broker: Make, start: Start, tmp_path: Path) -> None:
    broker = make_broker(tls=certificate(tmp_path))
    actor = await start(broker, mqttUseTls=True, mqttAcceptSelfSigned=True)
    await actor.connected()
    pin = actor.shown.pinned_fingerprint
    assert len(pin) == 32 * 3 - 1
    await actor.reborn()
    await actor.connected()
    assert actor.shown.pinned_fingerprint == pin


async def test_a_changed_certificate_gets_nothing_until_it_is_accepted_anew(
    make_broker: Make, start: Start, tmp_path: Path
) -> None:
    broker = make_broker(tls=certificate(tmp_path), users={"anna": "secret"})
    actor = await start(broker, mqttUseTls=True, mqttAcceptSelfSigned=True, credentials=("anna", "secret"))
    await actor.connected()
    pin = actor.shown.pinned_fingerprint
    broker.stop()
    broker.tls = certificate(tmp_path, "other")
    broker.start()
    await actor.until(lambda: "certificate has changed" in actor.shown.last_error, 30)
    assert actor.shown.pinned_fingerprint == pin
    actor.settle(mqttAcceptSelfSigned=False)
    await actor.until(lambda: "not trusted" in actor.shown.last_error)
    actor.settle(mqttAcceptSelfSigned=True)
    await actor.until(lambda: actor.shown.last_error != "")
    # the password was given for a checked certificate meanwhile? no: it was given for an accepted one
    await actor.connected()
    assert actor.shown.pinned_fingerprint not in ("", pin)


async def test_tls_and_plain_are_not_mixed_up(make_broker: Make, start: Start, tmp_path: Path) -> None:
    plain = make_broker()
    secure = make_broker(tls=certificate(tmp_path))
    one = await start(plain, "one", mqttUseTls=True)
    await one.until(lambda: "TLS failed" in one.shown.last_error)
    two = await start(secure, "two")
    await two.until(lambda: "does it require TLS?" in two.shown.last_error)
