import pytest

from config.settings import defaults
from models.mqtt.limits import LARGEST_RETRY_S
from models.mqtt.options import Trust, options
from models.mqtt.reason_codes import retry_after, text


def test_defaults_want_no_connection() -> None:
    read = options(defaults("3f9a1c"))
    assert not read.wanted
    assert (read.port, read.client_id, read.prefix) == (1883, "ipcamera-3f9a1c", "ipcamera")


def test_enabled_without_a_broker_is_not_wanted() -> None:
    assert not options(defaults() | {"mqttEnabled": True}).wanted
    assert options(defaults() | {"mqttEnabled": True, "mqttBrokerUrl": "broker"}).wanted


@pytest.mark.parametrize(
    ("given", "to", "covered"),
    [
        pytest.param(Trust("a", False, False), Trust("a", False, False), True, id="the same"),
        pytest.param(Trust("A.lan", False, False), Trust("a.LAN", True, False), True, id="better protected"),
        pytest.param(Trust("a", False, False), Trust("b", False, False), False, id="another host"),
        pytest.param(Trust("a", True, False), Trust("a", False, False), False, id="TLS switched off"),
        pytest.param(Trust("a", True, False), Trust("a", True, True), False, id="certificate no longer checked"),
        pytest.param(Trust("a", True, True), Trust("a", True, False), True, id="certificate checked now"),
    ],
)
def test_where_a_password_may_go(given: Trust, to: Trust, covered: bool) -> None:
    assert given.covers(to) is covered


def test_retries_double_up_to_a_bound_and_are_spread() -> None:
    assert [retry_after(n, 1.0) for n in (1, 2, 3)] == [1, 2, 4]
    assert retry_after(1000, 1.0) == LARGEST_RETRY_S
    assert retry_after(3, 0.0) == 2


def test_reasons_are_words() -> None:
    assert text(5) == "Not authorized"
    assert text(250) == "The broker gave reason 250"
