"""The gates that every request passes, always in the same order, and the shell that turns every end into an answer.

Handlers find the keys of ``api.request_keys`` in their request.
"""

import asyncio
import math
import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from api.credentials import NOTHING, Credential, credential_of
from api.errors import INTERNAL, error, pro_required, response_to, response_to_http
from api.passwords import PASSWORDS, Passwords, check_password
from api.proxy import arrival, same_origin
from api.rate_limits import ASKED_FOR, RATE_LIMITER, RETRY_MS, TOO_MANY
from api.request_keys import ARRIVAL, CLIENT, IDENTITY, LICENSE
from api.routing import CONTEXT, Access, Route, route_of
from models.errors import Invalid, LimitReached, Refused, ServerError
from models.messages.auth import AUTH, Identity, WhoIs
from models.security.roles import may
from models.security.sessions import same

log = structlog.get_logger("facade")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_S = 15.0  # for 64 KiB: enough for a slow connection, but not for one that is held open on purpose
NOT_ALLOWED = "This credential does not permit that"
NOBODY = Identity(authenticated=False, dashboard=False)
LAST_TIME: web.AppKey[dict[str, float]] = web.AppKey("last_time", dict)
JOBS: web.AppKey[set[asyncio.Future[web.StreamResponse]]] = web.AppKey("jobs", set)

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self' wss:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)


def install(app: web.Application) -> None:
    """Put the shell and the gates around every route of ``app``."""
    app[LAST_TIME] = {}
    app[PASSWORDS] = Passwords()
    app[JOBS] = set()
    app.middlewares.extend((shell, gates))
    app.on_response_prepare.append(_add_headers)


@web.middleware
async def shell(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever happens inside, the answer is JSON, and the reason is only in the log."""
    try:
        return await handler(request)
    except web.HTTPException as problem:
        if problem.status < 400:
            raise
        response = response_to_http(problem)
    except ServerError as problem:
        if problem.code == ServerError.code:
            log.error("a request failed", path=request.path, reason=problem.detail)
        response = response_to(problem)
    except (ConnectionError, asyncio.CancelledError):
        raise  # the client has disconnected
    except Exception:  # one request must not end the server; the traceback is for the log
        log.exception("a request failed", path=request.path, method=request.method)
        response = error(500, INTERNAL)
    if request.writer.output_size:  # in the middle of another answer: the client sees a broken connection
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("an answer was already begun")
    return response


@web.middleware
async def gates(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The first gate that refuses gives the answer."""
    context, record = request.app[CONTEXT], route_of(request)
    arrived = arrival(request, context.settings)
    request[ARRIVAL], request[CLIENT] = arrived, arrived.client
    ASKED_FOR.set(arrived.client)
    request[LICENSE], request[IDENTITY] = context.license, NOBODY
    if arrived.by_proxy:
        request.app[RATE_LIMITER].welcome(request.remote or "")
    if not request.app[RATE_LIMITER].allows(arrived.client) and not await _proven(request):
        return too_many()
    if record is not None and (refusal := await _refusal(request, record)) is not None:
        return refusal
    if request.method in SAFE:
        return await handler(request)
    await _read_body(request)
    if not request[IDENTITY].authenticated:
        return await handler(request)
    return await _to_its_end(request, handler)


async def _to_its_end(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A permitted change is completed even if the client disconnects."""
    job = asyncio.ensure_future(handler(request))
    request.app[JOBS].add(job)
    job.add_done_callback(request.app[JOBS].discard)
    return await asyncio.shield(job)


async def _proven(request: web.Request) -> bool:
    """Whether the client has a session, although its address sends too many requests."""
    credential = credential_of(request, media=True)
    return bool(credential.token) and bool((await identify(request, credential)).session_id)


def too_many() -> web.Response:
    """Closes the connection: the next request needs a new one, and those are limited."""
    response = error(429, TOO_MANY, retryAfterMs=RETRY_MS)
    response.headers["Retry-After"] = str(RETRY_MS // 1000)
    response.force_close()
    return response


async def _refusal(request: web.Request, record: Route) -> web.Response | None:
    if record.access is Access.PUBLIC and not record.csrf:
        return None
    credential = credential_of(request, media=record.media, basic=record.media)
    identity = await identify(request, credential)
    request[IDENTITY] = identity
    if record.access is not Access.PUBLIC and not identity.authenticated:
        return _unauthenticated(request, record, credential)
    if record.access is not Access.PUBLIC and not may(identity.role, record.role):
        return error(403, NOT_ALLOWED, role=identity.role)
    if request.method not in SAFE and not _meant(request, identity):
        return error(403, "Invalid CSRF token")
    if identity.open and is_foreign(request):
        return error(403, "Invalid origin")
    if record.access is Access.PUBLIC or request[LICENSE].is_pro:
        return None
    if record.access is Access.PRO:
        return pro_required(record.feature, identity.dashboard)
    return None if identity.dashboard else pro_required("api_access", dashboard=False)


async def identify(request: web.Request, credential: Credential) -> Identity:
    """The identity of this credential.

    Raises:
        LimitReached: too many wrong passwords, or too many asks of this client are already waiting.
        Unavailable: it cannot be checked now.
    """
    rate_limiter, client = request.app[RATE_LIMITER], request[CLIENT]
    if not credential.token and rate_limiter.closed:
        return NOBODY
    question = WhoIs(credential.carrier, credential.token, client)
    if credential.carrier == "basic":
        try:
            return await check_password(request.app, client, question)
        except Refused:
            return NOBODY
    identity = await request.app[CONTEXT].actor(AUTH).ask(question)
    if identity.authenticated:
        rate_limiter.welcome(client)
    return identity


def rarely(request: web.Request, what: str, every_s: float) -> None:
    """Allow ``what`` once in ``every_s`` seconds for all clients together; raises ``LimitReached`` in between."""
    last, now = request.app[LAST_TIME], time.monotonic()
    left_s = last.get(what, -every_s) + every_s - now
    if left_s > 0:
        raise LimitReached("Rate limit exceeded", retryAfterMs=math.ceil(left_s * 1000))
    last[what] = now


def _meant(request: web.Request, identity: Identity) -> bool:
    """Whether the client intended an unsafe call, rather than another site's page in the client's browser."""
    if identity.open and is_foreign(
        request
    ):  # nothing else distinguishes a page from a script, whatever credential it has
        return False
    return not identity.dashboard or same(request.headers.get("X-CSRF-Token", ""), identity.csrf_token)


def is_foreign(request: web.Request) -> bool:
    """Whether another site's page makes the call. Scripts send no Origin; browsers do with every unsafe call."""
    origin = request.headers.get("Origin", "")
    return origin != "" and not same_origin(origin, request[ARRIVAL])


def _unauthenticated(request: web.Request, record: Route, credential: Credential) -> web.Response:
    response = error(401, "Authentication required" if credential is NOTHING else "Invalid token")
    response.headers.add("WWW-Authenticate", "Bearer")
    # For an <img>, a browser would prompt its user for a name and a password.
    if record.media and request.headers.get("Sec-Fetch-Dest", "document") in ("document", "video"):
        response.headers.add("WWW-Authenticate", 'Basic realm="IP camera", charset="UTF-8"')
    return response


async def _read_body(request: web.Request) -> None:
    """Read all of it before any handler runs; handlers then get it without waiting."""
    try:
        async with asyncio.timeout(BODY_S):
            await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Invalid("Request body too large") from None
    except TimeoutError:
        raise Invalid("Request body too slow") from None
    except web.RequestPayloadError:
        raise Invalid("Invalid request body") from None


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    headers = response.headers
    headers.pop("Server", None)
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"  # URLs may contain tokens
    if response.content_type == "text/html":
        headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
