"""What the whole HTTP surface shares: the last news, the viewers of /stream, the sockets."""

import asyncio
from typing import Any

from aiohttp import web

from api.actors import Actors
from api.context import Context
from api.guard import Guard
from api.live.hub import Hub
from api.now import QUESTIONS, Now
from api.streams import Streams
from models.messages import News
from models.messages.auth import SessionsRevoked
from models.messages.camera import CameraChanged
from models.messages.facade import ViewersView
from models.messages.license import LicenseChanged
from models.messages.supervisor import ActorChanged

START_S = 0.5


class Front:
    def __init__(self, context: Context, guard: Guard) -> None:
        self._context = context
        self.now, self.actors = Now(guard), Actors(context)
        self.streams = Streams(context, self.now)
        self.hub = Hub(context, self.now, self.actors, self.viewers, lambda: self.streams.addresses)
        self.streams.changed = self.hub.changed = self._viewers_changed
        self._last = ViewersView(0, 0)
        self._ticking: asyncio.Task[Any] | None = None

    async def start(self, _app: web.Application) -> None:
        """Ask what is known already; an actor that is away must not keep us from serving."""
        await asyncio.wait({self._context.start_task(self.now.refresh(self._context))}, timeout=START_S)
        self._ticking = self._context.start_task(self.hub.tick())

    async def stop(self, _app: web.Application) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        await self.streams.close()
        await self.hub.close()

    def news(self, news: News) -> None:
        """Something has happened: remember it, and tell whom it concerns."""
        self.now.take(news)
        if isinstance(news, ActorChanged):
            self.actors.changed()
        self.hub.newsroom.take(news)
        match news:
            case CameraChanged(camera=camera) if not camera.streaming:
                self.streams.end()
            case SessionsRevoked(session_ids=revoked):
                self.streams.end(lambda viewer: not revoked or viewer.session_id in revoked)
            case LicenseChanged(license=license) if not license.is_pro:
                self.streams.end(lambda viewer: not viewer.dashboard)
            case ActorChanged(name=name, state="up") if name in QUESTIONS:
                self._context.start_task(self.now.refresh(self._context, name))

    def viewers(self) -> ViewersView:
        return ViewersView(len(self.streams) + len(self.hub.pictures), len(self.hub))

    def _viewers_changed(self) -> None:
        viewers = self.viewers()
        if viewers != self._last:
            self._last = viewers
            self.hub.all.mark("status")


FRONT: web.AppKey[Front] = web.AppKey("front", Front)
