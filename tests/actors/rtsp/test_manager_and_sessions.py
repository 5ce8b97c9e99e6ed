"""Manager and session actors with the real camera, encoder and settings: configuration, limits, deaths."""

import asyncio
import base64
import json
import socket
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from models.errors import Conflict
from models.messages.rtsp import RestartRtsp, StartRtsp, StopRtsp, StoreRtsp
from models.rtp.packet import parse_header
from tests.actors.rtsp.manager_kit import ActorHost, house
from tests.actors.rtsp.wire import Client
from tests.ports import free_port

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActorHost]:
    with house(tmp_path_factory.mktemp("rtsp")) as running:
        yield running


def describe(port: int, path: str = "/stream", authorization: str = "") -> int:
    async def ask() -> int:
        async with Client(port, path) as client:
            shown = {"Authorization": authorization} if authorization else {}
            return (await client.ask("DESCRIBE", **shown)).status

    return asyncio.run(asyncio.wait_for(ask(), 10))


def in_thread(house: ActorHost, condition: Callable[[], bool]) -> asyncio.Future[object]:
    return asyncio.ensure_future(asyncio.to_thread(house.wait_for, condition))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_start_and_stop_are_stored_and_shown(one: ActorHost) -> None:
    assert (one.view.enabled, one.view.running, one.view.port, one.view.path) == (True, True, one.port, "/stream")
    assert describe(one.port) == 200
    one.control.ask("rtsp", StopRtsp(), 10)
    one.control.ask("rtsp", StopRtsp(), 10)
    assert (one.view.enabled, one.view.running) == (False, False)
    assert not listens(one.port)
    one.control.ask("rtsp", StartRtsp(), 10)
    one.control.ask("rtsp", StartRtsp(), 10)
    assert describe(one.port) == 200


def test_the_setting_is_the_switch(one: ActorHost) -> None:
    one.set(rtspEnabled=False)
    one.wait_for(lambda: not one.view.running)
    assert not listens(one.port)
    one.set(rtspEnabled=True)
    one.wait_for(lambda: one.view.running)
    assert describe(one.port) == 200


def test_a_busy_port_changes_nothing(one: ActorHost) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        busy = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {busy} is in use"):
            one.apply(rtspPort=busy, rtspPath="/elsewhere")
    assert (one.view.running, one.view.port, one.view.path) == (True, one.port, "/stream")
    assert describe(one.port) == 200


def test_apply_moves_port_path_and_login_at_once(one: ActorHost) -> None:
    before, port = one.port, free_port()
    assert one.apply(rtspPort=port, rtspPath="cam", rtspUsername="a", rtspPassword="b").errors == ()
    assert (one.view.running, one.view.port, one.view.path) == (True, port, "/cam")
    assert not listens(before)
    assert describe(port, "/cam") == 401
    assert one.apply(rtspPort=before, rtspPath="/stream", rtspUsername="", rtspPassword="", rtspOpen=True).errors == ()
    assert describe(before) == 200


def test_wrong_values_are_named_and_nothing_is_stored(one: ActorHost) -> None:
    assert one.apply(rtspPort=80, rtspPath="/a b", color=1).errors == (
        "rtspPort: Value must be between 1024 and 65535",
        "rtspPath: Invalid format",
        "color: Unknown setting",
    )
    assert one.apply(rtspUsername="admin").errors == ("rtspPassword: Required together with rtspUsername",)
    assert one.apply(rtspPassword="secret").errors == ("rtspUsername: Required together with rtspPassword",)
    assert one.view.port == one.port


def test_stored_settings_count_from_the_restart_on(one: ActorHost) -> None:
    assert one.control.ask("rtsp", StoreRtsp({"rtspPath": "/later"}), 10).restart_required
    assert one.view.path == "/stream"
    assert describe(one.port) == 200
    one.control.ask("rtsp", RestartRtsp(), 10)
    assert one.view.path == "/later"
    assert describe(one.port, "/later") == 200
    assert not one.control.ask("rtsp", StoreRtsp({"rtspPath": "/later"}), 10).restart_required
    one.apply(rtspPath="/stream")


async def test_sessions_are_shown_and_limited(one: ActorHost) -> None:
    one.set(rtspMaxClientsPerIp=2)
    try:
        async with Client(one.port) as first, Client(one.port) as second, Client(one.port) as third:
            assert (await first.set_up()).status == 200
            await first.ask("PLAY")
            assert (await second.set_up()).status == 200
            assert (await third.set_up()).status == 503
            await in_thread(one, lambda: one.view.clients == 1 and len(one.view.sessions) == 2)
            await first.ask("TEARDOWN")
            assert (await third.set_up()).status == 200
    finally:
        one.set(rtspMaxClientsPerIp=10)


async def test_an_encoder_that_dies_is_a_pause_and_no_end(one: ActorHost) -> None:
    async with Client(one.port) as client:
        await client.set_up()
        await client.ask("PLAY")
        await client.collect(60)
        await client.collect_while(asyncio.to_thread(one.kill, "encoder"))
        await asyncio.wait_for(client.collect(len(client.frames) + 300), 20)
        headers = [header for channel, data in client.frames if channel == 0 and (header := parse_header(data))]
        numbers = [header.sequence_number for header in headers]
        assert numbers == [(numbers[0] + i) % 65536 for i in range(len(numbers))]
        assert len({header.ssrc for header in headers}) == 1
        assert all(0 <= (b.timestamp - a.timestamp) % 2**32 < 2**31 for a, b in pairwise(headers))


async def test_a_manager_that_dies_takes_no_session_with_it(one: ActorHost) -> None:
    async with Client(one.port) as client:
        await client.set_up()
        await client.ask("PLAY")
        await client.collect(20)
        await client.collect_while(asyncio.to_thread(one.kill, "rtsp"))
        await client.collect_while(in_thread(one, lambda: one.view.running and one.view.clients == 1))
        async with Client(one.port) as second:
            assert (await client.collect_while(second.set_up())).status == 200
        assert (await client.ask("GET_PARAMETER")).status == 200


def test_a_session_actor_that_dies_serves_again(one: ActorHost) -> None:
    one.kill("rtsp_session_0")
    one.wait_for(lambda: one.view.running)
    one.wait_for(lambda: listens(one.port))
    assert describe(one.port) == 200


async def test_a_stopped_camera_is_said(one: ActorHost) -> None:
    async with Client(one.port) as client:
        await client.set_up()
        await client.ask("PLAY")
        await asyncio.to_thread(one.set, streaming=False)
        await asyncio.wait_for(client.reader.read(-1), 10)  # all that was sent, and the end
    assert await asyncio.to_thread(describe, one.port) == 503
    await asyncio.to_thread(one.set, streaming=True)
    assert await asyncio.to_thread(describe, one.port) == 200


async def test_viewers_of_one_session_actor_do_not_notice_that_another_died(tmp_path: Path) -> None:
    running = await asyncio.to_thread(ActorHost, tmp_path, 2)
    clients: list[Client] = []
    ssrcs: set[str] = set()  # each session actor has its own
    try:
        while len(clients) < 6 or len(ssrcs) < 2:  # the kernel deals them out
            if len(clients) == 8:
                clients.pop(0).writer.close()
            client = await Client(running.port).__aenter__()
            clients.append(client)
            ssrcs.add((await client.set_up())["transport"].partition("ssrc=")[2])
            assert (await client.ask("PLAY")).status == 200
        killed = asyncio.ensure_future(asyncio.to_thread(running.kill, "rtsp_session_0"))
        ends = await asyncio.gather(
            *(client.collect_while(asyncio.shield(killed)) for client in clients), return_exceptions=True
        )
        alive = [client for client, end in zip(clients, ends, strict=True) if not isinstance(end, BaseException)]
        assert 0 < len(alive) < len(clients)
        await asyncio.gather(*(client.collect_while(asyncio.sleep(1.0)) for client in alive))
        for client in alive:
            numbers = [
                h.sequence_number for channel, data in client.frames if channel == 0 and (h := parse_header(data))
            ]
            assert numbers == [(numbers[0] + i) % 65536 for i in range(len(numbers))]
        shown = in_thread(running, lambda: running.view.clients == len(alive))
        await asyncio.gather(*(client.collect_while(asyncio.shield(shown)) for client in alive))
    finally:
        for client in clients:
            client.writer.close()
        await asyncio.to_thread(running.stop)


def test_two_session_actors_do_not_share_a_port_with_a_stranger(tmp_path: Path) -> None:
    with house(tmp_path, 2, start=False) as running, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", running.port))
        other.listen()
        with pytest.raises(Conflict, match="is in use"):
            running.control.ask("rtsp", StartRtsp(), 10)
        assert (running.view.enabled, running.view.running) == (True, False)
        assert running.view.last_error == f"Port {running.port} is in use"
        other.close()
        running.wait_for(lambda: running.view.running)  # tried again
        assert describe(running.port) == 200


def failures_on_disk(one: ActorHost) -> int:
    try:
        kept = json.loads((one.boot.run_dir / "rtsp_session_0-lockouts.json").read_text())
    except OSError:
        return 0
    return sum(len(times) for times in kept["failures"].values())


def test_a_lock_out_outlives_the_actor(one: ActorHost) -> None:
    assert one.apply(rtspUsername="a", rtspPassword="b").errors == ()
    try:
        wrong = "Basic " + base64.b64encode(b"a:wrong").decode()
        assert [describe(one.port, authorization=wrong) for _ in range(5)] == [401] * 5
        one.wait_for(lambda: failures_on_disk(one) == 5)
        one.kill("rtsp_session_0")
        one.wait_for(lambda: listens(one.port))
        assert describe(one.port, authorization=wrong) == 403
    finally:
        for file in one.boot.run_dir.glob("*-lockouts.json"):
            file.unlink()
        one.kill("rtsp_session_0")
        assert one.apply(rtspUsername="", rtspPassword="", rtspOpen=True).errors == ()


def test_who_has_been_in_is_known_to_the_next_actor(one: ActorHost) -> None:
    assert one.apply(rtspUsername="a", rtspPassword="b").errors == ()
    known = one.boot.data_dir / "rtsp_session_0-known.json"
    try:
        right, wrong = ("Basic " + base64.b64encode(text).decode() for text in (b"a:b", b"a:wrong"))
        assert describe(one.port, authorization=right) == 200
        one.wait_for(known.exists)
        one.kill("rtsp_session_0")
        one.wait_for(lambda: listens(one.port))
        assert [describe(one.port, authorization=wrong) for _ in range(5)] == [401] * 5
        assert describe(one.port, authorization=right) == 200
    finally:
        assert one.apply(rtspUsername="", rtspPassword="", rtspOpen=True).errors == ()


def test_no_login_is_made_while_it_is_off(one: ActorHost) -> None:
    one.control.ask("rtsp", StopRtsp(), 10)
    one.set(rtspOpen=False)
    try:
        assert not one.control.ask("rtsp", StoreRtsp({}), 10).restart_required
        assert (one.view.login, one.view.new_login) == ("", False)
    finally:
        one.set(rtspOpen=True)
        one.control.ask("rtsp", StartRtsp(), 10)
