"""Parser of network addresses: where to connect, the credentials, and the URL without them."""

from dataclasses import dataclass
from urllib.parse import unquote

PORTS = {"rtsp": 554, "rtsps": 322, "rtsp+http": 80, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """``path`` begins with "/" and has the query; ``user`` None: nobody logs in."""

    scheme: str
    host: str
    port: int
    path: str
    user: str | None = None
    password: str = ""
    authority: str = ""  # host and port as they were written

    @property
    def url(self) -> str:
        """Without credentials; what an RTSP request names."""
        scheme = "rtsp" if self.scheme == "rtsp+http" else self.scheme
        return f"{scheme}://{self.authority}{self.path}"


def parse_network(text: str) -> NetworkAddress:
    """Raises ``ValueError`` with the reason.

    A password may hold "@", "#", "/" or "?" as it is: what stands before the last "@" of the authority is a login, and
    the authority ends at the first "/", "?" or "#" behind it. A "%" that begins no escape means itself.
    """
    scheme, found, rest = text.partition("://")
    scheme = scheme.lower()
    if not found or scheme not in PORTS:
        raise ValueError("its scheme is not supported")
    login, authority, path = _split(rest)
    host, port = _host_and_port(authority, PORTS[scheme])
    user, password = None, ""
    if login is not None:
        name, _, secret = login.partition(":")
        user, password = unquote(name), unquote(secret)
    if not path.startswith("/"):
        path = "/" + path
    return NetworkAddress(scheme, host, port, path.partition("#")[0].replace(" ", "%20"), user, password, authority)


def _split(rest: str) -> tuple[str | None, str, str]:
    """(login, host and port, path)"""
    end = _first(rest, "/?#")
    at = rest.rfind("@", 0, end)
    if at < 0 and "@" in rest[end:] and not _is_host(rest[:end]):
        at = rest.find("@", end)  # the password holds one of "/?#"
        following = rest[at + 1 :]
        while "@" in following[: _first(following, "/?#")]:
            at = rest.find("@", at + 1)
            following = rest[at + 1 :]
    login = rest[:at] if at >= 0 else None
    rest = rest[at + 1 :]
    end = _first(rest, "/?#")
    return login, rest[:end], rest[end:]


def _is_host(text: str) -> bool:
    """Whether this can be a host with an optional port, rather than a user with the beginning of a password."""
    host, colon, port = text.rpartition(":")
    return text.startswith("[") or not colon or (":" not in host and port.isdigit())


def _first(text: str, marks: str) -> int:
    return min((at for mark in marks if (at := text.find(mark)) >= 0), default=len(text))


def _host_and_port(authority: str, otherwise: int) -> tuple[str, int]:
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError("its host is incomplete")
        port_text = rest[1:]
    else:
        host, _, port_text = authority.partition(":")
    if not host or any(mark.isspace() for mark in host):
        raise ValueError("it names no host")
    if port_text and not (port_text.isascii() and port_text.isdigit() and 0 < int(port_text) < 65_536):
        raise ValueError("its port is not a number from 1 to 65535")
    return host, int(port_text) if port_text else otherwise
