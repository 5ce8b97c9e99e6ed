"""Strangers take no place from those who know the login, and give theirs up to one another."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from actors.rtsp import housekeeping
from actors.rtsp.limits import STRANGERS, STRANGERS_PER_CLIENT
from models.rtsp.auth import REALM
from tests.actors.rtsp.server_kit import Camera, studio
from tests.actors.rtsp.test_login import basic
from tests.actors.rtsp.wire import Client

LOGIN = basic("admin:secret")


@contextlib.asynccontextmanager
async def strangers(port: int, count: int, source: str) -> AsyncIterator[list[int]]:
    """Connections that ask for nothing but OPTIONS; their answers."""
    async with contextlib.AsyncExitStack() as stack:
        held = [await stack.enter_async_context(Client(port, source=source)) for _ in range(count)]
        yield [(await client.ask("OPTIONS")).status for client in held]


async def ask_for_ever(client: Client) -> None:
    while True:
        await client.ask("OPTIONS")
        await asyncio.sleep(0.05)


async def test_strangers_hold_a_few_places_and_the_owner_gets_in() -> None:
    async with studio(Camera(max_sessions=1), "admin", "secret") as port, contextlib.AsyncExitStack() as stack:
        for last in range(20, 25):
            statuses = await stack.enter_async_context(strangers(port, STRANGERS_PER_CLIENT + 2, f"127.0.0.{last}"))
            assert statuses == [200] * STRANGERS_PER_CLIENT + [503] * 2
        owner = await stack.enter_async_context(Client(port, source="127.0.0.30"))
        assert (await owner.ask("DESCRIBE", Authorization=LOGIN)).status == 200
        for last in range(31, 40):  # and whoever comes now takes a stranger's place, never the owner's
            for _ in range(STRANGERS_PER_CLIENT):
                await stack.enter_async_context(Client(port, source=f"127.0.0.{last}"))
        assert (await owner.ask("DESCRIBE", Authorization=LOGIN)).status == 200


async def test_the_crowd_makes_room_for_the_single_one() -> None:
    async with studio(Camera(), "admin", "secret") as port, contextlib.AsyncExitStack() as stack:
        single = await stack.enter_async_context(Client(port, source="127.0.0.19"))
        assert (await single.ask("OPTIONS")).status == 200
        for last in range(20, 20 + STRANGERS // STRANGERS_PER_CLIENT):
            await stack.enter_async_context(strangers(port, STRANGERS_PER_CLIENT, f"127.0.0.{last}"))
        assert (await single.ask("OPTIONS")).status == 200


async def test_those_who_are_in_have_limits_too() -> None:
    camera = Camera(max_sessions=1, max_sessions_per_address=1)
    async with studio(camera, "admin", "secret") as port, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(port)) for _ in range(5)]
        answers = [(await client.ask("GET_PARAMETER", Authorization=LOGIN)).status for client in clients]
        assert answers == [200] * 4 + [503]


async def test_a_stranger_may_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "STRANGER_S", 0.5)
    monkeypatch.setattr(housekeeping, "TICK_S", 0.1)
    async with studio(Camera(), "admin", "secret") as port, Client(port) as stranger, Client(port) as owner:
        assert (await owner.ask("GET_PARAMETER", Authorization=LOGIN)).status == 200
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await ask_for_ever(stranger)
        assert (await owner.ask("GET_PARAMETER", Authorization=LOGIN)).status == 200


async def test_what_was_overheard_opens_no_other_connection() -> None:
    """A Digest answer without a count could be said again for five minutes, from the same address."""
    from hashlib import md5

    def digest(text: str) -> str:
        return md5(text.encode()).hexdigest()

    async with studio(Camera(), "admin", "secret") as port, Client(port) as owner, Client(port) as thief:
        challenge = (await owner.ask("DESCRIBE")).headers["www-authenticate"][1]
        nonce = challenge.partition('nonce="')[2].partition('"')[0]
        answer = digest(f"{digest(f'admin:{REALM}:secret')}:{nonce}:{digest(f'DESCRIBE:{owner.url}')}")
        header = f'Digest username="admin", realm="{REALM}", nonce="{nonce}", uri="{owner.url}", response="{answer}"'
        assert (await owner.ask("DESCRIBE", Authorization=header)).status == 200
        assert (await owner.ask("DESCRIBE", f"{owner.url}?audio=0", Authorization=header)).status == 401
        replayed = await thief.ask("DESCRIBE", Authorization=header)
        assert replayed.status == 401
        assert "stale=true" in replayed["www-authenticate"]
