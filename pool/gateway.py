"""The only entry of a pool: TLS, tokens, quotas; behind it Ray Serve. A separate process, kept running by ``host``.

It owns the listener's connections, the cameras' turns and the statistics. Guaranteed: a camera gets an answer or a
refusal within its deadline, and one camera's flood, garbage or slowness affects only that camera. A restart loses
requests in progress: the cameras detect on their own meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiohttp import web

from models.pool.fair_queue import Turns
from models.pool.limits import DEADLINE_S, QUESTION_BYTES
from models.pool.wire_format import PICTURES_PATH, SOUND_PATH
from models.rate_limit import Buckets
from models.security.lockout import client_key
from pool import limits
from pool.inference import Answer
from pool.members import Members
from pool.metrics import Figures

log = structlog.get_logger("pool")
FULL, DROPPED, LATE, BROKEN = "too many", "dropped for a newer one", "too late", "no replica"


class ServingError(Exception):
    """No replica could answer."""


class Serving(Protocol):
    """What answers requests: Ray Serve, or a test's replacement."""

    async def pictures(self, question: bytes) -> Answer: ...

    async def sound(self, samples: bytes, networks: tuple[str, ...]) -> Answer: ...

    async def state(self) -> dict[str, object]:
        """Hosts and replicas, for the status."""


@dataclass(eq=False, slots=True)
class Job:
    """One request, until it has a place. ``go`` is True when it has, False when it was dropped."""

    camera: str
    go: asyncio.Future[bool]


class Gateway:
    def __init__(self, members: Members, serving: Serving, places: int) -> None:
        self._members, self._serving = members, serving
        self.turns: Turns[Job] = Turns(places, limits.WAITING_PER_CAMERA)
        self.figures = Figures()
        self._rates = Buckets(limits.QUESTIONS_PER_S, limits.QUESTIONS_BURST, limits.CAMERAS)
        self._bad = Buckets(limits.BAD_PER_S, limits.BAD_BURST, limits.CAMERAS)
        self._known: dict[str, None] = {}  # addresses that have shown a valid credential, the latest last

    # ---------------------------------------------------------------- the application
    def app(self) -> web.Application:
        app = web.Application(client_max_size=QUESTION_BYTES)
        app.router.add_post(PICTURES_PATH, self._pictures)
        app.router.add_post(SOUND_PATH, self._sound)
        return app

    def known(self, address: str) -> bool:
        return address in self._known

    async def _pictures(self, request: web.Request) -> web.Response:
        return await self._asked(request, self._serving.pictures)

    async def _sound(self, request: web.Request) -> web.Response:
        names = tuple(name for name in request.query.get("networks", "").split(",") if name)
        return await self._asked(request, lambda body: self._serving.sound(body, names))

    async def _asked(self, request: web.Request, ask: Callable[[bytes], Awaitable[Answer]]) -> web.Response:
        began = time.monotonic()
        camera = self._who(request)
        if camera is None:
            stranger = _no(401, "unknown token")
            stranger.force_close()
            return stranger
        if not self._rates[camera].take(began) or not self._bad[camera].ready(began):
            self.figures.refused(camera, FULL)
            return _no(429, "too many requests")
        try:
            body = await asyncio.wait_for(request.read(), limits.BODY_S)
        except (TimeoutError, web.HTTPRequestEntityTooLarge):
            return self._unreadable(camera, "the request is too long or incomplete")
        return await self._in_turn(camera, began, lambda: ask(body))

    def _who(self, request: web.Request) -> str | None:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        camera = self._members.who(credential) if scheme == "Bearer" else None
        if camera is not None and request.remote:
            address = client_key(request.remote)
            self._known.pop(address, None)
            self._known[address] = None
            while len(self._known) > limits.CAMERAS:
                del self._known[next(iter(self._known))]
        return camera

    # ---------------------------------------------------------------- turns
    async def _in_turn(self, camera: str, began: float, ask: Callable[[], Awaitable[Answer]]) -> web.Response:
        job = Job(camera, asyncio.get_running_loop().create_future())
        if (dropped := self.turns.come(camera, job)) is not None and not dropped.go.done():
            dropped.go.set_result(False)
        self._begin()
        try:
            async with asyncio.timeout(max(0.0, began + DEADLINE_S - time.monotonic())):
                if not await job.go:
                    return self._refused(camera, DROPPED)
                answer = await ask()
        except TimeoutError:
            return self._refused(camera, LATE)
        except ServingError as error:
            log.warning("a request failed", camera=camera, reason=str(error))
            return self._refused(camera, BROKEN)
        finally:
            self.turns.leave(camera, job)
            self._begin()
        if answer.fault:
            return self._unreadable(camera, answer.fault)
        now = time.monotonic()
        self.figures.answered(camera, now - began, answer.batch, now)
        return web.Response(body=answer.body, content_type="application/json")

    def _begin(self) -> None:
        while (job := self.turns.next()) is not None:
            if not job.go.done():
                job.go.set_result(True)
            else:  # it was cancelled at this moment
                self.turns.leave(job.camera, job)

    def _refused(self, camera: str, why: str) -> web.Response:
        self.figures.refused(camera, why)
        return _no(503, why)

    def _unreadable(self, camera: str, why: str) -> web.Response:
        self._bad[camera].take(time.monotonic())
        self.figures.refused(camera, "unreadable")
        return _no(400, why)

    # ---------------------------------------------------------------- the status
    async def status(self, _request: web.Request) -> web.Response:
        members = self._members.all()
        self.figures.keep({one.name for one in members})
        invited = {one.name: "here" if one.key else "invited" for one in members}
        values = self.figures.as_values(time.monotonic())
        return web.json_response({**values, "members": invited, **await self._serving.state()})


def _no(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
