"""How the device stands in its networks."""

from collections import namedtuple

import psutil
import pytest

from actors.onvif import network
from models.onvif.device_info import Interface

Address = namedtuple("Address", "family address netmask")
State = namedtuple("State", "isup mtu")
IPV4, PACKET = 2, 17
HOME = Interface("eth0", "02:00:00:00:00:01", "192.0.2.7", 24)
VPN = Interface("tun0", network.NO_MAC, "198.51.100.1", 32, 1400)


@pytest.mark.parametrize(
    ("bind", "found"),
    [
        pytest.param(("0.0.0.0", "::"), (HOME, VPN), id="everywhere"),
        pytest.param(("192.0.2.7",), (HOME,), id="one address"),
        pytest.param(("127.0.0.1",), (), id="this device only"),
    ],
)
def test_interfaces_on_which_we_listen(
    monkeypatch: pytest.MonkeyPatch, bind: tuple[str, ...], found: tuple[Interface, ...]
) -> None:
    entries = {
        "lo": [Address(IPV4, "127.0.0.1", "255.0.0.0")],
        "eth0": [Address(IPV4, "192.0.2.7", "255.255.255.0"), Address(PACKET, "02:00:00:00:00:01", None)],
        "tun0": [Address(IPV4, "198.51.100.1", None)],
        "eth1": [Address(IPV4, "203.0.113.1", "255.255.255.0")],
        "docker0": [Address(IPV4, "172.17.0.1", "255.255.0.0"), Address(PACKET, "02:42:00:00:00:01", None)],
    }
    states = {
        "lo": State(True, 65536),
        "eth0": State(True, 1500),
        "tun0": State(True, 1400),
        "eth1": State(False, 1500),
        "docker0": State(True, 1500),
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: entries)
    monkeypatch.setattr(psutil, "net_if_stats", lambda: states)
    assert network.interfaces(bind) == found


@pytest.mark.parametrize(("address", "near"), [("192.0.2.200", True), ("192.0.3.1", False), ("10.0.0.1", False)])
def test_neighbours(address: str, near: bool) -> None:
    assert network.of_neighbour(HOME, address) is near


def test_gateway_and_name_servers() -> None:
    head = "Iface Destination Gateway Flags\n"
    assert network._gateway(f"{head}eth0 000200C0 00000000 0001\neth0 00000000 010200C0 0003\n") == "192.0.2.1"
    assert network._gateway(head) == ""
    text = "search lan\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nnameserver nonsense\nnameserver 192.0.2.54\n"
    assert network._name_servers(text) == ("192.0.2.53", "fe80::1")
