"""The thread that opens a source, reads it while it is wanted, and reopens it after a while when it was lost."""

import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from actors.runtime.worker import WantedWorker
from actors.shared.media.container import LoginRefusedError, SourceError
from models.media.backoff import Backoff

REST_S = 0.5
READ_PATIENCE_S = 8.0  # FFmpeg may take twice its own time-out to end a read (``container.READ_S``)
OPEN_PATIENCE_S = 25.0  # to connect, to analyse the stream, and to report a failure
REFUSED_S, REFUSED_LONGEST_S = 300.0, 3600.0
GOOD_AFTER_S = 10.0  # since it was opened: the next failure counts as the first


class Closable(Protocol):
    def close(self) -> None: ...


S = TypeVar("S", bound=Closable)
R = TypeVar("R")


class SourceWorker(WantedWorker, Generic[S, R]):
    """Override ``open``, ``read``, ``closed`` and ``lost``. ``S`` is what is opened.

    ``R`` is a report: each one that differs from the last is given to ``on_report``, in the actor's loop.
    """

    def __init__(self, name: str, on_report: Callable[[R], object]) -> None:
        super().__init__(name)
        self.source: S | None = None
        self.said: R | None = None
        self._on_report = on_report
        self._backoff = Backoff()
        self._refusals = Backoff(REFUSED_S, REFUSED_LONGEST_S)  # of our password: cameras lock accounts
        self._retry_at = 0.0
        self.opened_at = 0.0

    # ---------------------------------------------------------------- called in the actor's loop
    def try_now(self) -> None:
        """Retry at once: the source may be available."""
        self._retry_at = 0.0
        self.wake()

    # ---------------------------------------------------------------- to be overridden
    def open(self) -> S | None:
        """None: not yet; it is called again soon. Raises ``SourceError``."""
        raise NotImplementedError

    def read(self, source: S) -> R | None:
        """Read what comes next; None if nothing arrived. Raises ``SourceError``: the source is closed and lost."""
        raise NotImplementedError

    def closed(self) -> R:
        """The report while the source is not wanted."""
        raise NotImplementedError

    def lost(self, reason: str) -> R:
        """The report while it waits to be reopened."""
        raise NotImplementedError

    def wait_s(self) -> float:
        """How long to wait before the next attempt."""
        return self._retry_at - time.monotonic()

    def waiting(self) -> None:
        """Called periodically while waiting."""

    def refused(self) -> float:
        """Our password was rejected: for how long no attempt is made."""
        return self._refusals.failed()

    def begin_blocking(self, opening: bool) -> None:
        """A call that may take long begins."""
        self.patience_s = OPEN_PATIENCE_S if opening else READ_PATIENCE_S
        self.beat()

    def end_blocking(self) -> None:
        self.beat()

    # ---------------------------------------------------------------- for subclasses
    def say(self, report: R) -> None:
        if report != self.said:
            self.said = report
            self.post(self._on_report, report)

    def retry_after(self, seconds: float) -> None:
        self._retry_at = time.monotonic() + seconds

    def close(self) -> None:
        source, self.source = self.source, None
        if source is not None:
            source.close()

    # ---------------------------------------------------------------- the thread
    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.beat()
                self._step()
        finally:
            self.close()

    def _step(self) -> None:
        if not self.wanted:
            self.close()
            self.say(self.closed())
            self.rest(REST_S)
        elif self.source is not None:
            self._read(self.source)
        elif (left_s := self.wait_s()) > 0:
            self.waiting()
            self.rest(min(left_s, REST_S))
        else:
            self._open()

    def _open(self) -> None:
        self.begin_blocking(opening=True)
        try:
            self.source = self.open()
        except SourceError as error:
            self._failed(error)
            return
        finally:
            self.end_blocking()
        if self.source is None:
            self.rest(REST_S)
            return
        self._refusals.reset()
        self.opened_at = time.monotonic()

    def _read(self, source: S) -> None:
        self.begin_blocking(opening=False)
        try:
            report = self.read(source)
        except SourceError as error:
            self.close()
            self._failed(error)
            return
        finally:
            self.end_blocking()
        if report is None:
            return
        self.say(report)
        if time.monotonic() - self.opened_at > GOOD_AFTER_S:
            self._backoff.reset()

    def _failed(self, error: SourceError) -> None:
        self.retry_after(self.refused() if isinstance(error, LoginRefusedError) else self._backoff.failed())
        self.say(self.lost(str(error)))
