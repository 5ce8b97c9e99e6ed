"""HTTP for ONVIF: SOAP requests and snapshots. Plain HTTP, as clients expect; passwords are never sent in clear."""

import re
import socket
import time
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from actors.onvif.authentication import Authenticator, RefusedError
from actors.onvif.limits import SHUTDOWN_S
from api.listeners import Gate, GuardedSite
from api.server import HttpsRunner
from models.errors import ServerError
from models.onvif import event_service, media, services, soap
from models.onvif.device_info import SNAPSHOT_PATH, SUBSCRIPTION_PATH, Facts
from models.onvif.event_service import Caller
from models.onvif.limits import BODY_MAX
from models.onvif.soap import Call, Fault
from models.onvif.subscriptions import Subscription, Subscriptions
from models.onvif.xml import NAMESPACES, Xml, tag, text

AGENT_MAX = 100
HOST = re.compile(r"(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
CREATE = (NAMESPACES["tev"], "CreatePullPointSubscription")
SUBSCRIBE = (NAMESPACES["wsnt"], "Subscribe")
PULL = (NAMESPACES["tev"], "PullMessages")
SYNCHRONISE = (NAMESPACES["tev"], "SetSynchronizationPoint")
RENEW, UNSUBSCRIBE = ((NAMESPACES["wsnt"], name) for name in ("Renew", "Unsubscribe"))
OF_ONE = frozenset((PULL, SYNCHRONISE, RENEW, UNSUBSCRIBE))
KEYFRAME = {(NAMESPACES[prefix], "SetSynchronizationPoint"): prefix for prefix in ("trt", "tr2")}
NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


class Host(Protocol):
    """What the server needs from its actor."""

    subscriptions: Subscriptions

    def facts(self, host: str, base: str) -> Facts:
        """As they are now, for a client that reaches us at ``base``."""

    async def picture(self, token: str) -> bytes:
        """A JPEG of this moment, of a profile; raises ``ServerError``."""

    def request_keyframe(self, token: str) -> None: ...

    def check_webhook(self, address: str, client: str) -> None:
        """Raises ``Fault`` where it may not be called."""

    def opened(self, one: Subscription, producer: str) -> None:
        """A new subscription; ``producer``: the address that its news comes from."""

    async def news(self, one: Subscription, wait_s: float) -> None:
        """Until there is something in its queue, it has ended, or the time is over."""


class OnvifServer:
    def __init__(self, host: Host, authenticator: Authenticator, is_known: Callable[[str], bool]) -> None:
        """``is_known``: whether an address is known; known addresses have their own connections."""
        self._host, self._authenticator, self._is_known = host, authenticator, is_known
        self._runner: HttpsRunner | None = None
        self.port = 0  # 0: not serving

    # ---------------------------------------------------------------- life
    async def serve(self, port: int, listeners: list[socket.socket]) -> None:
        app = web.Application(client_max_size=BODY_MAX)
        app.router.add_post("/onvif/{service:.*}", self._soap)
        app.router.add_get(SNAPSHOT_PATH, self._snapshot)
        self._runner = HttpsRunner(app, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        gate = Gate(self._is_known)
        for listener in listeners:
            await GuardedSite(self._runner, gate, listener, None, self._runner).start()
        self.port = port

    async def stop(self) -> None:
        if self._runner is not None:
            runner, self._runner, self.port = self._runner, None, 0
            await runner.cleanup()

    # ---------------------------------------------------------------- requests
    async def _soap(self, request: web.Request) -> web.StreamResponse:
        headers: tuple[tuple[str, str], ...] = ()
        try:
            call = soap.read(await request.read())
            if call.operation not in services.BEFORE_LOGIN:
                await self._authenticator.let_in(request, _client(request), call.security)
            status, body = 200, soap.answer(call, await self._answer(request, call))
        except RefusedError as error:
            status, body, headers = error.status, soap.fault(error), error.headers
        except Fault as error:
            status, body = error.status, soap.fault(error)
        response = web.Response(status=status, body=body, content_type=soap.CONTENT_TYPE, charset="utf-8")
        response.headers.extend(headers)
        return response

    async def _answer(self, request: web.Request, call: Call) -> Xml:
        facts = self._facts(request)
        caller = Caller(_client(request), request.headers.get("User-Agent", "")[:AGENT_MAX], time.monotonic())
        subscriptions = self._host.subscriptions
        if call.operation == CREATE:
            one, made = event_service.create_pull_point(facts, call.body, caller, subscriptions)
            self._host.opened(one, facts.address("tds"))
            return made
        if call.operation == SUBSCRIBE:
            self._host.check_webhook(event_service.consumer(call.body), caller.client)
            one, made = event_service.subscribe(facts, call.body, caller, subscriptions)
            self._host.opened(one, facts.address("tds"))
            return made
        if call.operation in OF_ONE:
            return await self._of_subscription(request, call, facts)
        if prefix := KEYFRAME.get(call.operation):
            tier = media.tier_of(facts, text(call.body, f"{prefix}:ProfileToken"))
            self._host.request_keyframe(tier.token)
            return tag(f"{prefix}:SetSynchronizationPointResponse")
        return services.answer(facts, call)

    async def _of_subscription(self, request: web.Request, call: Call, facts: Facts) -> Xml:
        """Named by the address that it is sent to."""
        one = self._host.subscriptions.find(request.path.removeprefix(SUBSCRIPTION_PATH))
        if one is None:
            raise event_service.gone()
        now = time.monotonic()
        if call.operation == RENEW:
            return event_service.renew(facts, call.body, one, now, self._host.subscriptions)
        if call.operation == UNSUBSCRIBE:
            return event_service.unsubscribe(one, self._host.subscriptions)
        if call.operation == SYNCHRONISE:
            return event_service.synchronise(facts, one, self._host.subscriptions)
        if one.webhook:
            raise services.not_supported(call)
        wait_s, limit = event_service.pull(call.body)
        self._host.subscriptions.pulled(one, now)
        await self._host.news(one, wait_s)
        if one.ended:
            raise event_service.gone()
        return event_service.pulled(self._facts(request), one, one.take(limit), time.monotonic())

    async def _snapshot(self, request: web.Request) -> web.StreamResponse:
        try:
            await self._authenticator.let_in(request, _client(request), None)
            picture = await self._host.picture(request.query.get("profile", ""))
        except RefusedError as error:
            response = web.Response(status=error.status, text=error.reason)
            response.headers.extend(error.headers)
            return response
        except ServerError as error:
            return web.Response(status=503, text=error.detail, headers={"Retry-After": "5"})
        return web.Response(body=picture, content_type="image/jpeg", headers=NO_STORE)

    def _facts(self, request: web.Request) -> Facts:
        """The host as the client wrote it, which is right behind NAT and in containers too; else our address."""
        shown = HOST.fullmatch(request.headers.get("Host", ""))
        host = shown["host"] if shown else _local(request)
        given = request.headers["Host"] if shown else f"{host}:{self.port}"
        return self._host.facts(host, f"http://{given}")


def _client(request: web.Request) -> str:
    return _bare(request.transport.get_extra_info("peername") if request.transport else None)


def _local(request: web.Request) -> str:
    address = _bare(request.transport.get_extra_info("sockname") if request.transport else None)
    return f"[{address}]" if ":" in address else address


def _bare(address: tuple[str, int] | None) -> str:
    """Without port, scope and the IPv4-mapped prefix; "" for a connection that has ended."""
    return address[0].partition("%")[0].removeprefix("::ffff:") if address else ""
