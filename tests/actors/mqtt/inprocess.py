"""The real actor in the test's own loop; the other actors are answers in a dictionary."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog

from actors.mqtt.actor import Mqtt
from actors.runtime.worker import Bench
from config.boot import Boot
from config.settings import defaults, validate
from models.errors import Unavailable
from models.events import Event
from models.messages.event_log import EventPage, EventRecorded, EventsAfter, QueryEvents
from models.messages.license import GetLicense, LicenseView
from models.messages.mqtt import MqttChanged
from models.messages.settings import (
    ChangeResult,
    ChangeSettings,
    Credentials,
    GetCredentials,
    GetSettings,
    SetCredentials,
    SettingsChanged,
    SettingsView,
)


class World:
    """What the rest of the program says and was asked."""

    def __init__(self, **settings: Any) -> None:
        self.stored: dict[str, Any] = {**defaults("3f9a1c"), **settings}
        self.credentials = Credentials("", "")
        self.pro = True
        self.history: list[Event] = []
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[type, Callable[[Any], Any]] = {}

    def view(self) -> SettingsView:
        effective = dict(self.stored)
        if not self.pro:
            effective["mqttEnabled"] = False
        return SettingsView(dict(self.stored), effective)

    def answer(self, to: str, message: Any) -> Any:
        self.asked.append((to, message))
        match message:
            case GetSettings():
                return self.view()
            case GetCredentials():
                return self.credentials
            case GetLicense():
                return LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED", device_id="3f9a1c0000")
            case EventsAfter():
                found = [event for event in self.history if event.event_id > message.event_id]
                return EventPage(tuple(found[: message.limit]), ())
            case QueryEvents():
                return EventPage(tuple(self.history[-1:]), ())
        if type(message) in self.answers:
            return self.answers[type(message)](message)
        raise Unavailable(f"{to} is not there")


class InProcess(Mqtt):
    def __init__(self, folder: Path, world: World) -> None:
        for name in ("data", "run", "shm"):
            (folder / name).mkdir(exist_ok=True)
        self.name = "mqtt"
        self.boot = Boot(folder / "data", folder / "run", folder / "shm", version="0.1.0")
        self.world = world
        self.settings = world.view().effective
        self.log = structlog.get_logger()
        self.views: list[Any] = []
        self.leased: list[tuple[str, ...]] = []
        self._jobs: list[asyncio.Task[Any]] = []
        self._benches: list[Bench] = []
        self._dead = False
        self.reason = ""

    async def ask(self, to: str, message: Any, timeout_s: float = 5.0) -> Any:
        await asyncio.sleep(0)
        if isinstance(message, ChangeSettings):
            return await self.change(message)
        return self.world.answer(to, message)

    async def change(self, message: ChangeSettings) -> ChangeResult:
        self.world.asked.append(("settings", message))
        checked = validate(message.values, internal=message.internal)
        if not checked.errors:
            login = self.secret(message.credentials) if message.credentials else {}
            await self.settle(**checked.values, **login)
        return ChangeResult(checked.errors, (), tuple(checked.values), self.world.view())

    def secret(self, message: SetCredentials) -> dict[str, bool]:
        old = self.world.credentials
        name = old.username if message.username is None else message.username
        self.world.credentials = Credentials(name, old.password if message.password is None else message.password)
        return {"mqttHasUsername": bool(name), "mqttHasPassword": bool(self.world.credentials.password)}

    async def settle(self, **values: Any) -> None:
        """Settings have changed."""
        changed = tuple(key for key, value in values.items() if self.world.stored.get(key) != value)
        self.world.stored |= values
        view = self.world.view()
        self.settings = view.effective
        await self._settings_changed(SettingsChanged(view, changed, "http"))

    def publish(self, news: Any) -> None:
        if isinstance(news, MqttChanged):
            self.views.append(news.mqtt)

    def tell(self, to: str, message: Any) -> None: ...

    def degraded(self, reason: str) -> None:
        self.reason = reason

    def lease(self, *key: str) -> None:
        self.leased.append(("lease", *key))

    def release(self, *key: str) -> None:
        self.leased.append(("release", *key))

    def bench(self, name: str = "bench") -> Bench:
        self._benches.append(Bench(name))
        return self._benches[-1]

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(coroutine)
        self._jobs.append(task)
        return task

    # ---------------------------------------------------------------- for tests
    def happen(self, event: Event, recorded: bool = True) -> None:
        """An event: stored (with history on), then told."""
        if recorded:
            self.world.history.append(event)
        self._event(EventRecorded(event))

    async def until(self, condition: Callable[[], object], seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            for job in self._jobs:
                if job.done() and not job.cancelled() and job.exception():
                    raise job.exception()  # type: ignore[misc]
            assert time.monotonic() < deadline, f"it did not happen; last view {self.views[-1:]}"
            await asyncio.sleep(0.02)

    async def connected(self) -> None:
        await self.until(lambda: self._session.connected)

    async def die(self) -> None:
        """As by SIGKILL: nothing is said to anybody."""
        if self._dead:
            return
        self._dead = True
        if self._session.link is not None:
            self._session.link.abort()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        for bench in self._benches:  # a killed process has no thread that goes on writing
            bench._pool.shutdown(wait=True)
        with contextlib.suppress(OSError):
            os.close(self._service.flight._file)


def motion(number: int, timestamp: int = 0, kind: str = "MOTION") -> Event:
    return Event(number, number, kind, timestamp or int(time.time() * 1000), {"changedPercent": 2.5})
