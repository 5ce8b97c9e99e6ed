"""What a stranger does to the whole program while its owner uses it. Bounded in number and time, on loopback."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator

import pytest
import websockets

from models.http import limits
from models.security.password_queue import RUSH
from tests.security.guests import PATIENCE_S, ask, connection, exchange, is_cut_off, live, log_in, silent
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
OWNER = "127.0.0.1"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("device") / "data")
    yield running
    running.stop()


@pytest.fixture(autouse=True)
async def _nothing_ends(device: RunningServer) -> AsyncIterator[None]:
    """Whatever a guest does, every actor lives on."""
    before = {name: (row.pid, row.restarts) for name, row in device.rows().items()}
    yield
    assert {name: (row.pid, row.restarts) for name, row in device.rows().items()} == before


async def owner_gets_in(device: RunningServer, source: str) -> None:
    status, body = await log_in(device, source)
    assert status == 200, body
    assert (await ask(device, source, "GET", "/status", Authorization=f"Bearer {body['token']}"))[0] == 200


async def test_a_flood_of_questions(device: RunningServer) -> None:
    """Public pages, wrong tokens and pages that do not exist, as fast as it goes, from four addresses."""
    told: dict[int, int] = {}

    async def guest(number: int) -> None:
        paths = ("/health", "/auth/status", "/nowhere", "/openapi.json", "/status?token=x", "/cert/info")
        for _ in range(4):
            async with connection(device, f"127.0.2.{number}") as (reader, writer):
                for turn in range(60):
                    wrong = f"{number:02x}{turn:02x}" * 16
                    try:
                        status, _ = await exchange(
                            reader, writer, "GET", paths[turn % 6], Authorization=f"Bearer {wrong}"
                        )
                    except (ConnectionError, asyncio.IncompleteReadError):
                        break
                    told[status] = told.get(status, 0) + 1

    await asyncio.gather(*(guest(number) for number in range(1, 5)), owner_gets_in(device, "127.0.2.99"))
    assert set(told) <= {200, 401, 404, 429}, told
    await owner_gets_in(device, OWNER)


async def test_silence_takes_no_place_for_long(device: RunningServer) -> None:
    """TCP without a word on both ports, and TLS without a request."""
    mute = [silent(port, "127.0.3.1") for port in (device.https_port, device.http_port) for _ in range(100)]
    await owner_gets_in(device, "127.0.3.99")
    async with asyncio.timeout(PATIENCE_S):
        while sum(map(is_cut_off, mute)) < len(mute) - limits.CONNECTIONS_STRANGERS_PER_ADDRESS:
            await asyncio.sleep(0.1)
        async with connection(device, "127.0.3.2") as (reader, _):
            assert await reader.read() == b""  # after FIRST_REQUEST_S
        assert all(map(is_cut_off, mute))
    for one in mute:
        one.close()


async def test_many_silent_addresses_leave_room_for_one_more(device: RunningServer) -> None:
    mute = [silent(device.https_port, f"127.0.4.{number % 20 + 1}") for number in range(400)]
    await owner_gets_in(device, "127.0.4.99")
    await owner_gets_in(device, OWNER)
    for one in mute:
        one.close()


async def test_a_burst_of_tokens_in_clear(device: RunningServer) -> None:
    """1,300 tokens in each of 150 URLs, sent and hung up: at most one of each would be worth a question."""
    line = f"GET /?{'&'.join(['token'] * 1300)} HTTP/1.1\r\nHost: camera\r\n\r\n".encode()
    for _ in range(150):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", device.http_port, local_addr=("127.0.5.1", 0))
        except ConnectionError:
            continue
        writer.write(line)
        writer.close()
    await owner_gets_in(device, "127.0.5.99")


async def test_sockets_that_wait_take_no_place_of_the_owner(device: RunningServer) -> None:
    _, body = await log_in(device, OWNER)
    opened = []
    for number in range(40):
        with contextlib.suppress(websockets.InvalidStatus):
            opened.append(await live(device, f"127.0.6.{number % 4 + 1}"))
    with_token = await live(device, "127.0.6.98", f"?token={body['token']}")
    assert json.loads(await with_token.recv())["type"] == "connected"
    in_band = await live(device, "127.0.6.99")
    assert json.loads(await in_band.recv())["type"] == "auth_required"
    await in_band.send(json.dumps({"type": "auth", "token": body["token"]}))
    assert json.loads(await in_band.recv())["success"] is True
    for one in (*opened, with_token, in_band):
        await one.close()


async def test_a_guesser_who_hammers_does_not_stand_in_the_way(device: RunningServer) -> None:
    """From an address that is locked, on many connections at once."""
    codes: set[int] = set()

    async def hammer() -> None:
        for _ in range(10):
            try:
                codes.add((await log_in(device, "127.0.7.1", "wrong"))[0])
            except (ConnectionError, asyncio.IncompleteReadError):
                continue

    guessing = [asyncio.create_task(hammer()) for _ in range(20)]
    for number in range(5):
        await owner_gets_in(device, f"127.0.7.{90 + number}")
    await asyncio.gather(*guessing)
    assert codes <= {401, 429}
    assert 429 in codes


async def test_patient_guessers_shut_nobody_out(device: RunningServer) -> None:
    """More wrong passwords than a rush is, from many addresses: everybody else still gets in, new or not."""
    await owner_gets_in(device, OWNER)
    for number in range(RUSH // 5 + 1):
        for _ in range(5):
            assert (await log_in(device, f"127.0.8.{number + 1}", "wrong"))[0] == 401
    assert (await log_in(device, f"127.0.8.{number + 1}"))[0] == 429
    await owner_gets_in(device, "127.0.8.99")
    await owner_gets_in(device, OWNER)


async def test_a_foreign_page_may_not_guess(device: RunningServer) -> None:
    """A browser can open a WebSocket anywhere, and would guess from the owner's own address."""
    socket = await live(device, "127.0.9.1", Origin="https://evil.example")
    assert json.loads(await socket.recv())["type"] == "auth_required"
    for _ in range(3):
        await socket.send(json.dumps({"type": "auth", "password": device.password}))
        answer = json.loads(await socket.recv())
        assert (answer["success"], answer["error"]) == (False, "Invalid origin")
    await owner_gets_in(device, "127.0.9.1")


async def test_the_history_tells(device: RunningServer) -> None:
    """What the others have done here; and a flood of connections, which is told after a while."""
    mute = [silent(device.https_port, "127.0.10.1") for _ in range(200)]
    wanted = {"SYSTEM_LOGIN_FAILED", "SYSTEM_LOCKED_OUT", "SYSTEM_NEW_ADDRESS", "SYSTEM_FLOOD", "SYSTEM_CREDENTIALS"}
    status, token = device.post("/api/tokens", {"name": "Home Assistant", "role": "media"})
    assert status == 200, token
    assert (await log_in(device, "127.0.10.2", "wrong"))[0] == 401
    for _ in range(4):
        await log_in(device, "127.0.10.2", "wrong")

    def told() -> set[str]:
        _, page = device.get("/events?type=SYSTEM&since=1")
        return {event["type"] for event in page["events"]}

    async with asyncio.timeout(PATIENCE_S):
        while not wanted <= await asyncio.to_thread(told):
            await asyncio.sleep(0.2)
    for one in mute:
        one.close()
