"""The pool as a camera sees it, against a false one over real TLS: slow, broken, lying, gone, and back again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web

from actors.detector.on_demand_networks import OnDemand
from actors.detector.pool import Pool
from actors.detector.remote_inference import OnPool, object_probe, pictures_asked, sound_asked
from config.boot import Boot
from config.tls import certificate
from config.weights.store import WeightsError
from models.detect.confidence import Scale
from models.detect.detector import Picture, Run
from models.detect.remote_sightings import Seen, Sights
from models.detect.sound_classifier import MN04_WINDOW
from models.pool import limits
from models.pool.invite import Invite
from models.pool.wire_format import PICTURES_PATH, SOUND_PATH, pictures_answer, read_pictures_question, sound_answer

TOKEN, KEY = "t" * 43, "k" * 43
WANTED = {"person": 42.0, "dog": 42.0}
SCALES = {"person": Scale(0.4, 2.0), "dog": Scale(0.3, 2.0)}
PERSON = Seen("person", 0.75, (0.25, 0.25, 0.5, 0.75))
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def picture() -> Picture:
    luma, chroma = np.full((64, 128), 90, np.uint8), np.full((32, 64), 128, np.uint8)
    return Picture(luma, chroma, chroma, 0, 0)


async def good(request: web.Request) -> web.Response:
    jpegs, _ = read_pictures_question(await request.read())
    return web.Response(body=pictures_answer(Sights("big_net", SCALES, ((PERSON,),) * len(jpegs))))


class FalsePool:
    """Answers by ``behave``."""

    def __init__(self, folder: Path) -> None:
        self.behave: Handler = good
        self.asked = 0
        self.credentials: set[str] = set()
        boot = Boot(folder, folder, folder)
        files = certificate.ensure(boot)
        self._tls = certificate.server_context(files)
        self._fingerprint = certificate.view(certificate.public_pem(files)).fingerprint_sha256
        self.port = 0

    async def __aenter__(self) -> "FalsePool":
        app = web.Application()
        app.router.add_post(PICTURES_PATH, self._handle)
        app.router.add_post(SOUND_PATH, self._sound)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        self.credentials.add(request.headers["Authorization"])
        return await self.behave(request)

    async def _sound(self, request: web.Request) -> web.StreamResponse:
        assert len(await request.read()) == 2 * MN04_WINDOW
        names = request.query["networks"].split(",")
        return web.Response(body=sound_answer({name: np.ones(527, np.float32) for name in names}))

    def invite(self, fingerprint: str = "") -> Invite:
        return Invite(f"https://127.0.0.1:{self.port}", fingerprint or self._fingerprint, TOKEN)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROBE_EVERY_S", 0.05)
    monkeypatch.setattr(limits, "PROOF_EVERY_S", 0.01)


@pytest.fixture
async def false(tmp_path: Path, quick: None) -> AsyncIterator[FalsePool]:
    async with FalsePool(tmp_path) as pool:
        yield pool


class Camera:
    """A pool's client as the detector's actor runs it."""

    def __init__(self, invite: Invite) -> None:
        self.changes = 0
        self.pool = Pool(invite, KEY, object_probe(), self._changed)
        self.pool.wanted = True
        self._task = asyncio.create_task(self.pool.run())

    def _changed(self) -> None:
        self.changes += 1

    async def ask(self) -> Sights | None:
        return await self.pool.ask(pictures_asked([picture()], WANTED))

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.005)

    async def lost(self) -> str:
        """Ask until it is given up; why."""
        for _ in range(limits.MISSES):
            assert await self.ask() is None
        assert not self.pool.usable
        return self.pool.why

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


@pytest.fixture
async def camera(false: FalsePool) -> AsyncIterator[Camera]:
    camera = Camera(false.invite())
    await camera.until(lambda: camera.pool.usable)
    yield camera
    await camera.close()


async def test_it_sees_what_the_pool_sees(false: FalsePool, camera: Camera) -> None:
    sights = await camera.ask()
    assert sights is not None
    assert sights.network == "big_net"
    assert sights.pictures == ((PERSON,),)
    assert false.credentials == {f"Bearer {TOKEN}.{KEY}"}


async def test_sound_goes_the_same_way(camera: Camera) -> None:
    heard = await camera.pool.ask(sound_asked(np.zeros(MN04_WINDOW, np.float32), {"mn04_as": 527}))
    assert heard is not None
    assert heard["mn04_as"].shape == (527,)


async def silent(_: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    for _ in range(1000):
        await response.write(b" ")
        await asyncio.sleep(0.01)
    return response


async def garbage(_: web.Request) -> web.Response:
    return web.Response(body=b"\x00\xff" * 500)


async def flood(_: web.Request) -> web.Response:
    return web.Response(body=b"[" * 5_000_000)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"[" * 65536)
        await asyncio.sleep(0)


async def cut_off(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def elsewhere(_: web.Request) -> web.Response:
    raise web.HTTPTemporaryRedirect("https://127.0.0.1:9/")


async def busy(_: web.Request) -> web.Response:
    return web.Response(status=503)


async def ignorant(request: web.Request) -> web.Response:
    return web.Response(body=pictures_answer(Sights("cats_only", {}, ((),))))


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (silent, "did not answer within"),
        (dripping, "did not answer within"),
        (garbage, "not JSON"),
        (flood, "too large"),
        (endless, "too large"),
        (cut_off, "cannot be reached"),
        (elsewhere, "answered 307"),
        (busy, "overloaded"),
        (ignorant, "cats_only"),
    ],
)
async def test_whatever_it_does_is_a_miss_in_time_and_over_when_it_is_well_again(
    false: FalsePool, camera: Camera, behave: Handler, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RELAPSE_S", 0.0)
    false.behave = behave
    assert why in await camera.lost()
    false.behave = good
    await camera.until(lambda: camera.pool.usable)
    assert await camera.ask() is not None


async def test_an_unknown_token_is_not_shown_again_with_every_picture(false: FalsePool, camera: Camera) -> None:
    async def unknown(_: web.Request) -> web.Response:
        return web.Response(status=401)

    false.behave = unknown
    assert await camera.ask() is None
    assert not camera.pool.usable
    assert "invite it again" in camera.pool.why


async def test_another_certificate_is_told_nothing(false: FalsePool) -> None:
    camera = Camera(false.invite(fingerprint="0" * 64))
    await camera.until(lambda: camera.pool.tried)
    assert "its certificate is not the one" in camera.pool.why
    assert false.asked == 0
    await camera.close()


async def test_a_pool_that_is_gone_and_comes_back(false: FalsePool, camera: Camera) -> None:
    await false.__aexit__()
    assert "cannot be reached" in await camera.lost()
    await false.__aenter__()
    await camera.until(lambda: camera.pool.usable)


async def test_switched_off_it_is_not_even_probed(false: FalsePool) -> None:
    camera = Camera(false.invite())
    camera.pool.wanted = False
    await asyncio.sleep(0.1)  # several times as long as between two probes
    assert false.asked == 0
    assert "switched off" in camera.pool.why
    camera.pool.wanted = True
    await camera.until(lambda: camera.pool.usable)
    await camera.close()


# ---------------------------------------------------------------- from the worker's thread
class Own:
    """The device's own networks, and how often they were loaded."""

    def __init__(self, fault: str = "") -> None:
        self.loads = 0
        self._fault = fault
        self.models = OnDemand(("yolox_nano",), self._load)

    def _load(self, _model_id: str, _beat: Callable[[], None]) -> Run:
        if self._fault:
            raise WeightsError(self._fault)
        self.loads += 1
        return lambda _: []


async def looked(camera: Camera, own: Own) -> Sights | None:
    place = OnPool(camera.pool, own.models, asyncio.get_running_loop())
    return await asyncio.to_thread(place.look, [picture()], WANTED)


async def test_while_the_pool_answers_nothing_is_loaded(false: FalsePool) -> None:
    camera, own = Camera(false.invite()), Own()
    assert await looked(camera, own) is not None  # the first one waits for the first probe
    assert own.loads == 0
    await camera.close()


async def test_while_it_hesitates_the_own_network_is_made_ready(
    false: FalsePool, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Own()
    false.behave = silent
    assert await looked(camera, own) is None
    assert own.loads == 1
    assert own.models["yolox_nano"]({}) == []
    false.behave = good
    assert await looked(camera, own) is not None
    assert own.loads == 1
    monkeypatch.setattr(limits, "WARM_S", 0.0)
    assert await looked(camera, own) is not None  # given back by this one
    false.behave = silent
    assert await looked(camera, own) is None
    assert own.loads == 2


async def test_an_answer_counts_that_comes_while_the_own_network_is_found_missing(
    false: FalsePool, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HEDGE_S", 0.0)
    assert await looked(camera, Own("is missing")) is not None


async def test_after_it_was_given_up_it_is_not_asked_with_pictures(false: FalsePool, camera: Camera) -> None:
    false.behave = cut_off
    await camera.lost()
    false.behave = silent
    await camera.until(lambda: "did not answer" in camera.pool.why)  # that is the probes
    asked, own = false.asked, Own()
    assert await looked(camera, own) is None
    assert false.asked <= asked + 1  # a probe at most
    assert own.loads == 0
