"""The part of the program that RTSP needs, run by the real launcher: settings, camera, microphone, encoder, rtsp."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

from actors.tree import tree
from config.boot import Boot, LicenseBoot, RtspBoot
from models.errors import ServerError
from models.messages.rtsp import ApplyRtsp, GetRtsp, RtspChange, RtspView, StartRtsp
from models.messages.settings import ChangeSettings
from tests.actors.runtime.conftest import Running
from tests.ports import free_port

NEEDED = {"settings", "license", "camera", "microphone", "encoder", "rtsp"}


class ActorHost(Running):
    def __init__(self, where: Path, session_actors: int = 1, start: bool = True) -> None:
        for name in ("data", "run", "shm"):
            (where / name).mkdir()
        boot = Boot(
            data_dir=where / "data",
            run_dir=where / "run",
            shm_dir=where / "shm",
            log_level="warning",
            source="pattern:",
            audio_source="tone:",
            bind=("127.0.0.1",),
            license=LicenseBoot(override="pro"),
            rtsp=RtspBoot(session_actors=session_actors),
        )
        children = tuple(c for c in tree(boot) if c.name in NEEDED or c.name.startswith("rtsp_session"))
        super().__init__(boot, children)
        self.port = free_port()
        self.set(rtspPort=self.port, audioEnabled=True, rtspMaxClientsPerIp=10, rtspOpen=True)
        if start:
            self.control.ask("rtsp", StartRtsp(), 15.0)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream"

    @property
    def view(self) -> RtspView:
        return self.control.ask("rtsp", GetRtsp())

    def set(self, **values: object) -> None:
        assert self.control.ask("settings", ChangeSettings(dict(values), "cli", internal=True)).errors == ()

    def apply(self, **values: object) -> RtspChange:
        return self.control.ask("rtsp", ApplyRtsp(dict(values), confirmed=True), 15.0)

    def kill(self, actor: str, how: signal.Signals = signal.SIGKILL) -> None:
        row = self.rows()[actor]
        signal.pidfd_send_signal(_pidfd(row.pid), how)
        if how == signal.SIGKILL:
            self.wait_for(lambda: self._is_back(actor, row.restarts))

    def _is_back(self, actor: str, restarts: int) -> bool:
        with contextlib.suppress(ServerError):
            row = self.rows()[actor]
            return row.restarts > restarts and row.state == "up"
        return False


def _pidfd(pid: int) -> int:
    import os

    return os.pidfd_open(pid)


@contextlib.contextmanager
def house(where: Path, session_actors: int = 1, start: bool = True) -> Iterator[ActorHost]:
    running = ActorHost(where, session_actors, start)
    try:
        yield running
    finally:
        running.stop()
