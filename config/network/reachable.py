"""The names and addresses at which this device can currently be reached."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from config.files import text_of

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

IF_INET6 = Path("/proc/net/if_inet6")
IFA_F_TEMPORARY = 0x01  # linux/if_addr.h: a privacy address (RFC 8981), another one every day
LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
INNER = ("docker", "podman", "br-", "veth", "virbr", "vnet", "lxc", "cni", "flannel")  # come and go with containers
WILDCARDS = {4: "0.0.0.0", 6: "::"}  # noqa: S104 (compared with, not bound to)
NAME_MAX = 253  # RFC 1035 §2.3.4


def addresses() -> tuple[Address, ...]:
    """Every address of every interface that is up, loopback included, without scopes; sorted, each once."""
    return _in_order(_by_interface())


def lasting_addresses() -> tuple[Address, ...]:
    """Addresses to type or bookmark: no container bridges, no IPv6 link-local or privacy addresses."""
    passing = temporary_addresses(text_of(IF_INET6))
    outer = ((interface, address) for interface, address in _by_interface() if not interface.startswith(INNER))
    return tuple(
        address
        for address in _in_order(outer)
        if address not in passing and not (address.version == 6 and address.is_link_local)
    )


def outer_addresses() -> tuple[Address, ...]:
    """Those of the lasting addresses that are not loopback."""
    return tuple(address for address in lasting_addresses() if not address.is_loopback)


def listens_at(address: Address, bind: Iterable[str]) -> bool:
    """Whether a socket bound like this is reached at ``address``: bound to it, or to all of its family."""
    return not {str(address), WILDCARDS[address.version]}.isdisjoint(bind)


def _by_interface() -> Iterator[tuple[str, Address]]:
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    for interface, entries in psutil.net_if_addrs().items():
        for entry in entries:
            if interface in up and entry.family in (socket.AF_INET, socket.AF_INET6):
                yield interface, ipaddress.ip_address(entry.address.partition("%")[0])


def _in_order(found: Iterable[tuple[str, Address]]) -> tuple[Address, ...]:
    return tuple(sorted({address for _, address in found}, key=lambda address: (address.version, int(address))))


def temporary_addresses(if_inet6: str) -> frozenset[Address]:
    """The privacy addresses in the text of ``/proc/net/if_inet6`` (hex address, index, prefix, scope, flags, name)."""
    rows = (line.split() for line in if_inet6.splitlines())
    return frozenset(
        ipaddress.IPv6Address(bytes.fromhex(row[0]))
        for row in rows
        if len(row) >= 5 and int(row[4], 16) & IFA_F_TEMPORARY
    )


def names() -> tuple[str, ...]:
    """``localhost``, the host name, and the host name under ``.local`` (mDNS); lower case, each once."""
    host = socket.gethostname().lower().rstrip(".")
    short = host.partition(".")[0]
    wanted = ("localhost", host, short, f"{short}.local")
    return tuple(dict.fromkeys(name for name in wanted if is_host_name(name)))


def is_host_name(text: str) -> bool:
    """Whether ``text`` is valid as a host name in a certificate or a URL."""
    return 0 < len(text) <= NAME_MAX and all(LABEL.fullmatch(label) for label in text.split("."))
