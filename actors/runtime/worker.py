"""Threads for blocking code. They never touch the mailbox, and a stuck one makes its actor count as hung."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from actors.runtime import limits
from actors.runtime.heartbeat_age import HeartbeatAge, unscheduled_s

T = TypeVar("T")


class Worker:
    """A loop in its own thread.

    Override ``run``; call ``beat()`` at least once a second; return soon after ``stopping`` is set. An exception that
    leaves ``run``, or a return before ``stopping``, ends the actor.
    """

    patience_s: float = limits.WORKER_PATIENCE_S

    def __init__(self, name: str = "") -> None:
        self.name = name or type(self).__name__
        self.stopping = threading.Event()
        self._last_beat = self._last_heard = time.monotonic()
        self._heartbeat_age = HeartbeatAge()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        raise NotImplementedError

    def beat(self) -> None:
        """Progress: the heartbeat of the actor carries it."""
        self._last_beat = time.monotonic()

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """Run ``function(*args)`` in the actor's loop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)

    def start(self, loop: asyncio.AbstractEventLoop, on_end: Callable[[BaseException | None], None]) -> None:
        """For the runtime: ``on_end`` is called in the loop with the exception that ended ``run``, if any."""
        self._loop = loop

        def body() -> None:
            error: BaseException | None = None
            try:
                self.run()
            except BaseException as caught:  # noqa: BLE001 — handed to the actor, which ends on it
                error = caught
            self.post(on_end, error)

        self.beat()
        self._thread = threading.Thread(target=body, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()

    def join(self, timeout_s: float) -> None:
        if self._thread is not None:
            self._thread.join(timeout_s)

    def stalled(self) -> str:
        """Why this worker counts as hung; "" while it makes progress."""
        if self._thread is None or not self._thread.is_alive():
            return ""
        waited, beat = unscheduled_s(os.getpid(), self._thread.native_id), self._last_beat
        if beat != self._last_heard:
            self._last_heard = beat
            self._heartbeat_age.heard(waited)
        silent_s = time.monotonic() - beat
        excused = self._heartbeat_age.of(silent_s, waited) <= self.patience_s
        return "" if excused else f"{self.name} made no progress for {silent_s:.1f} s"


class WantedWorker(Worker):
    """A worker that rests while nobody wants what it makes."""

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._wanted = False
        self._wake = threading.Event()

    @property
    def wanted(self) -> bool:
        return self._wanted

    @wanted.setter
    def wanted(self, wanted: bool) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self.wake()

    def wake(self) -> None:
        """Do not wait: something has changed."""
        self._wake.set()

    def rest(self, seconds: float) -> None:
        """In ``run``: until ``wake``, at most so long."""
        self._wake.wait(seconds)
        self._wake.clear()


class SerialExecutor:
    """One thread that runs short blocking jobs in order: ``await executor.run(function, *args)``.

    A long job must call ``beat()`` regularly.
    """

    patience_s: float = limits.EXECUTOR_PATIENCE_S

    def __init__(self, name: str = "executor") -> None:
        self.name = name
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._since: float | None = None

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """The result; exceptions are raised here."""

        def job() -> T:
            self._since = time.monotonic()
            try:
                return function(*args)
            finally:
                self._since = None

        return await asyncio.get_running_loop().run_in_executor(self._pool, job)

    def beat(self) -> None:
        """Progress; called by the job."""
        self._since = time.monotonic()

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=False)

    def join(self, timeout_s: float) -> None:
        """Nothing to wait for: awaited jobs have ended."""

    def stalled(self) -> str:
        since = self._since
        if since is None or time.monotonic() - since < self.patience_s:
            return ""
        return f"{self.name} is stuck in one job for {time.monotonic() - since:.0f} s"
