"""Guests of the network against RTSP and the broker's topics, on the whole program, while the owner watches."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from models.messages.rtsp import GetRtsp
from models.messages.settings import ChangeSettings, SetCredentials
from tests.actors.mqtt.broker import AVAILABLE, Broker
from tests.actors.rtsp.wire import Client
from tests.ports import free_port
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"owner:right").decode()}
WRONG = {"Authorization": "Basic " + base64.b64encode(b"owner:wrong").decode()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("rtsp") / "data")
    ports = {"rtspPort": free_port(), "rtspTlsPort": free_port(), "rtspTlsEnabled": True, "rtspEnabled": True}
    running.ask("settings", SetCredentials("rtsp", "owner", "right"))
    assert not running.ask("settings", ChangeSettings(ports, "cli")).errors
    running.wait_for(lambda: running.ask("rtsp", GetRtsp()).tls_port)
    yield running
    assert running.stop() == 0


@contextlib.asynccontextmanager
async def watching(server: RunningServer) -> AsyncIterator[Callable[[], "asyncio.Future[None]"]]:
    """The owner plays; the function waits until he has got some seconds more."""
    async with Client(server.ask("rtsp", GetRtsp()).port) as owner:
        assert (await owner.ask("DESCRIBE", **LOGIN)).status == 200
        answer = await owner.ask(
            "SETUP", f"{owner.url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1", **LOGIN
        )
        owner.session = answer["session"].partition(";")[0]
        assert (await owner.ask("PLAY", **LOGIN)).status == 200

        async def more() -> None:
            pictures = sum(payload[1] >> 7 for channel, payload in owner.frames if channel == 0)  # the marker bit
            async with asyncio.timeout(30):
                while sum(payload[1] >> 7 for channel, payload in owner.frames if channel == 0) < pictures + 60:
                    await owner.collect(len(owner.frames) + 20)

        yield lambda: asyncio.ensure_future(more())


async def test_long_headers_cost_nobody_anything(server: RunningServer) -> None:
    async with watching(server) as more:
        port = server.ask("rtsp", GetRtsp()).port
        for header in (b"Digest " + b"a" * 16_000, b'Digest a="' + b"\\" * 16_000, b"Basic " + b"A" * 16_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.66", 0))
            request = b"DESCRIBE rtsp://h/stream RTSP/1.0\r\nCSeq: 1\r\nAuthorization: " + header + b"\r\n\r\n"
            writer.write(request * 30)
            await asyncio.gather(writer.drain(), more())
            async with asyncio.timeout(30):
                assert b" 40" in await reader.read(100)
            writer.close()
    assert {row.name: row.restarts for row in server.rows().values() if row.restarts} == {}


async def test_silence_guesses_and_many_sockets(server: RunningServer) -> None:
    port, tls_port = server.ask("rtsp", GetRtsp()).port, server.ask("rtsp", GetRtsp()).tls_port
    async with watching(server) as more, contextlib.AsyncExitStack() as held:
        for last in range(70, 80):
            for one in (port, tls_port):  # never a byte, never a handshake
                for _ in range(12):
                    await held.enter_async_context(Client(one, source=f"127.0.0.{last}"))
        async with Client(port, source="127.0.0.81") as guesser:
            statuses = [(await guesser.ask("DESCRIBE", **WRONG)).status for _ in range(8)]
            assert statuses == [401] * 5 + [403] * 3
        await more()
        async with Client(port, source="127.0.0.90") as recorder:
            assert (await recorder.ask("DESCRIBE", **LOGIN)).status == 200
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection("127.0.0.1", tls_port, ssl=context, local_addr=("127.0.0.90", 0))
        writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert (await reader.readline()).startswith(b"RTSP/1.0 200")
        writer.close()
        await more()
    assert {row.name: row.restarts for row in server.rows().values() if row.restarts} == {}


@pytest.mark.skipif(not AVAILABLE, reason="mosquitto and mosquitto-clients are not installed")
def test_a_poisoned_topic(server: RunningServer, tmp_path: Path) -> None:
    broker = Broker(tmp_path).start()
    try:
        topics = ["ipcamera/control/" + "a-" * 15_000, "ipcamera/control/" + "token" * 6_000]
        for topic in topics:
            broker.publish(topic, "x", "-r")
        broker.publish("ipcamera/status/device", "[" * 60_000, "-r")
        wanted = {
            "mqttBrokerUrl": "127.0.0.1",
            "mqttPort": broker.port,
            "mqttEnabled": True,
            "mqttCommandsEnabled": True,
        }
        assert not server.ask("settings", ChangeSettings(dict(wanted), "cli")).errors
        server.wait_for(lambda: broker.retained("ipcamera/status/online") == {"ipcamera/status/online": "online"}, 30)
        for topic in topics:
            broker.publish(topic, "x")
        broker.publish("ipcamera/control/setting/motionSensitivity/set", "7")
        server.wait_for(lambda: server.get("/settings")[1]["motionSensitivity"] == 7, 30)
        assert server.rows()["mqtt"].restarts == 0
    finally:
        broker.stop()
