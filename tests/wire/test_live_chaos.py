"""Media actors die under live sockets: the sockets stay, and say what happened to the picture."""

import pytest

from models.http.websocket_frames import V1_DISCONTINUITY, V1_HEADER, V1_KEY
from tests.wire.live_client import LiveClient
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.chaos, pytest.mark.timeout(120)]


def head(frame: bytes) -> tuple[int, int, int]:
    """flags, generation, sequence"""
    _, flags, generation, sequence, _, _ = V1_HEADER.unpack(frame[:24])
    return flags, generation, sequence


@pytest.mark.parametrize("actor", ["encoder", "camera"])
async def test_the_picture_comes_back(server: RunningServer, actor: str) -> None:
    live = await LiveClient.ready(server)
    await live.send("hello", want=["actor_event"])
    await live.send("enableH264", framing="v1")
    await live.until("h264_ack", lambda message: "codec" in message)
    before = head(await live.frame())
    restarts = server.rows()[actor].restarts
    server.kill(actor)
    told = await live.until("actor_event", lambda message: message["actor"] == actor)
    assert "killed by signal 9" in told["text"]
    server.wait_for(lambda: server.back_again(actor, restarts))
    heads = [head(await live.frame()) for _ in range(len(live.frames) + 30)]
    generations = [generation for _, generation, _ in heads]
    assert generations == sorted(generations)
    if actor == "encoder":
        [first] = [flags for flags, generation, _ in heads if generation > before[1]][:1]
        assert first & (V1_KEY | V1_DISCONTINUITY) == V1_KEY | V1_DISCONTINUITY
    await live.send("ping")
    await live.until("pong")
    await live.close()


async def test_listening_goes_on_after_the_microphone_died(server: RunningServer) -> None:
    live = await LiveClient.ready(server)
    await live.send("audio_subscribe")
    before = await live.until("audio")
    restarts = server.rows()["microphone"].restarts
    server.kill("microphone")
    server.wait_for(lambda: server.back_again("microphone", restarts))
    for _ in range(25):
        after = await live.until("audio")
    assert after["seq"] > before["seq"]
    assert after["level"] > -60
    await live.close()


async def test_the_facades_own_death_closes_sockets_and_keeps_ports_and_sessions(server: RunningServer) -> None:
    live = await LiveClient.ready(server)
    restarts = server.rows()["facade"].restarts
    server.kill("facade")
    assert await live.closed() == 1006
    server.wait_for(lambda: server.back_again("facade", restarts))
    again = await LiveClient.ready(server)  # the same port, the same token
    await again.close()


@pytest.mark.parametrize("actor", ["settings", "auth", "license", "mqtt", "rtsp"])
async def test_a_socket_survives_every_other_death(server: RunningServer, actor: str) -> None:
    live = await LiveClient.ready(server)
    restarts = server.rows()[actor].restarts
    server.kill(actor)
    server.wait_for(lambda: server.back_again(actor, restarts))
    await live.send("setting", key="jpegQuality", value=80)
    assert (await live.until("setting_ack"))["success"] is True
    await live.close()
