"""One host of a pool: keeps Ray and, on the head, the gateway running. ``ipcamera pool`` runs it in the foreground.

It owns the listener, the network namespace and the processes. When one of them ends, all of them are restarted: a
cluster that has lost a part of its head is replaced, not repaired. The remains of a run that was killed are ended at
the next start. Cameras detect on their own meanwhile.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import psutil
import structlog

from actors.shared.listeners import listen
from config import places
from config.boot import Boot
from config.files import write_atomically
from config.tls import certificate
from models.errors import Conflict, Unavailable
from pool import limits, network_namespace

MARK = "IPCAMERA_POOL_OF"  # in the environment of all our processes: the data directory
CONTROL, LOCK, CLUSTER_TOKEN, RAY_DIR = "status.sock", "lock", "cluster-token", "ray"
LOOPBACK = "127.0.0.1"
log = structlog.get_logger("pool")


@dataclass(frozen=True, slots=True)
class HostPlan:
    """``network``: own, shared, or the name of a namespace. ``address``: of this host in the cluster's network."""

    port: int
    bind: tuple[str, ...]
    network: str = "own"
    address: str = LOOPBACK
    join: str = ""  # HOST:PORT of the head; "" for being the head
    cluster: str = ""  # HOST:PORT of a head that something else runs (KubeRay); "" for our own
    cpus: int | None = None
    gpus: int | None = None
    app: dict[str, Any] = field(default_factory=dict)  # pool.app.Plan


@dataclass(frozen=True, slots=True)
class Orders:
    """The configuration of the gateway's process."""

    listeners: list[int]
    run_dir: str
    cluster: str  # HOST:PORT
    plan: dict[str, Any]

    @classmethod
    def read(cls, values: dict[str, Any]) -> "Orders":
        return cls(**values)


def pool_boot(boot: Boot) -> Boot:
    """Cameras recognise the pool only by its certificate's fingerprint, so it is made once and kept."""
    return replace(boot, certificate=replace(boot.certificate, auto_regenerate=False))


class Host:
    def __init__(self, boot: Boot, plan: HostPlan) -> None:
        self._boot, self._plan = pool_boot(boot), plan
        self._stopping = threading.Event()
        self._processes: list[subprocess.Popen[bytes]] = []

    def run(self, ready: Callable[[int], None]) -> None:
        """Until SIGINT or SIGTERM. ``ready`` is called with the port when the first attempt begins.

        Raises:
            Conflict, Unavailable: it cannot start: another one is running, a port is in use, no namespace can be made.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stopping.set())
        for directory in (self._boot.data_dir, self._boot.run_dir):
            places.make_private(directory)
        with self._locked():
            self._end_all()  # of a run that was killed
            certificate.ensure(self._boot)  # with the names of this host, which a namespace does not know
            cluster_token(self._boot.data_dir)
            port, listeners = listen(self._plan.bind, self._plan.port, 0, "--port") if not self._plan.join else (0, [])
            for listener in listeners:
                listener.set_inheritable(True)
            self._enter_network()
            ready(port)
            try:
                self._keep([listener.fileno() for listener in listeners])
            finally:
                self._end_all()

    @contextlib.contextmanager
    def _locked(self) -> Any:
        with (self._boot.run_dir / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Conflict(f"a pool is already using {self._boot.data_dir}") from None
            yield

    def _enter_network(self) -> None:
        if self._plan.network == "own":
            if self._plan.join or self._plan.cluster:
                raise Unavailable("a pool of several hosts needs --network NAMESPACE or --network shared: docs/pool.md")
            network_namespace.enter_own()
        elif self._plan.network != "shared":
            network_namespace.enter_named(self._plan.network)

    # ---------------------------------------------------------------- alive
    def _keep(self, listeners: list[int]) -> None:
        attempt = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            ended = self._attempt(listeners)
            self._end_all()
            if self._stopping.is_set():
                return
            attempt = 0 if time.monotonic() - began > limits.STEADY_S else attempt + 1
            pause = limits.RESTART_S[min(attempt, len(limits.RESTART_S)) - 1]
            log.warning("a part of the pool has ended; restarting all of it", part=ended, in_s=pause)
            self._stopping.wait(pause)

    def _attempt(self, listeners: list[int]) -> str:
        """Start everything, and wait until something ends; returns its name."""
        shutil.rmtree(self._boot.run_dir / RAY_DIR, ignore_errors=True)  # logs and sockets of the last attempt
        environment = self._environment()
        parts = {} if self._plan.cluster else {"ray": self._started(self._ray(), environment, ())}
        if not self._plan.join:
            orders = Orders(listeners, str(self._boot.run_dir), self._cluster, self._plan.app)
            command = [sys.executable, "-m", "pool", json.dumps(asdict(orders))]
            parts["gateway"] = self._started(command, environment, listeners)
        while not self._stopping.wait(limits.LOOK_EVERY_S):
            for name, process in parts.items():
                if process.poll() is not None:
                    return name
        for process in parts.values():
            process.terminate()
        return ""

    @property
    def _cluster(self) -> str:
        return self._plan.join or self._plan.cluster or f"{self._plan.address}:{limits.GCS_PORT}"

    def _ray(self) -> list[str]:
        own = f"--node-ip-address={self._plan.address}"
        role = [f"--address={self._plan.join}"]
        if not self._plan.join:
            role = ["--head", f"--port={limits.GCS_PORT}", "--include-dashboard=false", "--no-monitor"]
        sizes = [
            f"--num-{name}={count}"
            for name, count in (("cpus", self._plan.cpus), ("gpus", self._plan.gpus))
            if count is not None
        ]
        store = [f"--object-store-memory={limits.OBJECT_STORE_BYTES}", f"--temp-dir={self._boot.run_dir / RAY_DIR}"]
        quiet = ["--disable-usage-stats", "--include-log-monitor=false", "--block"]
        return [sys.executable, "-m", "ray.scripts.scripts", "start", own, *role, *sizes, *store, *quiet]

    def _environment(self) -> Mapping[str, str]:
        places = os.pathsep.join(dict.fromkeys(path for path in (str(ROOT), os.environ.get("PYTHONPATH", "")) if path))
        given = {"IPCAMERA_MODELS_DIR": str(self._boot.models_dir)} if self._boot.models_dir else {}
        return {
            **os.environ,
            **given,
            **QUIET,
            "PYTHONPATH": places,
            "IPCAMERA_DATA_DIR": str(self._boot.data_dir),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(self._boot.data_dir / CLUSTER_TOKEN),
            MARK: str(self._boot.data_dir),
        }

    def _started(
        self, command: list[str], environment: Mapping[str, str], descriptors: Any
    ) -> "subprocess.Popen[bytes]":
        log_file: IO[bytes]
        with (self._boot.run_dir / "pool.log").open("ab") as log_file:
            return subprocess.Popen(  # noqa: S603
                command, env=environment, pass_fds=tuple(descriptors), stdin=subprocess.DEVNULL, stdout=log_file
            )

    # ---------------------------------------------------------------- the end
    def _end_all(self) -> None:
        """Every process that bears our mark, gently at first; returns when none is left."""
        deadline = time.monotonic() + limits.STOP_S
        for process in (found := self._marked()):
            with contextlib.suppress(psutil.Error):
                process.terminate()
        psutil.wait_procs(found, timeout=2.0)
        while left := self._marked():
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=1.0)
            if time.monotonic() > deadline:
                raise Unavailable(f"processes of the pool do not end: {', '.join(str(one.pid) for one in left)}")

    def _marked(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                mine = process.pid != os.getpid() and process.uids().real == os.getuid()
                if (
                    mine
                    and process.status() != psutil.STATUS_ZOMBIE
                    and process.environ().get(MARK) == str(self._boot.data_dir)
                ):
                    found.append(process)
        return found


def cluster_token(data_dir: Path) -> str:
    """What the hosts of a cluster show each other; made once. Raises OSError."""
    path = data_dir / CLUSTER_TOKEN
    if not path.exists():
        write_atomically(path, secrets.token_hex(32).encode())
    return path.read_text()


ROOT = Path(__file__).parents[1]
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "ORT_DISABLE_TELEMETRY": "1",
    "RAY_ROTATION_MAX_BYTES": str(1 << 20),
    "RAY_ROTATION_BACKUP_COUNT": "1",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "10",
    "RAY_enable_metrics_collection": "0",
}
