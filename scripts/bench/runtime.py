"""One ask between two actors: processor time of both ends and the time it takes, against a bare socket pair.

.venv/bin/python -m scripts.bench.runtime

The peer is the same pickle over an AF_UNIX/SOCK_SEQPACKET pair between two asyncio loops, with nothing around it: what
an ask costs at least in this language.
"""

import asyncio
import os
import pickle
import signal
import socket
import tempfile
import time
from pathlib import Path

from actors.runtime import limits
from actors.runtime.actor import Actor, handles
from actors.runtime.child_spec import ChildSpec
from actors.runtime.control import Control
from actors.runtime.envelope import Reply, Request
from actors.runtime.launcher import launch
from config.boot import Boot
from models.errors import ServerError
from models.messages import codec
from models.messages.settings import SettingsView
from scripts.bench import machine
from scripts.bench.runtime_messages import ONE, TWO, Echo, Measure, Spent

HERE = "scripts.bench.runtime"
ASKS, ROUNDS = 2_000, 3


class Settings(Actor):
    @classmethod
    def uses_settings(cls) -> bool:
        return False

    async def on_start(self) -> None:
        self.publish_state(SettingsView({}, {}))


class Partner(Actor):
    @handles(Echo)
    def _echo(self, message: Echo) -> str:
        return message.text

    @handles(Spent)
    def _spent(self, _: Spent) -> float:
        return time.process_time()

    @handles(Measure)
    async def _measure(self, message: Measure) -> tuple[float, float]:
        before = time.process_time() + await self.actor(TWO).ask(Spent())
        times = []
        for _ in range(message.count):
            began = time.perf_counter()
            await self.actor(TWO).ask(Echo("x" * 100))
            times.append(time.perf_counter() - began)
        spent = time.process_time() + await self.actor(TWO).ask(Spent()) - before
        return sorted(times)[message.count // 2], spent / message.count


def main() -> None:
    print(machine.describe())
    codec.ROOTS.append("scripts.bench.")
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_ours())
        bare.append(_bare())
    median, spent = sorted(ours)[ROUNDS // 2]
    bare_median, bare_spent = sorted(bare)[ROUNDS // 2]
    print(f"one ask: {median * 1e3:.3f} ms, {spent * 1e3:.3f} ms of processor time at both ends")
    print(f"bare pair: {bare_median * 1e3:.3f} ms, {bare_spent * 1e3:.3f} ms")
    print(f"ratio: {median / bare_median:.2f} of the time, {spent / bare_spent:.2f} of the processor time")


def _ours() -> tuple[float, float]:
    """(median s, processor s) of one ask between two actors of a real tree."""
    with tempfile.TemporaryDirectory() as root:
        boot = Boot(Path(root, "data"), Path(root, "run"), Path(root, "shm"), log_level="error")
        boot.data_dir.mkdir()
        tree = (
            ChildSpec("settings", f"{HERE}:Settings", 0),
            ChildSpec("one", f"{HERE}:Partner", 1),
            ChildSpec("two", f"{HERE}:Partner", 1),
        )
        launcher = os.fork()
        if launcher == 0:
            os.setsid()
            os._exit(launch(boot, tree))
        try:
            with _control(boot) as control:
                return control.ask(ONE, Measure(ASKS), 60)
        finally:
            os.kill(launcher, signal.SIGTERM)
            os.waitpid(launcher, 0)


def _control(boot: Boot) -> Control:
    deadline = time.monotonic() + limits.SILENT_AT_START_S
    while time.monotonic() < deadline:
        try:
            return Control(boot.run_dir)
        except ServerError:
            time.sleep(0.05)
    raise TimeoutError("the tree did not start")


def _bare() -> tuple[float, float]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        here.close()
        asyncio.run(_echo(there))
        os._exit(0)
    there.close()
    began = time.process_time()
    median = asyncio.run(_ask(here))
    spent = time.process_time() - began
    here.close()
    _, _, usage = os.wait4(child, 0)
    return median, (spent + usage.ru_utime + usage.ru_stime) / ASKS


async def _echo(end: socket.socket) -> None:
    end.setblocking(False)
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def readable() -> None:
        if not (data := end.recv(65_536)):
            loop.remove_reader(end)
            return done.set()
        request = pickle.loads(data)  # noqa: S301 — of our own making
        end.send(pickle.dumps(Reply("two", 2, request.request_id, request.message.text), 5))

    loop.add_reader(end, readable)
    await done.wait()


async def _ask(end: socket.socket) -> float:
    end.setblocking(False)
    loop = asyncio.get_running_loop()
    open_: dict[int, asyncio.Future[str]] = {}

    def readable() -> None:
        answer = pickle.loads(end.recv(65_536))  # noqa: S301 — of our own making
        open_.pop(answer.request_id).set_result(answer.message)

    loop.add_reader(end, readable)
    times = []
    for request_id in range(ASKS):
        began = time.perf_counter()
        open_[request_id] = loop.create_future()
        end.send(pickle.dumps(Request("one", 1, request_id, Echo("x" * 100)), 5))
        async with asyncio.timeout(5):
            await open_[request_id]
        times.append(time.perf_counter() - began)
    loop.remove_reader(end)
    return sorted(times)[ASKS // 2]


if __name__ == "__main__":
    main()
