"""The pool's door with false replicas behind it: tokens, turns, quotas, garbage, and what is said of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from models.errors import Invalid, LimitReached, Missing
from models.pool.limits import QUESTION_BYTES
from models.pool.wire_format import PICTURES_PATH, SOUND_PATH
from pool import limits
from pool.gateway import Gateway, ServingError
from pool.inference import Answer
from pool.members import FILE, Members


class Replicas:
    """Answers with how many questions there were, when ``hold`` is open; refuses what is ``bad``."""

    def __init__(self) -> None:
        self.hold = asyncio.Event()
        self.hold.set()
        self.questions: list[bytes] = []
        self.dead = False

    async def pictures(self, question: bytes) -> Answer:
        self.questions.append(question)
        await self.hold.wait()
        if self.dead:
            raise ServingError("no replica")
        return Answer(b"", "it is bad", 1) if question == b"bad" else Answer(b"{}", "", 2)

    async def sound(self, samples: bytes, networks: tuple[str, ...]) -> Answer:
        return Answer(",".join(networks).encode(), "", 1)

    async def state(self) -> dict[str, object]:
        return {"hosts": [], "replicas": {"objects": 1}}


class Pool:
    def __init__(self, folder: Path) -> None:
        self.members = Members(folder)
        self.replicas = Replicas()
        self.gateway = Gateway(self.members, self.replicas, places=1)
        app = self.gateway.app()
        app.router.add_get("/status", self.gateway.status)
        self.client: TestClient[Any, Any] = TestClient(TestServer(app))
        self.tokens = {name: self.members.invite(name) for name in ("front", "garden")}

    async def ask(
        self, camera: str, body: bytes = b"q", key: str = "key", path: str = PICTURES_PATH
    ) -> tuple[int, str]:
        bearer = {"Authorization": f"Bearer {self.tokens[camera]}.{key}"}
        async with self.client.post(path, data=body, headers=bearer) as response:
            return response.status, await response.text()


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[Pool]:
    pool = Pool(tmp_path)
    await pool.client.start_server()
    yield pool
    await pool.client.close()


async def test_who_was_invited_is_answered(pool: Pool) -> None:
    assert await pool.ask("front") == (200, "{}")
    assert await pool.ask("front", path=f"{SOUND_PATH}?networks=yamnet,mn04_as") == (200, "yamnet,mn04_as")


async def test_wrong_revoked_and_replayed_tokens_get_401(pool: Pool) -> None:
    assert (await pool.ask("front"))[0] == 200
    assert (await pool.ask("front", key="another device"))[0] == 401  # the line was pasted into a second camera
    assert (await pool.ask("front"))[0] == 200
    for bearer in ("", "Bearer", f"Bearer {pool.tokens['garden']}", "Bearer x.key", f"Basic {pool.tokens['garden']}.k"):
        async with pool.client.post(PICTURES_PATH, data=b"q", headers={"Authorization": bearer}) as response:
            assert response.status == 401
    for credential in (b"\xff.key", pool.tokens["front"].encode() + b".\xff"):
        assert await sent(pool, b"Authorization: Bearer " + credential) == b"401"
    pool.members.revoke("front")
    assert (await pool.ask("front"))[0] == 401
    pool.tokens["front"], former = Members(pool.members._dir).invite("front"), pool.tokens["front"]
    assert (await pool.ask("front", key="new device"))[0] == 200
    pool.tokens["front"] = former
    assert (await pool.ask("front"))[0] == 401


async def sent(pool: Pool, header: bytes) -> bytes:
    """The status of a question with a header that no decent client sends."""
    reader, writer = await asyncio.open_connection(pool.client.host, pool.client.port)
    writer.write(
        b"POST %s HTTP/1.1\r\nHost: pool\r\nContent-Length: 0\r\n%s\r\n\r\n" % (PICTURES_PATH.encode(), header)
    )
    status = (await reader.readline()).split()[1]
    writer.close()
    return status


async def test_what_cannot_be_read_is_the_senders_trouble(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BAD_PER_S", 1e-6)
    pool.gateway._bad._rate = 1e-6
    for _ in range(limits.BAD_BURST):
        assert await pool.ask("front", b"bad") == (400, '{"error": "it is bad"}')
    asked = len(pool.replicas.questions)
    assert (await pool.ask("front"))[0] == 429  # unread
    assert len(pool.replicas.questions) == asked
    assert (await pool.ask("garden"))[0] == 200


async def test_a_question_that_is_too_long_or_does_not_come_is_refused(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await pool.ask("front", b"x" * (QUESTION_BYTES + 1)))[0] == 400
    monkeypatch.setattr(limits, "BODY_S", 0.05)
    bearer = {"Authorization": f"Bearer {pool.tokens['front']}.key"}

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(60)

    async with pool.client.post(PICTURES_PATH, data=slow(), headers=bearer) as response:
        assert response.status == 400
    assert pool.replicas.questions == []


async def test_too_many_questions_of_one_camera_are_not_read(pool: Pool) -> None:
    pool.gateway._rates._rate = 1e-6
    answers = [(await pool.ask("front"))[0] for _ in range(limits.QUESTIONS_BURST + 1)]
    assert answers == [200] * limits.QUESTIONS_BURST + [429]
    assert (await pool.ask("garden"))[0] == 200


async def test_the_oldest_is_dropped_and_the_other_camera_has_its_turn(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pool.gateway.DEADLINE_S", 60.0)
    pool.replicas.hold.clear()
    flood = []
    for number in range(4):  # the first one gets the only place
        flood.append(asyncio.create_task(pool.ask("front", b"front %d" % number)))
        await until(lambda: pool.gateway.turns.waiting + len(pool.replicas.questions) >= min(len(flood), 3))
    assert await flood[1] == (503, '{"error": "dropped for a newer one"}')
    other = asyncio.create_task(pool.ask("garden", b"garden"))
    await until(lambda: pool.gateway.turns.waiting == 3)
    pool.replicas.hold.set()
    assert (await other)[0] == 200
    assert [(await one)[0] for one in flood] == [200, 503, 200, 200]
    assert pool.replicas.questions.index(b"garden") <= 2


async def test_who_gets_no_place_in_time_is_told_so(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pool.gateway.DEADLINE_S", 0.1)
    pool.replicas.hold.clear()
    assert await pool.ask("front") == (503, '{"error": "too late"}')
    pool.replicas.hold.set()
    assert (await pool.ask("garden"))[0] == 200


async def test_a_dead_replica_is_said_so(pool: Pool) -> None:
    pool.replicas.dead = True
    assert await pool.ask("front") == (503, '{"error": "no replica"}')


async def test_the_status_tells_who_came_and_how_fast_it_was(pool: Pool) -> None:
    await pool.ask("front")
    async with pool.client.get("/status") as response:
        said = await response.json()
    assert said["members"] == {"front": "here", "garden": "invited"}
    assert said["cameras"]["front"]["answered"] == 1
    assert said["batch"] == {"2": 1}
    assert said["p50Ms"] > 0
    pool.members.revoke("front")
    async with pool.client.get("/status") as response:
        assert (await response.json())["cameras"] == {}


def test_names_and_numbers_of_cameras_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = Members(tmp_path)
    with pytest.raises(Invalid):
        members.invite("no name")
    with pytest.raises(Missing):
        members.revoke("nobody")
    monkeypatch.setattr(limits, "CAMERAS", 1)
    token = members.invite("one")
    members.invite("one")  # anew
    with pytest.raises(LimitReached):
        members.invite("two")
    assert token not in (tmp_path / FILE).read_text()


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
