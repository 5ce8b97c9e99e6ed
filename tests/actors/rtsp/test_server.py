"""The network core, byte by byte, on real sockets."""

import asyncio
from itertools import pairwise

from actors.rtsp.housekeeping import idle
from actors.rtsp.limits import STALL_S
from models.media.tier import Tier
from models.rtp.packet import parse_header
from tests.actors.rtsp.server_kit import Camera, studio
from tests.actors.rtsp.wire import Client, rtp_info


async def test_describe_setup_play_teardown_over_tcp() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        options = await client.ask("OPTIONS")
        assert "GET_PARAMETER" in options["public"]
        described = await client.ask("DESCRIBE", Accept="application/sdp")
        assert described["content-base"] == client.url + "/"
        assert b"sprop-parameter-sets=" in described.body
        assert b"m=audio 0 RTP/AVP 97" in described.body
        assert (await client.set_up(0)).status == 200
        assert (await client.set_up(1)).status == 200
        played = await client.ask("PLAY", Range="npt=0.000-")
        assert played.status == 200
        frames = await client.collect(60)
        assert frames[0][0] == 1
        assert frames[0][1][1] == 200  # a sender report comes first
        video = [header for channel, data in frames if channel == 0 and (header := parse_header(data))]
        number, timestamp = rtp_info(played)[0]
        assert (video[0].sequence_number, video[0].timestamp) == (number, timestamp)
        assert [header.sequence_number for header in video] == [(number + i) % 65536 for i in range(len(video))]
        first = next(data for channel, data in frames if channel == 0)
        assert first[12] & 0x1F == 24  # SPS and PPS in a STAP-A before the IDR
        down = await client.ask("TEARDOWN")
        assert down.status == 200


async def test_sound_can_be_declined() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        described = await client.ask("DESCRIBE", client.url + "?audio=0")
        assert b"m=audio" not in described.body
        assert described["content-base"] == client.url + "/"


async def test_sound_that_is_switched_off_is_not_described() -> None:
    async with studio(Camera(sound=False)) as port, Client(port) as client:
        assert b"m=audio" not in (await client.ask("DESCRIBE")).body


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        for method in ("OPTIONS", "DESCRIBE", "OPTIONS", "GET_PARAMETER"):
            client.write(method)
        answers = [await client.answer() for _ in range(4)]
        assert [answer["cseq"] for answer in answers] == ["1", "2", "3", "4"]
        assert [answer.status for answer in answers] == [200] * 4


async def test_a_second_viewer_begins_with_an_idr_and_the_same_numbers() -> None:
    async with studio(Camera(gop=1000)) as port, Client(port) as one, Client(port) as two:
        await one.ask("DESCRIBE")
        await one.set_up()
        await one.ask("PLAY")
        await one.collect(40)
        await two.set_up()
        played = await two.ask("PLAY")
        frames = await two.collect(20)
        first = next(data for channel, data in frames if channel == 0)
        assert first[12] & 0x1F == 24
        await one.collect(len(one.frames) + 60)
        seen = {data for channel, data in one.frames if channel == 0}
        assert all(data in seen for channel, data in frames if channel == 0)
        assert rtp_info(played)[0][0] == parse_header(first).sequence_number  # type: ignore[union-attr]


async def test_a_camera_that_takes_no_orders_gives_its_last_group() -> None:
    async with studio(Camera(gop=1000, takes_orders=False, always=True)) as port, Client(port) as one:
        await one.set_up()
        await one.ask("PLAY")
        await one.collect(60)
        async with Client(port) as two:
            await two.set_up()
            assert (await two.ask("PLAY")).status == 200
            await two.collect(60)
            first = next(data for channel, data in two.frames if channel == 0)
            given = next(data for channel, data in one.frames if channel == 0)
            assert (first[:4], first[8:]) == (given[:4], given[8:])  # its time is nearer to now


async def test_limits_are_answered_with_503_at_once() -> None:
    async with studio(Camera()) as port:
        clients = [Client(port) for _ in range(4)]
        for client in clients:
            await client.__aenter__()
        assert [(await client.set_up()).status for client in clients] == [200, 200, 200, 503]
        clients[0].writer.close()
        await asyncio.sleep(0.1)
        assert (await clients[3].set_up()).status == 200
        for client in clients:
            client.writer.close()


async def test_bare_describes_take_no_place() -> None:
    async with studio(Camera()) as port:
        for _ in range(8):
            async with Client(port) as client:
                assert (await client.ask("DESCRIBE")).status == 200


async def test_a_session_belongs_to_its_address() -> None:
    async with studio(Camera()) as port, Client(port) as one, Client(port, source="127.0.0.2") as two:
        await one.set_up(transport="RTP/AVP;unicast;client_port=40000-40001")
        two.session = one.session
        assert (await two.ask("TEARDOWN", one.url)).status == 454


async def test_two_tracks_never_share_a_channel() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        await client.ask("DESCRIBE")
        assert (await client.set_up(0, "RTP/AVP/TCP;unicast;interleaved=0-1")).status == 200
        assert (await client.set_up(1, "RTP/AVP/TCP;unicast;interleaved=0-1")).status == 461
        assert (await client.set_up(1, "RTP/AVP/TCP;unicast;interleaved=1-2")).status == 461
        assert (await client.set_up(0, "RTP/AVP/TCP;unicast;interleaved=0-1")).status == 200, "again, for itself"
        answer = await client.set_up(1, "RTP/AVP/TCP;unicast")
        assert "interleaved=2-3" in answer["transport"]


async def test_pause_and_play_again() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        await client.set_up()
        await client.ask("PLAY")
        await client.collect(10)
        assert (await client.ask("PAUSE")).status == 200
        client.frames.clear()
        await asyncio.sleep(0.3)
        assert (await client.ask("PLAY")).status == 200
        assert all(data[1] & 0x7F == 96 or channel == 1 for channel, data in await client.collect(5))


async def test_an_encoder_that_restarts_does_not_end_sessions() -> None:
    camera = Camera()
    async with studio(camera) as port, Client(port) as client:
        await client.set_up()
        await client.ask("PLAY")
        await client.collect(10)
        camera.epoch, camera.width = 2, 352
        await asyncio.sleep(0.2)
        client.frames.clear()
        frames = await client.collect(30)
        headers = [header for channel, data in frames if channel == 0 and (header := parse_header(data))]
        assert len({header.ssrc for header in headers}) == 1
        numbers = [header.sequence_number for header in headers]
        assert numbers == [(numbers[0] + i) % 65536 for i in range(len(numbers))]
        steps = {(b.timestamp - a.timestamp) % 2**32 for a, b in pairwise(headers)}
        assert all(step < 90_000 for step in steps)


async def test_media_runs_only_while_somebody_wants_it() -> None:
    camera = Camera()
    async with studio(camera) as port:
        assert not camera.wanted
        async with Client(port) as client:
            await client.set_up()
            await client.ask("PLAY")
            assert camera.wanted
        await asyncio.sleep(0.1)
        camera.server.streams[Tier.MAIN]._media_until = 0.0  # the time it lingers for is over
        camera.server.demand()
        assert not camera.wanted


async def test_the_master_switch() -> None:
    camera = Camera(streaming=False)
    async with studio(camera) as port, Client(port) as client:
        assert (await client.ask("DESCRIBE")).status == 503
        assert (await client.set_up()).status == 503


async def test_a_broken_connection_ends_its_session() -> None:
    camera = Camera()
    async with studio(camera) as port:
        async with Client(port) as client:
            await client.set_up()
            await client.ask("PLAY")
        await asyncio.sleep(0.1)
        assert camera.server.sessions == {}


async def test_rubbish_is_answered_and_cut_off() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await client.answer()).status == 400
        assert await client.reader.read() == b""


async def test_a_reader_that_stops_delays_nobody_and_loses_whole_pictures() -> None:
    camera = Camera(noise=True, width=640, height=480, bit_rate=8_000_000, gop=30)
    async with studio(camera) as port, Client(port) as good, Client(port) as bad:
        for client in (good, bad):
            await client.set_up()
            await client.ask("PLAY")
        for _ in range(12):  # ``bad`` is not read; ``good`` must see every picture
            await good.collect(len(good.frames) + 60)
        video = [header for channel, data in good.frames if channel == 0 and (header := parse_header(data))]
        assert [h.sequence_number for h in video] == [(video[0].sequence_number + i) % 65536 for i in range(len(video))]
        [lagging] = [s for s in camera.server.sessions.values() if s.session_id == bad.session]
        for _ in range(200):
            if lagging.senders[0].skipped:
                break
            await good.collect(len(good.frames) + 60)
        assert lagging.senders[0].skipped > 0
        [held_up] = [one for one in camera.server.connections if lagging.owner is one]
        assert not idle(camera.server, held_up, camera.server.now())
        held_up.send_queue.progress -= STALL_S + 1
        assert idle(camera.server, held_up, camera.server.now()), "it would be disconnected"
        held_up.send_queue.progress = camera.server.now()
        while lagging.senders[0].skipped and len(bad.frames) < 4000:
            await asyncio.wait_for(
                asyncio.gather(bad.collect(len(bad.frames) + 20), good.collect(len(good.frames) + 1)), 10
            )
            if len({h.timestamp for c, d in bad.frames if c == 0 and (h := parse_header(d))}) > 400:
                break
        numbers = [
            header.sequence_number for channel, data in bad.frames if channel == 0 and (header := parse_header(data))
        ]
        assert numbers == [(numbers[0] + i) % 65536 for i in range(len(numbers))]


async def test_a_player_cannot_paint_on_the_terminal() -> None:
    camera = Camera()
    async with studio(camera) as port, Client(port) as client:
        transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        await client.ask("SETUP", client.url, Transport=transport, User_Agent="\x1b[31mred\r\x07" + "x" * 500)
        [session] = camera.server.sessions.values()
        assert session.view(0.0).user_agent == "[31mred" + "x" * 113


async def test_a_track_that_is_set_up_while_the_other_plays_is_sent() -> None:
    camera = Camera()
    async with studio(camera) as port, Client(port) as client:
        assert b"m=audio" in (await client.ask("DESCRIBE")).body
        await client.set_up(0)
        await client.ask("PLAY")
        await client.collect(len(client.frames) + 30)
        assert {channel for channel, _ in client.frames} <= {0, 1}
        assert (await client.set_up(1)).status == 200
        while 2 not in {channel for channel, _ in client.frames}:
            await asyncio.wait_for(client.collect(len(client.frames) + 1), 5)


async def test_what_does_not_fit_into_the_socket_follows_in_order() -> None:
    camera = Camera()
    async with studio(camera) as port, Client(port) as client:
        assert (await client.ask("OPTIONS")).status == 200
        [connection] = camera.server.connections
        parts = [bytes([number]) * 50_000 for number in range(200)]
        for part in parts[:150]:
            connection.send(part)
        assert not connection.clear, "the client has not read, so its socket is full"
        assert await client.reader.readexactly(150 * 50_000) == b"".join(parts[:150])
        connection.look(camera.server.now())
        assert connection.clear
        for part in parts[150:]:
            connection.send(part)
        assert await client.reader.readexactly(50 * 50_000) == b"".join(parts[150:])


async def test_nothing_is_written_to_a_connection_that_is_gone() -> None:
    camera = Camera()
    async with studio(camera) as port:
        async with Client(port) as client:
            assert (await client.ask("OPTIONS")).status == 200
            [connection] = camera.server.connections
        while list(camera.server.connections):
            await asyncio.sleep(0.01)
        connection.look(camera.server.now())
        assert not connection.clear
        connection.send(b"into the void")  # its descriptor may be another's by now
