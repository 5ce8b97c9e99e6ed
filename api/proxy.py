"""How a request arrived: directly, or through a reverse proxy that the owner trusts.

A proxy's headers are trusted only in reverse-proxy mode (a Pro setting, off by default), and only from
``trustedProxies`` (this device itself if the setting is empty).
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from models.messages.settings import Value

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

THIS_DEVICE = "127.0.0.0/8, ::1/128"
HOPS_MAX = 16
PREFIX = re.compile(
    r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){0,8}"
)  # no dot segments, nothing that would end a cookie's Path
PREFIX_MAX = 128
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Arrival:
    """``client``: the client's address. ``host``: the host that the client used, with the port if it was given.
    ``prefix``: the path under which the proxy serves us, "" or "/ipcamera". ``secure``: the client used TLS, with this
    server or a trusted proxy."""

    client: str
    host: str
    prefix: str = ""
    secure: bool = True
    by_proxy: bool = False


def arrival(request: web.BaseRequest, settings: Mapping[str, Value]) -> Arrival:
    peer = request.remote or ""
    trusted = trusted_networks(settings)
    if not _within(peer, trusted):
        return Arrival(_plain(peer), request.host, secure=request.secure)
    headers = request.headers
    return Arrival(
        client=client_of(peer, ", ".join(headers.getall("X-Forwarded-For", ())), trusted),
        host=_host(_last(headers.get("X-Forwarded-Host", ""))) or request.host,
        prefix=prefix_of(headers.get("X-Forwarded-Prefix") or headers.get("X-Ingress-Path") or ""),
        secure=request.secure or _last(headers.get("X-Forwarded-Proto", "")).lower() == "https",
        by_proxy=True,
    )


def trusted_networks(settings: Mapping[str, Value]) -> tuple[Network, ...]:
    """Which proxies' headers are trusted: none unless the mode is on."""
    if not settings.get("reverseProxyEnabled", False):
        return ()
    text = str(settings.get("trustedProxies", "")) or THIS_DEVICE
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(","))


def client_of(peer: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """The nearest hop that is not a trusted proxy; anything beyond it could be forged."""
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()][-HOPS_MAX:]
    client = _plain(peer)
    for hop in reversed(hops):
        if _address(hop) is None:
            break
        client = _plain(hop)
        if not _within(hop, trusted):
            break
    return client


def prefix_of(text: str) -> str:
    """The sub-path in normal form: a leading slash and none at the end; "" if it is invalid."""
    stripped = text.rstrip("/")
    return stripped if len(stripped) <= PREFIX_MAX and PREFIX.fullmatch(stripped) else ""


def same_origin(origin: str, arrived: Arrival) -> bool:
    """Whether a page of ``origin`` is one of ours.

    Many proxies pass on the host without its port; then the port is not compared.
    """
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    scheme, default = ("https", ":443") if arrived.secure else ("http", ":80")
    wanted, given = parts.netloc.lower(), arrived.host.lower()
    if arrived.by_proxy and _without_port(given) == given:
        wanted = _without_port(wanted)
    return parts.scheme == scheme and wanted.removesuffix(default) == given.removesuffix(default) != ""


def _without_port(host: str) -> str:
    return re.sub(r":\d+$", "", host)


def _last(value: str) -> str:
    return value.rpartition(",")[2].strip()


def _host(text: str) -> str:
    return text if HOST.fullmatch(text) else ""


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _plain(text: str) -> str:
    return str(_address(text) or text)


def _within(text: str, networks: tuple[Network, ...]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)
