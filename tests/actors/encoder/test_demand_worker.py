"""A thread of the encoder that is told to forget what it has in hand."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.encoder.demand_worker import DemandWorker
from actors.runtime.rings import RingReader, RingWriter
from models.media.ring import Entry


class Slow(DemandWorker):
    """Waits in the midst of its work until it is let go on."""

    def __init__(self, reader: RingReader) -> None:
        super().__init__("slow", reader)
        self.begun, self.go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.done: list[bytes] = []

    def take(self, entry: Entry) -> None:
        self.begun.release()
        self.go_on.acquire()
        self.done.append(entry.data)

    def begin_anew(self) -> None:
        self.done.append(b"anew")

    def idle(self) -> None: ...


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Slow]:
    worker = Slow(RingReader(tmp_path, tmp_path, "frames"))
    worker.wanted = True
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    yield worker
    worker.stopping.set()
    worker.go_on.release()
    thread.join(10)


def test_what_is_in_hand_is_finished_before_and_nothing_of_it_comes_after(worker: Slow, tmp_path: Path) -> None:
    writer = RingWriter(tmp_path, tmp_path, "frames", 100, 4, 16)
    writer.put(b"first", time.monotonic_ns(), 0)
    assert worker.begun.acquire(timeout=10)
    told = threading.Thread(target=worker.forget)
    told.start()
    assert worker.done == []
    worker.go_on.release()
    told.join(10)
    assert worker.done == [b"first", b"anew"]
    tries = iter(range(100))
    while not worker.begun.acquire(timeout=0.1):  # the next picture may still count as one from before
        assert next(tries) is not None
        writer.put(b"second", time.monotonic_ns(), 0)
    worker.go_on.release()
