"""Text forms of addresses that appear as settings: an MQTT broker, a list of proxies."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# A WebSocket broker is read as its plain sibling: this client speaks MQTT over TCP and TLS.
_SCHEME_TLS = {"mqtt": False, "tcp": False, "ws": False, "mqtts": True, "ssl": True, "wss": True}
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,252}[A-Za-z0-9_.])?")
PLAIN_PORT, TLS_PORT = 1883, 8883


@dataclass(frozen=True, slots=True)
class Broker:
    """``port`` and ``use_tls`` are None where the text does not say."""

    host: str
    port: int | None = None
    use_tls: bool | None = None


def parse_broker(text: str) -> Broker | None:
    """``host``, ``host:port``, ``[v6]:port`` or a URL of mqtt(s), tcp, ssl, ws(s); None for anything else.

    Credentials in the address are refused: they have a place of their own.
    """
    text = text.strip()
    if not text:
        return Broker("")
    if _is_ipv6(text):
        return Broker(text)
    scheme, separator, rest = text.partition("://")
    if separator and scheme.lower() not in _SCHEME_TLS:
        return None
    try:
        parts = urlsplit(f"//{rest if separator else text}")
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return None
    if parts.username is not None or parts.query or parts.fragment or (parts.path not in ("", "/") and not separator):
        return None
    if port == 0 or not (_HOST.fullmatch(host) or _is_ipv6(host)):
        return None
    if not separator:
        return Broker(host, port)
    use_tls = _SCHEME_TLS[scheme.lower()]
    return Broker(host, port or (TLS_PORT if use_tls else PLAIN_PORT), use_tls)


def broker_host(text: str) -> str | None:
    """The host alone, the form in which it is stored."""
    broker = parse_broker(text)
    return None if broker is None else broker.host


def proxies(text: str) -> str | None:
    """A comma-separated list of addresses and CIDR networks in its normal form; None if one of them is neither."""
    try:
        networks = [ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()]
    except ValueError:
        return None
    return ", ".join(str(network) for network in networks)


def rtsp_path(text: str) -> str:
    """With the leading slash that a person may leave out."""
    return text if text.startswith("/") else f"/{text}"


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
