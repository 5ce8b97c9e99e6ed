"""A separate program for the drill: a temporary data directory, a source, a broker, and file systems to fill."""

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.places import SHM
from models.errors import ServerError
from models.messages.rtsp import RTSP, GetRtsp
from models.messages.settings import SETTINGS, ChangeSettings
from scripts.ipcamera.console import find_control
from scripts.ipcamera.drills.program import Program
from scripts.ipcamera.drills.source import DrillSource

CLONE_NEWNS = 0x00020000  # unshare(2); os.unshare came with Python 3.12
DATA_MB, SHM_MB = 64, 96
READY_S, STOP_S, BROKER_UP_S, RTSP_UP_S = 60.0, 10.0, 10.0, 10.0
ROOT = Path(__file__).resolve().parents[3]  # of the repository, or the package of an installation
KEPT = ("IPCAMERA_MODELS_DIR",)  # of our environment's options


class DrillError(Exception):
    """The private program or what it needs did not start; the text says why."""


@dataclass(slots=True)
class World:
    """The environment of the private program. ``no_mounts``, ``no_broker``: why there is none, "" if there is one."""

    folder: Path
    source: DrillSource
    broker: "Broker"
    no_mounts: str = ""
    no_broker: str = ""

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"


@dataclass(slots=True)
class Broker:
    """A mosquitto on a free loopback port that keeps its messages across a restart."""

    folder: Path
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> None:
        """Raises ``DrillError``."""
        self.folder.mkdir(exist_ok=True)
        self.port = self.port or _free_port()
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "log_type error", "persistence true"]
        lines += [f"persistence_location {self.folder}/", *(["user root"] if os.getuid() == 0 else [])]
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        silent = subprocess.DEVNULL
        self._process = subprocess.Popen([mosquitto(), "-c", str(config)], stdout=silent, stderr=silent)
        end = time.monotonic() + BROKER_UP_S
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise DrillError("mosquitto did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()  # it saves what its subscribers have not received yet
            self._process.wait(STOP_S)
            self._process = None


def mosquitto() -> str:
    """The path of mosquitto; "" if it is not installed. On Debian it is not in a user's PATH."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---------------------------------------------------------------- file systems of our own
def mount_own(data_dir: Path) -> str:
    """Small file systems on ``data_dir`` and /dev/shm that only we and our children see; why not, or "".

    They disappear with the last of our processes: nothing stays mounted, and no other /dev/shm is filled.
    """
    if os.geteuid() != 0:
        return "needs root, for a small file system of its own"
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNS):
        return f"a mount namespace of its own is not allowed here: {os.strerror(ctypes.get_errno())}"
    commands = (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "-o", f"size={DATA_MB}m,mode=0700", "ipcamera-drill", str(data_dir)],
        ["mount", "-t", "tmpfs", "-o", f"size={SHM_MB}m,mode=1777", "ipcamera-drill", str(SHM)],
    )
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except OSError as error:
            return f"mount cannot be run: {error.strerror}"
        except subprocess.CalledProcessError as error:
            return f"a small file system cannot be mounted here: {error.stderr.strip()}"
    return ""


# ---------------------------------------------------------------- the program
@contextmanager
def private_program(factor: float) -> Iterator[tuple[Program, World, Path]]:
    """Started for the drill, and ended with it; the path is its log's, deleted with everything unless it is moved.

    Raises:
        DrillError: it did not start, with the end of its log.
    """
    with tempfile.TemporaryDirectory(prefix="ipcamera-drill-") as name:
        folder = Path(name)
        (folder / "data").mkdir(mode=0o700)
        world = World(folder, DrillSource(), Broker(folder / "broker"))
        world.no_mounts = mount_own(world.data_dir)
        world.no_broker = "" if mosquitto() else "mosquitto is not installed"
        log = folder / "server.log"
        process = _start(world, log)
        try:
            program = _when_ready(world, process, log, factor)
            with program.control:
                _configure(program, world)
                yield program, world, log
        finally:
            _stop(process)
            world.broker.stop()
            world.source.close()
            if not world.no_mounts:  # otherwise the directory cannot be deleted
                subprocess.run(["umount", "--lazy", str(world.data_dir)], check=False)


def _start(world: World, log: Path) -> "subprocess.Popen[bytes]":
    environment = {key: value for key, value in os.environ.items() if not key.startswith("IPCAMERA_") or key in KEPT}
    environment["PYTHONPATH"] = str(ROOT)
    environment["IPCAMERA_PASSWORD"] = secrets.token_hex(16)
    options = {
        "--data-dir": str(world.data_dir),
        "--source": world.source.url,
        "--audio-source": "tone:",
        "--speaker": f"wav:{world.folder / 'spoken'}",
        "--https-port": "0",
        "--http-port": "0",
        "--bind": "127.0.0.1",
        "--license-override": "pro",
    }
    command = [sys.executable, "-m", "scripts.ipcamera", "run", *(part for pair in options.items() for part in pair)]
    with log.open("ab") as file:
        return subprocess.Popen(
            command, stdout=file, stderr=file, env=environment, start_new_session=True, preexec_fn=_end_with_us
        )


def _end_with_us() -> None:
    """In the new process: SIGINT when the drill dies, whatever kills it."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)  # PR_SET_PDEATHSIG


def _when_ready(world: World, process: "subprocess.Popen[bytes]", log: Path, factor: float) -> Program:
    end = time.monotonic() + READY_S * factor
    while process.poll() is None and time.monotonic() < end:
        if (world.data_dir / "run.json").exists() and (control := find_control(world.data_dir)) is not None:
            return Program(world.data_dir, control, factor, private=True)
        time.sleep(0.05)
    raise DrillError(f"the private program did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _configure(program: Program, world: World) -> None:
    """Rotate the picture, so that it is decoded and encoded and viewers depend on the encoder. Switch RTSP on."""
    values: dict[str, object] = {"rotation": 180, "rtspEnabled": True, "rtspPort": _free_port()}
    if not world.no_broker:
        world.broker.start()
        values |= {"mqttEnabled": True, "mqttBrokerUrl": "127.0.0.1", "mqttPort": world.broker.port}
    try:
        result = program.ask(SETTINGS, ChangeSettings(values, "cli", internal=True))
    except ServerError as error:
        raise DrillError(error.detail) from None
    if result.errors:
        raise DrillError("; ".join(result.errors))
    if program.until(lambda: program.ask(RTSP, GetRtsp()).running, RTSP_UP_S) is None:
        raise DrillError("RTSP was switched on and does not run")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
