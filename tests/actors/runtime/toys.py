"""Actors and messages for the runtime's own tests."""

import asyncio
import ctypes
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from actors.runtime.actor import Actor, handles
from actors.runtime.worker import Worker
from models.errors import Refused
from models.messages import Ask, News, Ok, Tell
from models.messages.settings import GetSettings, SettingsView, Value

LIBRARY = logging.getLogger("a.library")  # made in the warm parent, as those of real ones


@dataclass(frozen=True, slots=True)
class LetLibraryWarn(Ask[Any, Ok]):
    text: str


@dataclass(frozen=True, slots=True)
class Echo(Ask[Any, str]):
    text: str
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Refuse(Ask[Any, Ok]): ...


@dataclass(frozen=True, slots=True)
class Never(Ask[Any, Ok]):
    """Answered never."""


@dataclass(frozen=True, slots=True)
class Do(Tell):
    what: str  # raise, segfault, loop, worker, eat, exit


@dataclass(frozen=True, slots=True)
class Through(Ask[Any, str]):
    """Ask ``to`` and hand on its answer."""

    to: str
    text: str
    timeout_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Pass(Ask[Any, Ok]):
    """Tell ``to`` to do something."""

    to: str
    what: str


@dataclass(frozen=True, slots=True)
class Happened(News):
    number: int


@dataclass(frozen=True, slots=True)
class Publish(Ask[Any, Ok]):
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Heard(Ask[Any, tuple[int, ...]]): ...


@dataclass(frozen=True, slots=True)
class Identify(Ask[Any, int]): ...


@dataclass(frozen=True, slots=True)
class Change(Ask[Any, Ok]):
    """The settings become these."""

    values: dict[str, bool]


class Settings(Actor):
    critical = True

    @classmethod
    def uses_settings(cls) -> bool:
        return False

    async def on_start(self) -> None:
        self.publish_state(SettingsView({}, {}))

    @handles(GetSettings)
    def _get(self, _: GetSettings) -> SettingsView:
        return SettingsView({}, {})

    @handles(Change)
    def _change(self, message: Change) -> Ok:
        self.publish_state(SettingsView(dict(message.values), dict(message.values)))
        return Ok()


class Stuck(Worker):
    def run(self) -> None:
        while not self.stopping.is_set():
            time.sleep(60)


class Toy(Actor):
    async def on_start(self) -> None:
        self.heard: list[int] = []

    @handles(Echo)
    async def _echo(self, message: Echo) -> str:
        return f"{self.name}: {message.text}"

    @handles(LetLibraryWarn)
    def _let_library_warn(self, message: LetLibraryWarn) -> Ok:
        LIBRARY.warning(message.text)
        return Ok()

    @handles(Identify)
    def _identify(self, _: Identify) -> int:
        return os.getpid()

    @handles(Refuse)
    def _refuse(self, _: Refuse) -> Ok:
        raise Refused("not today", until="tomorrow")

    @handles(Never, max_concurrency=4)
    async def _never(self, _: Never) -> Ok:
        await asyncio.sleep(3600)
        return Ok()

    @handles(Through, max_concurrency=4)
    async def _through(self, message: Through) -> str:
        return await self.ask(message.to, Echo(message.text), message.timeout_s)

    @handles(Pass)
    def _pass(self, message: Pass) -> Ok:
        self.tell(message.to, Do(message.what))
        return Ok()

    @handles(Publish)
    def _publish(self, message: Publish) -> Ok:
        for number in range(message.first, message.first + message.count):
            self.publish(Happened(number))
        return Ok()

    @handles(Happened)
    def _happened(self, message: Happened) -> None:
        self.heard.append(message.number)

    @handles(Heard)
    def _heard(self, _: Heard) -> tuple[int, ...]:
        return tuple(self.heard)

    @handles(Do)
    def _do(self, message: Do) -> None:
        match message.what:
            case "raise":
                raise RuntimeError("as told")
            case "segfault":
                ctypes.string_at(0)
            case "loop":
                while True:
                    time.sleep(0.01)
            case "worker":
                self.start_worker(Stuck())
            case "eat":
                self.eaten = b"x" * (200 << 20)
            case "exit":
                os._exit(3)


class Lean(Toy):
    memory_mb = 150


class Optional(Toy):
    @classmethod
    def wanted(cls, settings: Mapping[str, Value]) -> bool:
        return settings.get("optional") is True


class Stubborn(Optional):
    async def on_stop(self) -> None:
        await asyncio.sleep(3600)


class Unready(Actor):
    async def on_start(self) -> None:
        raise Refused("the port is taken")


class Indispensable(Unready):
    must_start = True


class Fragile(Toy):
    """The program ends with its third death in a short while."""

    critical = True
    max_restarts = 2
