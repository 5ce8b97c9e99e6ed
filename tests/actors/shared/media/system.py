"""Camera, microphone, encoder and speaker as they run, without the rest of the program."""

import contextlib
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from actors.runtime.child_spec import ChildSpec
from actors.runtime.control import Control
from actors.runtime.launcher import launch
from actors.runtime.rings import RingReader
from config.boot import Boot, RtspBoot
from models.errors import ServerError
from models.media.ring import Entry
from models.messages import Ask, codec
from models.messages.settings import ChangeSettings
from models.messages.supervisor import ActorRow, GetActors
from tests.actors.shared.media.stubs import Hold

R = TypeVar("R")
T = TypeVar("T")
STUBS = "tests.actors.shared.media.stubs"
TREE = (
    ChildSpec("settings", "actors.settings.actor:Settings", 0),
    ChildSpec("event_log", f"{STUBS}:EventLog", 1),
    ChildSpec("camera", "actors.camera.actor:Camera", 2),
    ChildSpec("microphone", "actors.microphone.actor:Microphone", 2),
    ChildSpec("encoder", "actors.encoder.actor:Encoder", 2),
    ChildSpec("speaker", "actors.speaker.actor:Speaker", 2),
    ChildSpec("friend", f"{STUBS}:Friend", 3),
)


class MediaSystem:
    def __init__(self, root: Path, environment: dict[str, str] | None = None, codec_name: str = "aac", **boot: Any):
        directories = {name: root / name.removesuffix("_dir") for name in ("data_dir", "run_dir", "shm_dir")}
        for directory in directories.values():
            directory.mkdir(parents=True)
        rtsp = RtspBoot(audio_codec=codec_name)
        self.boot = Boot(**directories, rtsp=rtsp, auth=False, log_level="info", log_format="json", **boot)
        self.log = root / "log"
        process = multiprocessing.get_context("spawn").Process(target=_main, args=(self.boot, str(self.log)))
        with pytest.MonkeyPatch.context() as patch:  # LD_PRELOAD must be there when the program is loaded
            for name, value in (environment or {}).items():
                patch.setenv(name, value)
            process.start()
        self._process = process
        self._control = self.wait_for(self._connect)
        self.wait_for(
            lambda: len(self.rows()) == len(TREE) and all(r.state in ("up", "degraded") for r in self.rows().values())
        )

    def _connect(self) -> Control | None:
        with contextlib.suppress(ServerError):
            return Control(self.boot.run_dir)
        return None

    def wait_for(self, condition: Callable[[], T | None], seconds: float = 20.0) -> T:
        """The first true answer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := condition():
                return result
            time.sleep(0.05)
        raise AssertionError("it did not happen:\n" + self.log.read_text()[-4000:])

    def ask(self, to: str, message: Ask[Any, R], timeout_s: float = 10.0) -> R:
        return self._control.ask(to, message, timeout_s)

    def set(self, **values: object) -> None:
        result = self.ask("settings", ChangeSettings(values, "cli"))
        assert not result.errors, result.errors

    def hold(self, owner: str, ring: str, on: bool = True) -> None:
        self.ask("friend", Hold(owner, ring, on))

    def rows(self) -> dict[str, ActorRow]:
        return {row.name: row for row in self.ask("supervisor", GetActors()).rows}

    def reader(self, ring: str) -> RingReader:
        return RingReader(self.boot.shm_dir, self.boot.run_dir, ring)

    def entries(self, ring: str, count: int, seconds: float = 30.0) -> list[Entry]:
        """The next ``count`` entries that are captured from now on."""
        reader, now = self.reader(ring), time.monotonic_ns()
        found: list[Entry] = []
        deadline = time.monotonic() + seconds
        while len(found) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} in {ring}\n" + self.log.read_text()[-4000:]
            entry = reader.wait_next(0.5)
            if entry is not None and entry.pts > now:
                found.append(entry)
        reader.close()
        return found

    def history(self) -> list[list[str]]:
        path = self.boot.data_dir / "history"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def news(self, kind: str) -> list[str]:
        path = self.boot.data_dir / "news"
        return [line for line in path.read_text().splitlines() if line.startswith(kind)] if path.exists() else []

    def stop(self) -> None:
        self._control.close()
        if self._process.is_alive():
            os.kill(self._process.pid or 0, signal.SIGTERM)
        self._process.join(10)
        assert not self._process.is_alive()


def _main(boot: Boot, log: str) -> None:
    os.setsid()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    codec.ROOTS.append("tests.")
    raise SystemExit(launch(boot, TREE))
