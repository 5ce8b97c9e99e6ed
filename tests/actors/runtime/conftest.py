"""A real actor system with toy actors, run by the real launcher in a process of its own."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from actors.runtime.child_spec import ChildSpec
from actors.runtime.control import Control
from actors.runtime.launcher import launch
from config.boot import Boot
from models.errors import ServerError
from models.messages import codec
from models.messages.supervisor import ActorRow, GetActors
from tests.wire.server import end_with_us

TOYS = "tests.actors.runtime.toys"
Main = Callable[[Boot, tuple[ChildSpec, ...]], None]


class Running:
    """One launcher process and its control socket. ``main`` is what the process runs."""

    def __init__(self, boot: Boot, tree: tuple[ChildSpec, ...], main: Main | None = None) -> None:
        self.boot = boot
        self.tree = tree
        codec.ROOTS.append("tests.")
        # a session of its own: signals of the test runner do not reach it
        self.process = multiprocessing.get_context("spawn").Process(target=main or _main, args=(boot, tree))
        self.process.start()
        self.control = self.wait_for(self._connect)
        self.wait_for(
            lambda: all(row.state in ("up", "off") for row in self.rows().values()) and len(self.rows()) == len(tree)
        )

    def _connect(self) -> Control | None:
        try:
            return Control(self.boot.run_dir)
        except ServerError:
            return None

    def wait_for(self, condition: Callable[[], object], seconds: float = 20.0):  # type: ignore[no-untyped-def]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := condition():
                return result
            time.sleep(0.02)
        raise AssertionError("it did not happen")

    def rows(self) -> dict[str, ActorRow]:
        return {row.name: row for row in self.control.ask("supervisor", GetActors()).rows}

    def reconnect(self) -> None:
        """To the tree that follows one whose end has been seen; the socket of the old one may still be there."""

        def answers() -> bool:
            self.control.close()
            try:
                self.control = Control(self.boot.run_dir)
                return bool(self.rows())
            except ServerError:
                return False

        self.wait_for(answers)

    def stop(self) -> None:
        self.control.close()
        if self.process.is_alive():
            os.kill(self.process.pid or 0, signal.SIGTERM)
        self.process.join(10)


def _main(boot: Boot, tree: tuple[ChildSpec, ...]) -> None:
    os.setsid()
    end_with_us()
    codec.ROOTS.append("tests.")
    raise SystemExit(launch(boot, tree))


@pytest.fixture
def start(boot: Boot) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(*children: ChildSpec) -> Running:
        running = Running(boot, (ChildSpec("settings", f"{TOYS}:Settings", 0), *children))
        started.append(running)
        return running

    yield begin
    for running in started:
        running.stop()


@pytest.fixture
def toys(start: Callable[..., Running]) -> Running:
    return start(*(ChildSpec(name, f"{TOYS}:Toy", 1) for name in ("one", "two", "three")))
