"""A real pool on this host: ``ipcamera pool`` as its owner starts it, with Ray, in a network namespace of its own."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import psutil

from pool.host import MARK
from tests.wire.server import end_with_us

T = TypeVar("T")
READY_WITHIN_S = 120.0  # Ray, on a busy machine


class RunningPool:
    """``within``: a command that runs it, e.g. in a network of its own."""

    def __init__(self, data_dir: Path, models_dir: Path, *options: str, within: Sequence[str] = ()) -> None:
        self.data_dir, self._within = data_dir, within
        self.log = data_dir.with_suffix(".log")
        self.environment = {**os.environ, "IPCAMERA_MODELS_DIR": str(models_dir), "IPCAMERA_POOL_DIR": str(data_dir)}
        command = [*within, sys.executable, "-m", "scripts.ipcamera", "pool", "--port", "0", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment, start_new_session=True, preexec_fn=end_with_us
            )

    def command(self, *arguments: str) -> str:
        """The output of ``ipcamera pool …``."""
        command = [*self._within, sys.executable, "-m", "scripts.ipcamera", "pool", *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

    def status(self) -> dict[str, Any] | None:
        """None while it does not serve."""
        with contextlib.suppress(subprocess.CalledProcessError):
            found: dict[str, Any] = json.loads(self.command("status", "--json"))
            return found
        return None

    def wait_for(self, condition: Callable[[], T], seconds: float = READY_WITHIN_S) -> T:
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            assert self.process.poll() is None, f"the pool has ended:\n{self.log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"it did not happen in {seconds} s:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.2)
        return result

    def processes(self, name: str) -> list[psutil.Process]:
        """Ours whose title or command holds ``name``."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                ours = process.environ().get(MARK) == str(self.data_dir)
                if ours and name in " ".join([process.name(), *process.cmdline()]):
                    found.append(process)
        return found

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
