"""What all of the HTTP API shares: the last states, the viewers of /stream, the sockets."""

import asyncio
from typing import Any

from aiohttp import web

from api.actor_table import ActorTableCache
from api.context import Context
from api.latest_states import LatestStates
from api.live.event_router import EventRouter
from api.live.hub import Hub
from api.streams import Streams
from models.media.tier import Tier
from models.messages import News, State
from models.messages.auth import SessionsRevoked
from models.messages.camera import CameraView
from models.messages.facade import ViewersView
from models.messages.license import LicenseView
from models.messages.supervisor import ActorChanged


class AppState:
    def __init__(self, context: Context) -> None:
        self._context = context
        self.states, self.actors = LatestStates(context), ActorTableCache(context)
        self.streams = Streams(context, self.states)
        self.hub = Hub(context, self.states, self.actors, self.viewers, lambda: self.streams.addresses)
        self._router = EventRouter(self.hub)
        self.streams.changed = self.hub.changed = self._viewers_changed
        self._last = ViewersView(0, 0)
        self._ticking: asyncio.Task[Any] | None = None

    async def start(self, _app: web.Application) -> None:
        self._ticking = self._context.start_task(self.hub.tick())

    async def stop(self, _app: web.Application) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        await self.streams.close()
        await self.hub.close()

    def state(self, old: State | None, new: State) -> None:
        """A state has changed: notify those it concerns. ``now`` already has it."""
        self._router.state(old, new)
        match new:
            case CameraView(streaming=False):
                self.streams.end()
            case LicenseView(is_pro=False):
                self.streams.end(lambda viewer: not viewer.dashboard)

    def news(self, news: News) -> None:
        """Something has happened: notify those it concerns."""
        self._router.news(news)
        match news:
            case ActorChanged():
                self.actors.changed()
            case SessionsRevoked(session_ids=revoked):
                self.streams.end(lambda viewer: not revoked or viewer.session_id in revoked)

    def viewers(self) -> ViewersView:
        small = self.hub.pictures.watching(Tier.SUB) + sum(viewer.tier == Tier.SUB for viewer in self.streams)
        return ViewersView(len(self.streams) + len(self.hub.pictures), len(self.hub), small)

    def _viewers_changed(self) -> None:
        viewers = self.viewers()
        if viewers != self._last:
            self._last = viewers
            self.hub.all.mark("status")


APP_STATE: web.AppKey[AppState] = web.AppKey("front", AppState)
