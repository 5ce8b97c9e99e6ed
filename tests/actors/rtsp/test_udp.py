"""UDP on the wire: port pairs, symmetric RTP, closed ports, RTCP as keep-alive."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator

from actors.rtsp.housekeeping import gone
from actors.rtsp.listener import udp_pair
from models.media.tier import Tier
from models.rtp.packet import parse_header
from models.rtsp.request_check import SESSION_TIMEOUT_S
from tests.actors.rtsp.server_kit import Camera, studio
from tests.actors.rtsp.wire import Client


@contextlib.contextmanager
def ports() -> Iterator[tuple[socket.socket, socket.socket]]:
    pair = udp_pair("127.0.0.1")
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    try:
        yield pair
    finally:
        for sock in pair:
            sock.close()


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


async def receive(sock: socket.socket, count: int) -> list[bytes]:
    loop = asyncio.get_running_loop()
    return [await asyncio.wait_for(loop.sock_recv(sock, 2048), 5) for _ in range(count)]


async def test_packets_arrive_at_the_ports_that_were_named() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        with ports() as (rtp, rtcp):
            await client.ask("DESCRIBE")
            answer = await client.set_up(0, f"RTP/AVP;unicast;client_port={port_of(rtp)}-{port_of(rtcp)}")
            assert f"client_port={port_of(rtp)}-{port_of(rtcp)}" in answer["transport"]
            assert (await client.ask("PLAY")).status == 200
            headers = [parse_header(packet) for packet in await receive(rtp, 60)]
            numbers = [header.sequence_number for header in headers if header]
            assert numbers == [(numbers[0] + i) % 65536 for i in range(60)]
            [report] = await receive(rtcp, 1)
            assert report[1] == 200


async def test_a_client_behind_nat_is_answered_where_it_really_is() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        with ports() as (rtp, rtcp):
            answer = await client.set_up(0, "RTP/AVP;unicast;client_port=9-10")
            server_ports = answer["transport"].partition("server_port=")[2].partition(";")[0].split("-")
            for sock, number in zip((rtp, rtcp), server_ports, strict=True):
                sock.sendto(b"\xce\xfa\xed\xfe", ("127.0.0.1", int(number)))
            await asyncio.sleep(0.05)
            await client.ask("PLAY")
            assert len(await receive(rtp, 10)) == 10


async def test_packets_of_a_stranger_change_nothing() -> None:
    async with studio(Camera()) as port, Client(port) as client:
        with ports() as (rtp, rtcp), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            answer = await client.set_up(0, f"RTP/AVP;unicast;client_port={port_of(rtp)}-{port_of(rtcp)}")
            number = int(answer["transport"].partition("server_port=")[2].partition("-")[0])
            stranger.sendto(b"here", ("127.0.0.1", number))
            await asyncio.sleep(0.05)
            await client.ask("PLAY")
            assert len(await receive(rtp, 10)) == 10


async def test_the_last_group_of_a_camera_that_takes_no_orders_comes_paced_and_whole() -> None:
    camera = Camera(gop=1000, takes_orders=False, always=True, noise=True, bit_rate=4_000_000)
    async with studio(camera) as port, Client(port) as one, Client(port) as two:
        await one.set_up()
        await one.ask("PLAY")
        await one.collect(600)
        with ports() as (rtp, rtcp):
            await two.set_up(0, f"RTP/AVP;unicast;client_port={port_of(rtp)}-{port_of(rtcp)}")
            await two.ask("PLAY")
            kept = sum(len(unit.sizes) for _, unit in camera.server.streams[Tier.MAIN].presentation.gop)
            packets = await receive(rtp, kept + 30)
        headers = [header for packet in packets if (header := parse_header(packet))]
        assert packets[0][12] & 0x1F == 24  # SPS and PPS in a STAP-A before the IDR
        assert [h.sequence_number for h in headers] == [
            (headers[0].sequence_number + i) % 65536 for i in range(len(headers))
        ]


async def test_a_client_whose_ports_are_closed_is_forgotten() -> None:
    camera = Camera()
    async with studio(camera) as port:
        async with Client(port) as client:
            with ports() as (rtp, rtcp):
                await client.set_up(0, f"RTP/AVP;unicast;client_port={port_of(rtp)}-{port_of(rtcp)}")
                await client.ask("PLAY")
                await receive(rtp, 5)
        for _ in range(80):
            if not camera.server.sessions:
                break
            await asyncio.sleep(0.1)
        assert camera.server.sessions == {}


async def test_a_receiver_report_keeps_the_session_and_is_shown() -> None:
    camera = Camera()
    async with studio(camera) as port:
        with ports() as (rtp, rtcp):
            async with Client(port) as client:
                await client.set_up(0, f"RTP/AVP;unicast;client_port={port_of(rtp)}-{port_of(rtcp)}")
                await client.ask("PLAY")
                [packet] = await receive(rtp, 1)
                [session] = camera.server.sessions.values()
                session.last_seen -= SESSION_TIMEOUT_S + 1
                assert gone(session, camera.server.now())
                header = parse_header(packet)
                assert header is not None
                block = struct.pack("!IBBHIIII", header.ssrc, 64, 0, 3, 0, 0, 0, 0)
                await receive(rtcp, 1)
                _, source = session.senders[0].server_ports  # type: ignore[union-attr]
                rtcp.sendto(struct.pack("!BBHI", 0x81, 201, 7, 1) + block, ("127.0.0.1", source))
                await asyncio.sleep(0.05)
                assert not gone(session, camera.server.now())
                session.tick(1.0)
                assert session.view(camera.server.now()).loss_percent == 25.0
            await receive(rtp, 30)  # the connection has gone, the session has not
            assert camera.server.sessions


async def test_the_ports_are_given_back() -> None:
    camera = Camera()
    async with studio(camera) as port, Client(port) as client:
        answer = await client.set_up(0, "RTP/AVP;unicast;client_port=40000-40001")
        number = int(answer["transport"].partition("server_port=")[2].partition("-")[0])
        await client.ask("TEARDOWN")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(("127.0.0.1", number))
