"""Logging in on the wire: what is told, what is counted."""

import base64

from tests.actors.rtsp.server_kit import Camera, studio
from tests.actors.rtsp.wire import Client


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


async def test_without_a_login_there_is_a_challenge_and_nothing_is_counted() -> None:
    camera = Camera()
    async with studio(camera, "admin", "secret") as port, Client(port) as client:
        assert (await client.ask("OPTIONS")).status == 200
        for _ in range(8):
            answer = await client.ask("DESCRIBE")
            assert answer.status == 401
        assert len(answer.headers["www-authenticate"]) == 3
        assert camera.failed_logins == []
        assert (await client.ask("DESCRIBE", Authorization=basic("admin:secret"))).status == 200


async def test_name_and_password_fail_alike_and_paths_are_not_told_apart() -> None:
    async with studio(Camera(), "admin", "secret") as port, Client(port) as client:
        answers = [
            await client.ask("DESCRIBE", Authorization=basic("admin:wrong")),
            await client.ask("DESCRIBE", Authorization=basic("other:secret")),
            await client.ask("DESCRIBE", client.url + "-not-there", Authorization=basic("admin:wrong")),
        ]
        assert [answer.status for answer in answers] == [401] * 3
        assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1


async def test_five_failures_lock_the_address_and_no_other() -> None:
    camera = Camera()
    async with studio(camera, "admin", "secret") as port, Client(port) as client:
        for _ in range(5):
            assert (await client.ask("DESCRIBE", Authorization=basic("admin:wrong"))).status == 401
        locked = await client.ask("DESCRIBE", Authorization=basic("admin:secret"))
        assert locked.status == 403
        assert 55 <= int(locked["retry-after"]) <= 60
        assert camera.failed_logins == ["127.0.0.1"] * 5
        async with Client(port, source="127.0.0.2") as other:
            assert (await other.ask("DESCRIBE", Authorization=basic("admin:secret"))).status == 200


async def test_an_address_that_has_been_in_waits_its_turn_and_is_not_shut_out() -> None:
    camera = Camera()
    async with studio(camera, "admin", "secret") as port, Client(port) as guesser, Client(port) as viewer:
        assert (await viewer.ask("DESCRIBE", Authorization=basic("admin:secret"))).status == 200
        assert camera.first_logins == ["127.0.0.1"]
        for _ in range(6):  # the sixth waits its turn
            assert (await guesser.ask("DESCRIBE", Authorization=basic("admin:wrong"))).status == 401
        assert (await viewer.ask("GET_PARAMETER", Authorization=basic("admin:secret"))).status == 200, "he is in"
        async with Client(port) as recorder:
            assert (await recorder.ask("DESCRIBE", Authorization=basic("admin:secret"))).status == 200
        async with Client(port, source="127.0.0.2") as stranger:
            assert (await stranger.ask("DESCRIBE", Authorization=basic("admin:secret"))).status == 200
        assert camera.first_logins == ["127.0.0.1", "127.0.0.2"]


async def test_a_name_without_a_password_asks_for_nothing() -> None:
    async with studio(Camera(), "admin", "") as port, Client(port) as client:
        assert (await client.ask("DESCRIBE")).status == 200
