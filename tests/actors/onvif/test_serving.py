"""The port, what is broken on the wire, and the end."""

import socket
import tracemalloc

import aiohttp
import pytest

from config.boot import Boot
from models.onvif.limits import BODY_MAX
from tests.actors.onvif.onvif_kit import envelope, house, token
from tests.models.onvif.test_xml import BOMB, EXTERNAL
from tests.ports import free_port

ASK = envelope("<tds:GetServices/>")


async def test_a_taken_port_is_said_and_tried_again(boot: Boot) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        async with house(boot, onvifPort=port) as here:
            assert f"Port {port} is in use" in here.kit.degraded
            other.close()
            here.kit.settle(onvifUsernameToken=False)
            await here.kit.until(lambda: not here.kit.degraded)
            assert (await here.post(ASK))[0] == 200


async def test_another_port_is_served_at_once(boot: Boot) -> None:
    async with house(boot) as here:
        former, here.port = here.port, free_port()
        here.kit.settle(onvifPort=here.port)
        await here.kit.until(lambda: here.kit.actor._server.port == here.port)
        assert (await here.post(ASK, "/onvif/device_service"))[0] == 200
        with pytest.raises(aiohttp.ClientConnectorError):
            await here.post(ASK)
        assert here.url.endswith(f":{former}/onvif/device_service")


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        pytest.param(b"x" * 1_000_000, {413}, id="1 MB"),
        pytest.param(b"<a>" * (BODY_MAX // 3), {400}, id="deep"),
        pytest.param(BOMB.encode(), {400}, id="a billion laughs"),
        pytest.param(EXTERNAL.encode(), {400}, id="an external entity"),
        pytest.param(ASK.encode()[:-40], {400}, id="truncated"),
        pytest.param(ASK.replace("2003/05/soap-envelope", "2003/05/soap").encode(), {400}, id="another namespace"),
        pytest.param(ASK.encode("utf-16"), {200}, id="UTF-16"),
        pytest.param(b"", {400}, id="nothing"),
        pytest.param(envelope("<tev:PullMessages/>", token() * 50).encode(), {400, 401, 413}, id="50 tokens"),
    ],
)
async def test_whatever_comes_is_answered_and_nothing_else_disturbed(
    boot: Boot, body: bytes, statuses: set[int]
) -> None:
    async with house(boot) as here:
        tracemalloc.start()
        answers = [await here.post(body) for _ in range(5)]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert {status for status, _, _ in answers} <= statuses
        assert peak < 8_000_000
        assert (await here.post(ASK))[0] == 200


async def test_other_paths_and_methods_are_not_there(boot: Boot) -> None:
    async with house(boot) as here, aiohttp.ClientSession() as session:
        for path, status in (("/", 404), ("/onvif/device_service", 405), ("/etc/passwd", 404)):
            async with session.get(f"http://127.0.0.1:{here.port}{path}") as answer:
                assert answer.status == status
