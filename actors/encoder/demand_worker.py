"""The base of the encoder's threads: they rest while nothing is wanted, and never use old pictures."""

import threading
import time

from actors.runtime.rings import RingReader
from actors.runtime.worker import WantedWorker
from models.media.ring import Entry

WAIT_S = 0.5
TOO_OLD_NS = 1_000_000_000  # entries older than this are from before the last demand


class DemandWorker(WantedWorker):
    """Override ``take`` (called with each fresh entry) and ``idle`` (called now and then while nobody wants it)."""

    newest_wins = True
    own = True  # this worker fills the ring; otherwise the camera does

    def __init__(self, name: str, reader: RingReader) -> None:
        super().__init__(name)
        self._reader = reader
        self._turn = threading.Lock()  # held while one entry is worked on
        self._forgotten = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            if not self.wanted:
                self.idle()
                self.rest(WAIT_S)
                continue
            forgotten = self._forgotten
            entry = self._reader.wait_newest(WAIT_S) if self.newest_wins else self._reader.wait_next(WAIT_S)
            if entry is None or time.monotonic_ns() - entry.pts >= TOO_OLD_NS:
                continue
            with self._turn:
                if forgotten == self._forgotten:
                    self.take(entry)

    def forget(self) -> None:
        """Earlier pictures must not be shown: when this returns, nothing made from them is written any more.

        Call it from any other thread; it waits for the entry in progress.
        """
        with self._turn:
            self._forgotten += 1
            self.begin_anew()

    def begin_anew(self) -> None:
        """What comes next must not reference what came before."""

    def take(self, entry: Entry) -> None:
        raise NotImplementedError

    def idle(self) -> None:
        raise NotImplementedError
