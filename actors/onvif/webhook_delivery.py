"""Delivers notifications to webhooks that a logged-in client requested, with few retries and short timeouts.

The answer's body is not read, no redirect is followed, and no address of this device, link-local or multicast address
is called, whatever its name (unless the requesting client is on this device too).
"""

import asyncio
import ipaddress
import socket
import uuid

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from actors.onvif.limits import (
    NOTIFY_CONNECTIONS,
    NOTIFY_FAILURES,
    NOTIFY_PAUSE_S,
    NOTIFY_TIMEOUT_S,
    NOTIFY_TRIES,
)
from actors.runtime.actor import Actor
from models.onvif import event_service, soap
from models.onvif.limits import PULL_MAX
from models.onvif.soap import SENDER, Fault
from models.onvif.subscriptions import Subscription, Subscriptions

HEADERS = {"Content-Type": f'{soap.CONTENT_TYPE}; charset=utf-8; action="{event_service.NOTIFY}"'}


class _Elsewhere(AbstractResolver):
    """Names of other devices only."""

    def __init__(self) -> None:
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = [one for one in await self._names.resolve(host, port, family) if is_elsewhere(one["host"])]
        if not found:
            raise OSError(f"{host} is not another device")
        return found

    async def close(self) -> None:
        await self._names.close()


class WebhookDelivery:
    def __init__(self, actor: Actor, subscriptions: Subscriptions) -> None:
        self._actor = actor
        self._subscriptions = subscriptions
        timeout = aiohttp.ClientTimeout(total=NOTIFY_TIMEOUT_S)
        self._abroad = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=NOTIFY_CONNECTIONS, resolver=_Elsewhere()),
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._at_home = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=NOTIFY_CONNECTIONS),
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        await self._abroad.close()
        await self._at_home.close()

    def check(self, address: str, client: str) -> None:
        """Whether a client may have us call this address. Raises ``Fault``."""
        try:
            url = URL(address)
            port = url.port
        except ValueError:
            url, port = URL(), None
        if url.scheme not in ("http", "https") or not url.host or not port or url.user or url.password:
            raise Fault("The consumer needs an http or https address", SENDER, "wsnt:SubscribeCreationFailedFault")
        if _is_address(url.host) and not is_elsewhere(url.host) and is_elsewhere(client):
            raise Fault("The consumer must be on another device", SENDER, "wsnt:SubscribeCreationFailedFault")

    async def carry(self, one: Subscription, bell: asyncio.Event, producer: str) -> None:
        """Deliver until the subscription ends, or the receiver accepts nothing any more."""
        failures = 0
        while not one.ended:
            await bell.wait()
            bell.clear()
            while one.queue and not one.ended:
                content = event_service.notify(one.take(PULL_MAX), producer)
                message = soap.order(event_service.NOTIFY, one.webhook, f"urn:uuid:{uuid.uuid4()}", content)
                failures = 0 if await self._brought(one, message) else failures + 1
                if failures >= NOTIFY_FAILURES:
                    self._actor.log.info("a webhook does not answer: its subscription ends", client=one.client)
                    self._subscriptions.end(one)

    async def _brought(self, one: Subscription, message: bytes) -> bool:
        session = self._abroad if is_elsewhere(one.client) else self._at_home
        pause_s, reason = NOTIFY_PAUSE_S, ""
        for attempt in range(NOTIFY_TRIES):
            if attempt:
                await asyncio.sleep(pause_s)
                pause_s *= 2
            if one.ended:
                return False
            try:
                async with session.post(one.webhook, data=message, headers=HEADERS, allow_redirects=False) as answer:
                    if answer.status < 300:
                        return True
                    reason = f"HTTP {answer.status}"
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:  # the last: a name that is none
                reason = type(error).__name__
        self._actor.log.info("a webhook did not accept a notification", client=one.client, reason=reason)
        return False


def is_elsewhere(address: str) -> bool:
    """Whether this is the address of another device, where a subscriber may live."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return not (ip.is_loopback or ip.is_unspecified or ip.is_multicast or ip.is_link_local or ip.is_reserved)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
