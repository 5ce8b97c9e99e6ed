"""Budgets and shares of strangers, and questions of those who have gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from api.rate_limits import ASKED_FOR, RateLimitedContext, RateLimiter
from models.errors import LimitReached
from models.http import limits
from models.messages.auth import AuthStatus
from models.messages.settings import SETTINGS, GetSettings
from tests.api.surface import TOKEN, Served, served, trusting

GUEST, OWNER = "198.51.100.7", "192.0.2.7"


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


def test_a_stranger_has_a_smaller_budget_than_who_is_known() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.welcome(OWNER)
    assert sum(rate_limiter.allows(GUEST) for _ in range(2 * limits.REQUESTS_BURST)) < 1.2 * limits.REQUESTS_BURST
    assert all(rate_limiter.allows(OWNER) for _ in range(limits.REQUESTS_KNOWN_BURST))
    assert (
        sum(rate_limiter.allows(OWNER) for _ in range(10 * limits.REQUESTS_KNOWN_BURST))
        < 10 * limits.REQUESTS_KNOWN_BURST
    )


def test_an_ipv6_household_is_one() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.welcome("2001:db8:1:2::1")
    assert rate_limiter.knows("2001:db8:1:2:ffff::9")
    assert not rate_limiter.knows("2001:db8:1:3::1")


def test_what_is_known_from_before_is_older_than_what_we_have_seen() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.welcome(OWNER)
    rate_limiter.learn([f"203.0.113.{number}" for number in range(10)])
    assert rate_limiter.knows(OWNER)
    assert rate_limiter.knows("203.0.113.5")


async def test_questions_are_shared_out() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.welcome(OWNER)
    async with AsyncExitStack() as asked:
        for number in range(limits.QUESTIONS_STRANGERS // limits.QUESTIONS_PER_STRANGER):
            for _ in range(limits.QUESTIONS_PER_STRANGER):
                await asked.enter_async_context(rate_limiter.ask_slot(f"203.0.113.{number}"))
            with pytest.raises(LimitReached):
                await asked.enter_async_context(rate_limiter.ask_slot(f"203.0.113.{number}"))
        with pytest.raises(LimitReached):
            await asked.enter_async_context(rate_limiter.ask_slot(GUEST))
        async with rate_limiter.ask_slot(OWNER):
            pass
    async with rate_limiter.ask_slot(GUEST):
        pass


async def test_who_is_known_waits_for_a_place_of_his_own(server: Served) -> None:
    rate_limiter, open_now, most = RateLimiter(), 0, 0
    rate_limiter.welcome(OWNER)

    async def ask() -> None:
        nonlocal open_now, most
        async with rate_limiter.ask_slot(OWNER):
            open_now += 1
            most = max(most, open_now)
            await asyncio.sleep(0)
            open_now -= 1

    await asyncio.gather(*(ask() for _ in range(10 * limits.QUESTIONS_PER_ADDRESS)))
    assert most == limits.QUESTIONS_PER_ADDRESS


async def test_what_is_asked_for_everybody_is_in_nobodys_share(server: Served) -> None:
    rate_limiter = RateLimiter()
    shared = RateLimitedContext(server.surface, rate_limiter)
    ASKED_FOR.set(GUEST)
    async with AsyncExitStack() as asked:
        for _ in range(limits.QUESTIONS_PER_STRANGER):
            await asked.enter_async_context(rate_limiter.ask_slot(GUEST))
        with pytest.raises(LimitReached):
            await shared.ask(SETTINGS, GetSettings())
        assert await shared.start_task(shared.ask(SETTINGS, GetSettings()))
    assert await shared.ask(SETTINGS, GetSettings())


def test_protection_is_on_only_when_auth_has_said_so() -> None:
    rate_limiter = RateLimiter()
    assert not rate_limiter.closed
    rate_limiter = RateLimiter(lambda: AuthStatus(True, True))
    assert rate_limiter.closed


async def test_who_hangs_up_asks_nothing_any_more(server: Served) -> None:
    asked, withdrawn = asyncio.Event(), asyncio.Event()

    async def never(_to: str, _message: Any, _timeout_s: float = 5.0) -> Any:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            withdrawn.set()

    server.surface.ask = never  # type: ignore[method-assign]
    _, writer = await asyncio.open_connection("127.0.0.1", server.https_port, ssl=trusting())
    writer.write(f"GET /status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
    async with asyncio.timeout(10):
        await asked.wait()
        writer.transport.abort()
        await withdrawn.wait()


async def test_a_change_is_not_made_by_halves_when_the_client_hangs_up(server: Served) -> None:
    begun, finish, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    as_before = server.surface.ask

    async def slow(to: str, message: Any, timeout_s: float = 5.0) -> Any:
        if to == "auth":
            return await as_before(to, message, timeout_s)
        begun.set()
        await finish.wait()
        done.set()
        return True

    server.surface.ask = slow  # type: ignore[method-assign]
    _, writer = await asyncio.open_connection("127.0.0.1", server.https_port, ssl=trusting())
    head = f"POST /torch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 0\r\n\r\n"
    writer.write(head.encode())
    async with asyncio.timeout(10):
        await begun.wait()
        writer.transport.abort()
        await writer.wait_closed()
        finish.set()
        await done.wait()


async def test_a_token_in_the_budget_of_others_is_still_looked_at(server: Served) -> None:
    """Somebody behind the owner's own router asks too often: the owner shows his token and is in."""
    status = 0
    for _ in range(3 * limits.REQUESTS_BURST):
        async with server.request("GET", "/nowhere") as response:
            status = response.status
            if status == 429:
                assert (await response.json())["error"] == "Rate limit exceeded"
                break
    assert status == 429
    async with server.request("GET", "/settings", headers={"Authorization": f"Bearer {TOKEN}"}) as response:
        assert response.status == 200
    async with server.request("GET", "/nowhere") as response:
        assert response.status == 404
