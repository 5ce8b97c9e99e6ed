"""How a client proves its identity, and the session cookie."""

import base64
import binascii
import re
from dataclasses import dataclass

from aiohttp import web

from api.request_keys import ARRIVAL
from models.security.sessions import LIFETIME_S, TOKEN_DIGITS

COOKIE = "session"  # the API's name
HTTPS_PORT = 443
TOKEN = re.compile(f"[0-9a-f]{{{TOKEN_DIGITS}}}")
PASSWORD_MAX = 1024


@dataclass(frozen=True, slots=True)
class Credential:
    """``carrier``: cookie, bearer, query, basic, none. An empty ``token`` with any carrier but none is invalid."""

    carrier: str
    token: str = ""


NOTHING = Credential("none")


def credential_of(request: web.BaseRequest, *, media: bool = False, basic: bool = False) -> Credential:
    """The credential that is used for this call: the Authorization header if any, then ``?token=``, then the cookie.

    ``media``: the token in the URL is accepted, as an <img> and a WebSocket can send no header. ``basic``: so is Basic.
    """
    if "Authorization" in request.headers:
        return _from_header(request.headers["Authorization"], basic and not _by_foreign_page(request))
    if media and "token" in request.query:
        return Credential("query", token_of(request))
    token = cookie_of(request)
    return Credential("cookie", well_formed(token)) if token else NOTHING


def token_of(request: web.BaseRequest) -> str:
    """The token in the URL; "" if there is none, or more than one."""
    given = request.query.getall("token", [])
    return well_formed(given[0]) if len(given) == 1 else ""


def cookie_of(request: web.BaseRequest) -> str:
    """Our own cookie, otherwise ``session``; of each the first, which has the longest path (RFC 6265 §5.4)."""
    found: dict[str, str] = {}
    for header in request.headers.getall("Cookie", ()):
        for pair in header.split(";"):
            name, _, value = pair.partition("=")
            found.setdefault(name.strip(), value.strip())
    return found.get(own_cookie(_host(request)), "") or found.get(COOKIE, "")


def own_cookie(host: str) -> str:
    """The name of our own cookie for ``host`` as it was typed.

    Cookies ignore ports (RFC 6265 §8.5): ``session`` of another camera on the same host overwrites ours.
    """
    port = host.rpartition(":")[2]
    return f"{COOKIE}_{port if port.isascii() and port.isdecimal() else HTTPS_PORT}"


def agent_of(request: web.BaseRequest) -> str:
    """The client's User-Agent, safe to show."""
    return "".join(letter for letter in request.headers.get("User-Agent", "") if letter.isprintable())[:200]


def set_cookie(request: web.BaseRequest, response: web.StreamResponse, token: str) -> None:
    """Set it under both names, for the path under which the client sees this server."""
    for name in (COOKIE, own_cookie(_host(request))):
        response.set_cookie(
            name, token, max_age=int(LIFETIME_S), path=_path(request), httponly=True, secure=True, samesite="Strict"
        )


def clear_cookie(request: web.BaseRequest, response: web.StreamResponse) -> None:
    for name in (COOKIE, own_cookie(_host(request))):
        response.del_cookie(name, path=_path(request), httponly=True, secure=True, samesite="Strict")


def _host(request: web.BaseRequest) -> str:
    return request[ARRIVAL].host if ARRIVAL in request else request.host


def _path(request: web.BaseRequest) -> str:
    return request[ARRIVAL].prefix or "/"


def _by_foreign_page(request: web.BaseRequest) -> bool:
    """Whether another site's page makes the browser guess, with a user name and a password in the URL of an <img>."""
    return request.headers.get("Sec-Fetch-Site", "") in ("cross-site", "same-site")


def _from_header(value: str, basic: bool) -> Credential:
    scheme, _, rest = value.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return Credential("bearer", well_formed(rest.strip()))
        case "basic" if basic:
            return Credential("basic", _password(rest.strip()))
    return Credential("bearer")  # an unknown scheme: invalid


def _password(encoded: str) -> str:
    """RFC 7617: everything after the first colon; any user name will do."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return ""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.partition(":")[2][:PASSWORD_MAX]


def well_formed(token: str) -> str:
    """The token, or "" for one that cannot have been issued and need not be looked up."""
    return token if TOKEN.fullmatch(token) else ""
