"""The whole program, started as a user would, in a process of its own."""

import contextlib
import ctypes
import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from actors.runtime.control import Control
from config.places import instance, run_dir
from models.errors import ServerError
from models.messages import Ask, Ref
from models.messages.supervisor import SUPERVISOR, ActorRow, GetActors

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")
READY_WITHIN_S = 60.0
INSECURE = ssl.create_default_context()
INSECURE.check_hostname = False
INSECURE.verify_mode = ssl.CERT_NONE


def end_with_us() -> None:
    """In the new process: SIGINT when the test runner dies, whatever kills it."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)  # PR_SET_PDEATHSIG


class RunningServer:
    """``ipcamera run`` with ports of the system's choice, its own data directory, and a known password.

    ``pro`` None: by the licence that is stored, at first none.
    """

    def __init__(
        self,
        data_dir: Path,
        source: str = "pattern:",
        pro: bool | None = True,
        auth: bool = True,
        audio_source: str = "none",
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        bind: str = "127.0.0.1",
        within: Sequence[str] = (),
    ) -> None:
        """``within``: a command that runs the server, e.g. in a network of its own."""
        self.data_dir = data_dir
        self.password = secrets.token_hex(8)
        self._within = within
        self.log = data_dir.with_suffix(".log")
        data_dir.mkdir(parents=True, exist_ok=True)
        self._arguments = [
            *("--source", source, "--audio-source", audio_source, "--speaker", f"wav:{data_dir / 'spoken'}"),
            *("--https-port", "0", "--http-port", "0", "--bind", bind, "--auth", "on" if auth else "off"),
            *(() if pro is None else ("--license-override", "pro" if pro else "free")),
        ]
        self._environment = {**os.environ, "IPCAMERA_PASSWORD": self.password, **(environment or {})}
        self._token = ""
        self.start()
        if settings:
            assert self.post("/settings", dict(settings))[0] == 200

    # ---------------------------------------------------------------- life
    def start(self) -> None:
        """Start (again) on the same data directory, and wait until it is ready."""
        (self.data_dir / "run.json").unlink(missing_ok=True)
        program = [sys.executable, "-m", "scripts.ipcamera", "run", "--data-dir", str(self.data_dir)]
        command = [*self._within, *program, *self._arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment, start_new_session=True, preexec_fn=end_with_us
            )
        self.wait_for(self._read_run_json, READY_WITHIN_S)

    def _read_run_json(self) -> bool:
        assert self.process.poll() is None, f"the server has ended:\n{self.log.read_text()[-3000:]}"
        with contextlib.suppress(OSError, ValueError):
            self.run = json.loads((self.data_dir / "run.json").read_text())
            self.https_port, self.http_port = self.run["https_port"], self.run["http_port"]
            return True
        return False

    def stop(self) -> int:
        """Ctrl-C; the exit code. What does not end within 10 s is a failure of the test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()

    def wait_for(self, condition: Callable[[], T], seconds: float = 15.0) -> T:
        """The first true answer of ``condition``."""
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < deadline, f"it did not happen in {seconds} s:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)
        return result

    # ---------------------------------------------------------------- where things are
    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.https_port}"

    @property
    def ws_url(self) -> str:
        return f"wss://127.0.0.1:{self.https_port}/ws"

    @property
    def shm_dir(self) -> Path:
        return Path("/dev/shm") / instance(self.data_dir, os.getuid())

    @property
    def run_dir(self) -> Path:
        return run_dir(self.data_dir, os.environ)

    # ---------------------------------------------------------------- talking to it
    @property
    def token(self) -> str:
        if not self._token:
            status, body = self.post("/auth", {"password": self.password}, token="")
            assert status == 200, body
            self._token = body["token"]
        return self._token

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """(status, body, headers), over HTTPS; with our bearer token unless ``token`` says otherwise ("" for none)."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        if bearer := self.token if token is None else token:
            request.add_header("Authorization", f"Bearer {bearer}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=15, context=INSECURE) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def get(self, path: str, **how: Any) -> tuple[int, Any]:
        status, body, _ = self.request("GET", path, **how)
        return status, json.loads(body)

    def post(self, path: str, body: Any = None, **how: Any) -> tuple[int, Any]:
        status, answer, _ = self.request("POST", path, {} if body is None else body, **how)
        return status, json.loads(answer)

    def ask(self, to: Ref[A], message: Ask[A, R], timeout_s: float = 5.0) -> R:
        """Over the control socket."""
        with Control(self.run_dir) as control:
            return control.ask(to, message, timeout_s)

    def rows(self) -> dict[str, ActorRow]:
        return {row.name: row for row in self.ask(SUPERVISOR, GetActors()).rows}

    def kill(self, actor: str, how: signal.Signals = signal.SIGKILL) -> None:
        pid = self.rows()[actor].pid
        assert pid, f"{actor} has no process"  # 0 would be ourselves
        os.kill(pid, how)

    def back_again(self, actor: str, restarts: int) -> ActorRow | None:
        """Its row, once it has been restarted more than ``restarts`` times and is up; for ``wait_for``."""
        with contextlib.suppress(ServerError):
            row = self.rows()[actor]
            return row if row.restarts > restarts and row.state in ("up", "degraded") and row.pid else None
        return None
