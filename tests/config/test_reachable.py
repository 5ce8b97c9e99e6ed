"""Where others reach us."""

import ipaddress

import pytest

from config.network.reachable import listens_at


@pytest.mark.parametrize(
    ("bind", "reached"),
    [
        (("127.0.0.1",), []),
        (("0.0.0.0",), ["192.168.1.7"]),
        (("::",), ["2001:db8::7"]),
        (("0.0.0.0", "::"), ["192.168.1.7", "2001:db8::7"]),
        (("192.168.1.7",), ["192.168.1.7"]),
    ],
)
def test_a_wildcard_is_of_its_family_alone(bind: tuple[str, ...], reached: list[str]) -> None:
    outer = ("192.168.1.7", "2001:db8::7")
    assert [one for one in outer if listens_at(ipaddress.ip_address(one), bind)] == reached
