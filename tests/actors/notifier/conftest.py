"""The real actor in the test's own loop, with receivers on this machine."""

import itertools
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp.connector
import numpy as np
import pytest
import simplejpeg

from actors.notifier.actor import Notifier
from config.boot import Boot
from models.errors import Missing, Unavailable
from models.events import Event
from models.messages.event_log import EventPage, EventRecorded, GetThumbnail, QueryEvents, Thumbnail
from models.messages.facade import FACADE, GetViewers, PortsView, ViewersView
from models.messages.license import LicenseView
from models.messages.notifier import GetNotifications, NotificationsView, PutChannel, PutRule, Stored
from models.notify import limits
from tests.actor_kit import ActorKit
from tests.receivers import Browser, Endpoint

PRO = LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED")
FREE = LicenseView(False, "INACTIVE", "NONE", False, "UNAVAILABLE_HARD")


class Kit(ActorKit[Notifier]):
    """``history``: what the event log holds. ``watching``: how many have the live picture open."""

    def __init__(self, folder: Path, license: LicenseView = PRO, **settings: Any) -> None:
        boot = Boot(folder / "data", folder / "run", folder / "shm")
        for place in (boot.data_dir, boot.run_dir, boot.shm_dir):
            place.mkdir(parents=True, exist_ok=True)
        self.history: list[Event] = []
        self.watching = 0
        self.picture = folder / "thumbnail.jpg"
        self.picture.write_bytes(simplejpeg.encode_jpeg(_scene(), quality=70))
        answers = {
            QueryEvents: lambda asked: EventPage(
                tuple(one for one in self.history if one.timestamp >= asked.since), ()
            ),
            GetViewers: lambda _: ViewersView(self.watching, 1),
            GetThumbnail: lambda asked: Thumbnail(str(self.picture)) if self.picture.exists() else Missing("none"),
        }
        super().__init__(
            Notifier, boot, answers=answers, settings={"deviceName": "Garden", "notificationsEnabled": True, **settings}
        )
        self.state(license, "license")
        self.state(PortsView(8443, 8080), FACADE)

    def happen(self, event: Event, told: bool = True) -> None:
        """An event: stored, then told, unless we miss it."""
        self.history.append(event)
        if told:
            self.news(EventRecorded(event), "event_log")

    async def add(self, kind: str, **values: Any) -> Stored:
        return await self.ask(PutChannel({"kind": kind, **values}))

    async def rule(self, *channels: str, types: Iterable[str] = ("MOTION",), **values: Any) -> str:
        return (await self.ask(PutRule({"types": list(types), "channels": list(channels), **values}))).id

    async def shown(self) -> NotificationsView:
        return await self.ask(GetNotifications())

    async def nothing_waits(self) -> None:
        await self.until(lambda: self.actor._intake._arrived.empty() and not self.actor._delivery._busy)
        while (await self.shown()).waiting:
            await self.until(lambda: not self.actor._delivery._busy)


def _scene() -> np.ndarray:
    across, down = np.meshgrid(np.arange(320), np.arange(180))
    noise = np.random.default_rng(1).integers(0, 60, (180, 320))
    return np.stack([across * 255 // 320, down, (across + down) % 150 + noise], 2).astype(np.uint8)


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Awaitable[Kit]]]:
    monkeypatch.setattr(limits, "FIRST_RETRY_S", 0.02)
    monkeypatch.setattr(limits, "TEST_EVERY_S", 0.0)
    monkeypatch.setattr(limits, "PICTURE_WAIT_S", 0.1)
    async with AsyncExitStack() as stack:

        async def begin(license: LicenseView = PRO, **settings: Any) -> Kit:
            return await stack.enter_async_context(Kit(tmp_path, license, **settings))

        yield begin


@pytest.fixture
def push(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[Endpoint]:
    """A push service whose certificate is trusted here."""
    with Endpoint(tmp_path) as endpoint:
        trusting = ssl.create_default_context(cafile=str(endpoint.certificate))
        monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
        yield endpoint


@pytest.fixture
def web() -> Iterable[Endpoint]:
    with Endpoint(status=200) as endpoint:
        yield endpoint


_numbers = itertools.count(1)


def event(kind: str = "MOTION", ago_ms: int = 0, **about: Any) -> Event:
    number = next(_numbers)
    return Event(number, number, kind, time.time_ns() // 1_000_000 - ago_ms, {"changedPercent": 2.5}, **about)


async def browser(kit: Kit, endpoint: Endpoint, path: str = "/s/1", name: str = "phone") -> tuple[Browser, str]:
    browser = Browser()
    subscription = browser.subscription(endpoint.url + path)
    return browser, (await kit.add("push", subscription=subscription, name=name)).id


__all__ = ["FREE", "PRO", "Kit", "Unavailable", "browser", "event"]
