"""This device's networks: interfaces with their addresses, gateway, name servers."""

import ipaddress
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

import psutil

from actors.onvif.limits import INTERFACES_MAX
from config.files import text_of
from config.network.reachable import INNER, listens_at
from models.onvif.device_info import Interface

ROUTES, RESOLVERS = Path("/proc/net/route"), Path("/etc/resolv.conf")
NAME_SERVERS_MAX = 3  # resolv.conf(5), MAXNS
NO_MAC = "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True)
class Network:
    interfaces: tuple[Interface, ...]
    gateway: str
    name_servers: tuple[str, ...]


def look(bind: tuple[str, ...]) -> Network:
    """Only interfaces on whose IPv4 address we listen, without loopback and container bridges."""
    return Network(interfaces(bind), _gateway(text_of(ROUTES)), _name_servers(text_of(RESOLVERS)))


def interfaces(bind: tuple[str, ...]) -> tuple[Interface, ...]:
    states = psutil.net_if_stats()
    found = []
    for name, entries in psutil.net_if_addrs().items():
        state = states.get(name)
        if state is None or not state.isup or name.startswith(INNER):
            continue
        mac = next((entry.address for entry in entries if entry.family == socket.AF_PACKET), NO_MAC)
        for entry in entries:
            if entry.family != socket.AF_INET or not _reached_at(ipaddress.IPv4Address(entry.address), bind):
                continue
            network = ipaddress.IPv4Network(f"{entry.address}/{entry.netmask or '255.255.255.255'}", strict=False)
            found.append(Interface(name, mac, entry.address, network.prefixlen, state.mtu))
    return tuple(found[:INTERFACES_MAX])


def _reached_at(address: ipaddress.IPv4Address, bind: tuple[str, ...]) -> bool:
    return not address.is_loopback and listens_at(address, bind)


def of_neighbour(interface: Interface, address: str) -> bool:
    """Whether this address is in the interface's own network."""
    network = ipaddress.IPv4Network(f"{interface.address}/{interface.prefix}", strict=False)
    return ipaddress.IPv4Address(address) in network


def _gateway(routes: str) -> str:
    """Of the default route in /proc/net/route: destination and gateway are little-endian hex."""
    for line in routes.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 2 and fields[1] == "00000000" and fields[2] != "00000000":
            return socket.inet_ntoa(struct.pack("<L", int(fields[2], 16)))
    return ""


def _name_servers(text: str) -> tuple[str, ...]:
    rows = (line.split() for line in text.splitlines())
    named = [row[1].partition("%")[0] for row in rows if len(row) > 1 and row[0] == "nameserver"]
    return tuple(one for one in named[:NAME_SERVERS_MAX] if _is_address(one))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
