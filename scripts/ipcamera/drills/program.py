"""The program under test: accessed through its control socket, and by signals to its actors."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from actors.runtime.control import Control
from config.places import run_dir
from models.errors import ServerError
from models.events import Event
from models.messages import Ask, Ref
from models.messages.auth import AUTH, EndSession, IssueToken
from models.messages.camera import CAMERA, CameraView, GetCamera
from models.messages.event_log import EVENT_LOG, PAGE_MAX, EventsAfter
from models.messages.facade import FACADE, GetPorts
from models.messages.rtsp import RTSP, GetRtsp
from models.messages.settings import SETTINGS, GetCredentials
from models.messages.supervisor import SUPERVISOR, ActorRow, GetActors
from scripts.ipcamera.drills.verdict import wait_before_blow
from scripts.ipcamera.drills.viewers import Watch

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")
LOOK_EVERY_S = 0.03
ANSWER_S = 5.0
START_S = 60.0
TOKEN = "drill"  # noqa: S105 — its name
TOKEN_DAYS = 1


@dataclass(slots=True)
class Program:
    """``control`` is used by one thread; others open their own with ``connect``."""

    data_dir: Path
    control: Control
    factor: float
    private: bool
    _blows: dict[str, list[float]] = field(default_factory=dict)

    def connect(self) -> Control:
        return Control(run_dir(self.data_dir, os.environ))

    def ask(self, to: Ref[A], message: Ask[A, R], timeout_s: float = ANSWER_S) -> R:
        """Raises ``ServerError``."""
        return self.control.ask(to, message, timeout_s)

    # ---------------------------------------------------------------- looking
    def rows(self) -> dict[str, ActorRow]:
        return {row.name: row for row in self.ask(SUPERVISOR, GetActors()).rows}

    def camera(self) -> CameraView | None:
        """None while the camera's actor is unavailable."""
        try:
            return self.ask(CAMERA, GetCamera(), 1.0)
        except ServerError:
            return None

    def events_after(self, event_id: int) -> list[Event]:
        """The server's own history included. Raises ``ServerError``."""
        found: list[Event] = []
        while page := self.ask(EVENT_LOG, EventsAfter(event_id, PAGE_MAX, system=True)).events:
            found += page
            event_id = page[-1].event_id
        return found

    def until(self, condition: Callable[[], T], within_s: float) -> float | None:
        """Seconds until ``condition`` is true, where a failing ask counts as false; None if it never is.

        ``within_s`` is multiplied like all limits.
        """
        began = time.monotonic()
        while time.monotonic() - began < within_s * self.factor:
            with contextlib.suppress(ServerError):
                if condition():
                    return time.monotonic() - began
            time.sleep(LOOK_EVERY_S)
        return None

    def all_up(self) -> bool:
        rows = self.rows().values()
        return all(row.state == "off" or (row.state in ("up", "degraded") and row.pid) for row in rows)

    # ---------------------------------------------------------------- striking
    def strike(self, actor: str, how: signal.Signals) -> None:
        """Send the signal, once the actor's restart limit allows it."""
        row = self.rows()[actor]
        blows = self._blows.setdefault(actor, [])
        time.sleep(wait_before_blow(blows, time.monotonic(), row.max_restarts))
        if pid := self.rows()[actor].pid:  # 0 would be ourselves
            os.kill(pid, how)
        blows.append(time.monotonic())


def _rtsp_url(program: Program) -> str:
    """With its login; "" if RTSP is not running."""
    view = program.ask(RTSP, GetRtsp())
    if not view.running:
        return ""
    login = program.ask(SETTINGS, GetCredentials("rtsp"))
    who = f"{quote(login.username, safe='')}:{quote(login.password, safe='')}@" if login.username else ""
    return f"rtsp://{who}127.0.0.1:{view.port}/{view.path.lstrip('/')}"


@contextmanager
def watching(program: Program) -> Iterator[Watch]:
    """Viewers with a separate token, which is revoked at the end. Raises ``ServerError``."""
    program.until(program.all_up, START_S)
    port = program.ask(FACADE, GetPorts()).https
    issued = program.ask(AUTH, IssueToken(TOKEN, "viewer", TOKEN_DAYS))
    watch = Watch(port, issued.token, _rtsp_url(program))
    try:
        yield watch
    finally:
        watch.close()
        program.ask(AUTH, EndSession(issued.session_id))
