"""Port 8080: browsers are redirected to HTTPS, and everything else is refused.

Behind a trusted reverse proxy that received the request over TLS, it serves the whole application.
"""

import contextlib
import ipaddress
import time
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from urllib.parse import quote

from aiohttp import web

from api.context import Context
from api.credentials import token_of
from api.errors import BARE, error
from api.proxy import arrival
from api.rate_limits import ASKED_FOR, RateLimitedContext, RateLimiter
from config.network import reachable
from models.errors import ServerError
from models.messages.auth import AUTH, LogOut
from models.messages.facade import FACADE, GetCertificate, GetPorts

Application = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

UNQUOTED = "/%:@!$&()*+,;=~-._"
OURS_S = 10.0  # how long our names and addresses are cached
PAGES = (".html", ".js", ".css", ".png", ".svg", ".ico", ".webmanifest", ".woff2", ".map")


class PlainListener:
    """The handler of the plain listener; ``application`` is the one that the HTTPS listener serves."""

    def __init__(self, context: Context, application: Application, rate_limiter: RateLimiter) -> None:
        self._context, self._application = RateLimitedContext(context, rate_limiter), application
        self._ours: tuple[str, ...] = ()
        self._ours_until = 0.0

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        if arrival(request, self._context.settings).secure:
            return await self._application(request)
        ASKED_FOR.set(request.remote or "")
        await self._forget_leaked_token(request)
        port = await self._https_port()
        if not is_page(request):
            response: web.StreamResponse = error(403, "HTTPS required", httpsPort=port)
        else:
            target = location(request, await self._host(request), port)
            response = web.Response(status=302, headers={"Location": target})
        response.headers.update(BARE)
        response.force_close()
        return response

    async def _forget_leaked_token(self, request: web.BaseRequest) -> None:
        """A token was sent unencrypted: revoke it, so that nobody who read it can use it."""
        if token := token_of(request):
            with contextlib.suppress(ServerError):
                await self._context.actor(AUTH).ask(LogOut(token))

    async def _https_port(self) -> int:
        if self._context.boot.https_port:
            return self._context.boot.https_port
        return (await self._context.actor(FACADE).ask(GetPorts())).https

    async def _host(self, request: web.BaseRequest) -> str:
        """The requested host if it is one of ours, otherwise the address at which the request arrived."""
        wanted = host_name(request.headers.get("Host", ""))
        if wanted and is_ours(wanted, await self._own()):
            return wanted
        sockname = request.transport.get_extra_info("sockname") if request.transport else None
        return bracketed(str(sockname[0]).partition("%")[0] if sockname else "localhost")

    async def _own(self) -> tuple[str, ...]:
        """Our addresses and names, including those in the owner's own certificate; cached for a moment."""
        if time.monotonic() >= self._ours_until:
            self._ours_until = time.monotonic() + OURS_S
            addresses = map(str, reachable.addresses())
            self._ours = (*addresses, *reachable.names(), *await self._certified())
        return self._ours

    async def _certified(self) -> tuple[str, ...]:
        try:
            return (await self._context.actor(FACADE).ask(GetCertificate())).subject_alt_names
        except ServerError:
            return ()


def is_page(request: web.BaseRequest) -> bool:
    """Whether a browser would open it directly: the dashboard and its assets, not the API and not a WebSocket."""
    if request.method not in ("GET", "HEAD") or request.headers.get("Upgrade", "").lower() == "websocket":
        return False
    return request.path == "/" or request.path.endswith(PAGES)


def location(request: web.BaseRequest, host: str, port: int) -> str:
    """The same URL over HTTPS, without a token in the query."""
    url = request.rel_url.without_query_params("token")
    query = f"?{quote(url.raw_query_string, safe=UNQUOTED + '?')}" if url.raw_query_string else ""
    return f"https://{host}:{port}{quote(url.raw_path or '/', safe=UNQUOTED)}{query}"


def host_name(header: str) -> str:
    """The Host header without its port, IPv6 in brackets; "" if it is invalid."""
    if header.startswith("["):
        inner, bracket, _ = header[1:].partition("]")
        return f"[{inner}]" if bracket and _address(inner) else ""
    name = header.partition(":")[0].lower().rstrip(".")
    return name if reachable.is_host_name(name) else ""


def is_ours(host: str, own: tuple[str, ...]) -> bool:
    """``own``: addresses and names; a name may begin with a wildcard, as in a certificate."""
    address = _address(host.strip("[]"))
    if address is not None:
        return str(address) in own
    return any(fnmatchcase(host, name.lower()) and host.count(".") == name.count(".") for name in own)


def bracketed(address: str) -> str:
    """As written in a URL; an IPv4 address that arrived on an IPv6 socket is shown as IPv4."""
    parsed = _address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else f"[{parsed}]"
    return address


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
