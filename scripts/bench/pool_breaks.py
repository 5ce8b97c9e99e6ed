"""Three real cameras and their pool of two hosts, broken in every way. Needs Ray; as root.

    python -m scripts.bench.pool_breaks [--hold 15] [--cameras 3]

Network namespaces ``ipcp-cam1`` … ``ipcp-poolB`` on a bridge, Ray's own network on another one, and a liar between
cameras and pool, which delays, and answers garbage or 5 MB. Each break holds ``--hold`` seconds. How long nobody looked
(the longest gap between two looks of a camera, at two a second), how long until all are back on the pool, and whether
each visit of the labelled video is one event.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from aiohttp import web

from config.boot import Boot
from config.tls import certificate
from models.events import Event
from models.messages.detector import GetDetector, detector
from models.messages.event_log import EVENT_LOG, QueryEvents
from models.pool.limits import QUESTION_BYTES, RELAPSE_S
from scripts.bench import machine
from scripts.bench.pool import WEIGHTS, pss
from tests.pool.running import RunningPool
from tests.wire.server import INSECURE, RunningServer

VIDEO = WEIGHTS.parent / "video" / "one_by_one_1-3.mp4"
LOOP_S, VISITS = 73.6, 3
BRIDGE, CLUSTER = "ipcp0", "ipcp1"
CAMERAS = {f"cam{number}": f"10.98.0.{number}" for number in (1, 2, 3)}
HOSTS = {"poolA": "10.98.0.11", "poolB": "10.98.0.12"}
LIAR_PORT, POOL_PORT = 8461, 8460
DISABLED, FORWARDING = "0", "3"  # of a bridge's port
BACK_WITHIN_S = 90.0


# -------------------------------------------------------------------- the network
def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def inside(name: str) -> tuple[str, ...]:
    return "ip", "netns", "exec", f"ipcp-{name}"


def join(name: str, bridge: str, address: str) -> None:
    """A namespace with one interface on a bridge."""
    run("ip", "netns", "add", f"ipcp-{name}")
    run("ip", "link", "add", f"v{name}", "type", "veth", "peer", "name", "eth0", "netns", f"ipcp-{name}")
    run("ip", "link", "set", f"v{name}", "master", bridge, "up")
    run("ip", "-n", f"ipcp-{name}", "address", "add", f"{address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        run("ip", "-n", f"ipcp-{name}", "link", "set", device, "up")


@contextlib.contextmanager
def networks() -> Iterator[None]:
    names = [*CAMERAS, *HOSTS, "rayA", "rayB"]
    try:
        for bridge, address in ((BRIDGE, "10.98.0.254/24"), (CLUSTER, "10.97.0.254/24")):
            run("ip", "link", "add", bridge, "type", "bridge")
            run("ip", "address", "add", address, "dev", bridge)
            run("ip", "link", "set", bridge, "up")
        for name, address in (CAMERAS | HOSTS).items():
            join(name, BRIDGE, address)
        join("rayA", CLUSTER, "10.97.0.1")
        join("rayB", CLUSTER, "10.97.0.2")
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "link", "del", f"v{name}"], capture_output=True, check=False)
            subprocess.run(["ip", "netns", "del", f"ipcp-{name}"], capture_output=True, check=False)
        for bridge in (BRIDGE, CLUSTER):
            subprocess.run(["ip", "link", "del", bridge], capture_output=True, check=False)


def cut(state: str) -> None:
    """Both ways between the cameras and the pool's head: packets vanish, nobody is told."""
    run("bridge", "link", "set", "dev", "vpoolA", "state", state)


# -------------------------------------------------------------------- cameras
class Camera(RunningServer):
    def __init__(self, data_dir: Path, name: str, line: str) -> None:
        self.name = name
        self.looks: list[float] = []
        environment = {"IPCAMERA_POOL": line, "IPCAMERA_MODELS_DIR": str(WEIGHTS)}
        settings = {"objectPersonDetectionEnabled": True, "frameRate": 10}
        super().__init__(
            data_dir, str(VIDEO), settings=settings, environment=environment, bind=CAMERAS[name], within=inside(name)
        )
        threading.Thread(target=lambda: asyncio.run(self._follow()), daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://{CAMERAS[self.name]}:{self.https_port}"

    async def _follow(self) -> None:
        """When somebody looked: each look says its level."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/ws?token={self.token}", ssl=INSECURE, max_msg_size=0) as ws,
        ):
            await ws.send_json({"type": "hello", "want": ["levels"]})
            async for message in ws:
                said = json.loads(message.data) if message.type == aiohttp.WSMsgType.TEXT else {}
                if said.get("type") == "levels" and any(row["key"] == "person" for row in said["levels"]):
                    self.looks.append(time.monotonic())

    @property
    def place(self) -> tuple[str, str]:
        view = self.ask(detector("object_detector"), GetDetector())
        return view.where, view.where_note

    def gap_s(self, since: float) -> float:
        """The longest time without a look."""
        times = [at for at in self.looks if at >= since - 1.0]
        return max((later - earlier for earlier, later in pairwise(times)), default=float("inf"))

    def visits(self) -> list[Event]:
        found = self.ask(EVENT_LOG, QueryEvents(since=1)).events
        return sorted((one for one in found if one.type == "OBJECT_PERSON"), key=lambda one: one.event_id)


def until(condition: Callable[[], bool], seconds: float) -> float | None:
    """How long it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.1)
    return time.monotonic() - began


# -------------------------------------------------------------------- the liar
async def lie(folder: Path) -> None:
    """The pool's certificate on another port: passes everything on, or answers as the file ``lie`` says."""
    boot = Boot(folder, folder, folder)
    tls = certificate.server_context(certificate.files_of(boot))
    trust = INSECURE
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:

        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            kind = (folder / "lie").read_text()
            if kind == "delay":
                await asyncio.sleep(0.4)
            if kind == "garbage":
                return web.Response(body=os.urandom(400))
            if kind == "flood":
                return web.Response(body=b"[" * 5_000_000)
            url = f"https://{HOSTS['poolA']}:{POOL_PORT}{request.path_qs}"
            headers = {"Authorization": request.headers.get("Authorization", "")}
            try:
                async with session.post(url, data=body, headers=headers, ssl=trust) as answer:
                    return web.Response(body=await answer.read(), status=answer.status)
            except (aiohttp.ClientError, TimeoutError):
                return web.Response(status=502)

        app = web.Application(client_max_size=QUESTION_BYTES)
        app.router.add_post("/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOSTS["poolA"], LIAR_PORT, ssl_context=tls).start()
        await asyncio.Event().wait()


# -------------------------------------------------------------------- breaking
class Field:
    """Everything that runs, and what may be done to it."""

    def __init__(self, folder: Path, cameras: int) -> None:
        self._folder = folder
        a, b = folder / "a", folder / "b"
        b.mkdir()
        self.head = RunningPool(
            a,
            WEIGHTS,
            "--port",
            str(POOL_PORT),
            "--network",
            "ipcp-rayA",
            "--address",
            "10.97.0.1",
            "--cpus",
            "1",
            within=inside("poolA"),
        )
        self.head.wait_for(self.head.status)
        shutil.copy(a / "cluster-token", b / "cluster-token")
        joined = ("--network", "ipcp-rayB", "--address", "10.97.0.2", "--join", "10.97.0.1:6379", "--cpus", "1")
        self.other = RunningPool(b, WEIGHTS, *joined, within=inside("poolB"))
        self.head.wait_for(lambda: len((self.head.status() or {"hosts": []})["hosts"]) == 2)
        (a / "lie").write_text("pass")
        self.liar = subprocess.Popen(
            [*inside("poolA"), sys.executable, "-m", "scripts.bench.pool_breaks", "liar", str(a)]
        )
        invite = ("--host", HOSTS["poolA"], "--port", str(LIAR_PORT))
        self.cameras = [
            Camera(folder / name, name, self.head.command("invite", name, *invite)) for name in list(CAMERAS)[:cameras]
        ]

    def tell(self, kind: str) -> None:
        (self._folder / "a" / "lie").write_text(kind)

    def kill(self, pool: RunningPool, name: str) -> None:
        for process in pool.processes(name)[:1]:
            process.send_signal(signal.SIGKILL)

    def all_on(self, where: str) -> bool:
        return all(camera.place[0] == where for camera in self.cameras)

    def breaks(self) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
        """How to break, how to heal."""

        def nothing() -> None: ...

        return {
            "replica killed": (lambda: self.kill(self.head, "ServeReplica:objects"), nothing),
            "packets dropped both ways": (lambda: cut(DISABLED), lambda: cut(FORWARDING)),
            "400 ms delay": (lambda: self.tell("delay"), lambda: self.tell("pass")),
            "garbage": (lambda: self.tell("garbage"), lambda: self.tell("pass")),
            "5 MB answers": (lambda: self.tell("flood"), lambda: self.tell("pass")),
            "raylet of the other host killed": (lambda: self.kill(self.other, "raylet/raylet"), nothing),
            "raylet of the head killed": (lambda: self.kill(self.head, "raylet/raylet"), nothing),
            "head (GCS) killed": (lambda: self.kill(self.head, "gcs_server"), nothing),
        }

    def close(self) -> None:
        for camera in self.cameras:
            camera.stop()
        self.liar.kill()
        self.other.stop()
        self.head.stop()


def break_all(hold_s: float, cameras: int) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, networks():
        field = Field(Path(folder), cameras)
        try:
            print(f"all on the pool after {until(lambda: field.all_on('pool'), 60)} s")
            began = time.time()
            refused(field.head)
            memory(field)
            for name, (harm, heal) in field.breaks().items():
                one_break(field, name, harm, heal, hold_s)
            while (time.time() - began) % LOOP_S > 2:  # whole loops of the video
                time.sleep(0.5)
            for camera in field.cameras:
                judge(camera, began, time.time())
        finally:
            field.close()


def one_break(field: Field, name: str, harm: Callable[[], None], heal: Callable[[], None], hold_s: float) -> None:
    at = time.monotonic()
    harm()
    time.sleep(hold_s)
    homes = [camera.place for camera in field.cameras]
    heal()
    back = until(lambda: field.all_on("pool"), BACK_WITHIN_S)
    gaps = ", ".join(f"{camera.gap_s(at):.2f}" for camera in field.cameras)
    where = sorted({why or place for place, why in homes})
    took = "never" if back is None else f"{back:.1f} s"
    print(f"{name}: longest gap between looks {gaps} s; back {took} after; meanwhile {'; '.join(where)}", flush=True)
    time.sleep(RELAPSE_S + 1)


def refused(pool: RunningPool) -> None:
    """Every port that Ray listens on, from a camera's namespace."""
    listening = {
        connection.laddr.port
        for process in pool.processes("")
        for connection in _listening(process)
        if connection.laddr.port not in (POOL_PORT, LIAR_PORT)
    }
    open_ports = [port for port in sorted(listening) for host in (HOSTS["poolA"], "10.97.0.1") if _open(host, port)]
    print(f"Ray listens on {len(listening)} ports; from a camera's network {len(open_ports)} of them can be reached")


def _listening(process: psutil.Process) -> list[Any]:
    """In the process's own network."""
    command = ["ip", "netns", "exec", "ipcp-rayA", "ss", "-Hltnp"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = []
    for line in lines:
        if f"pid={process.pid}," in line:
            port = int(line.split()[3].rpartition(":")[2])
            found.append(argparse.Namespace(laddr=argparse.Namespace(port=port)))
    return found


def _open(host: str, port: int) -> bool:
    probe = f"import socket; socket.create_connection(({host!r}, {port}), 1)"
    return (
        subprocess.run([*inside("cam1"), sys.executable, "-c", probe], capture_output=True, check=False).returncode == 0
    )


def memory(field: Field) -> None:
    rows = field.cameras[0].rows()
    print(f"camera with the pool: object_detector {rows['object_detector'].pss_bytes / 2**20:.1f} MB PSS")
    print(f"pool: head {pss(field.head)}; other host {pss(field.other)}")


def judge(camera: Camera, began: float, ended: float) -> None:
    """Each visit in the video is one event, whichever machine detected it."""
    visits = [event for event in camera.visits() if event.timestamp / 1000 >= began]
    ids = [int(str(event.metadata["trackId"])) for event in visits]
    loops = (ended - began) / LOOP_S
    unbroken = "unbroken" if ids == sorted(set(ids)) else f"broken: {ids}"
    restarts = camera.rows()["object_detector"].restarts
    print(
        f"{camera.name}: {len(visits)} visits in {loops:.1f} loops of {VISITS}; ids {unbroken}; detector restarts"
        f" {restarts}; on the pool at the end: {camera.place[0] == 'pool'}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("break", "liar"), default="break")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--hold", type=float, default=15.0)
    parser.add_argument("--cameras", type=int, default=3, choices=(1, 2, 3))
    arguments = parser.parse_args()
    if arguments.what == "liar":
        asyncio.run(lie(arguments.folder))
    print(machine.describe(), flush=True)
    break_all(arguments.hold, arguments.cameras)
