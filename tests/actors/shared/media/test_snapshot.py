"""A picture of this moment, with a lease for just so long."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.runtime.rings import RingReader, RingWriter
from actors.shared.media.snapshot import FRESH_NS, snapshot


class Asker:
    """What ``snapshot`` needs of an actor. ``held``: the leases there are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held: set[tuple[str, str, str]] = set()

    def ring_reader(self, name: str) -> RingReader:
        return RingReader(self.folder, self.folder, name)

    def lease(self, *lease: str) -> None:
        self.held.add(lease)  # type: ignore[arg-type]

    def release(self, *lease: str) -> None:
        self.held.remove(lease)  # type: ignore[arg-type]


@pytest.fixture
def asker(tmp_path: Path) -> Any:
    return Asker(tmp_path)


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[RingWriter]:
    writer = RingWriter(tmp_path, tmp_path, "jpeg", 1000, 8, 16)
    yield writer
    writer.close()


async def test_one_that_ends_leaves_the_lease_of_another(asker: Any, ring: RingWriter) -> None:
    patient = asyncio.create_task(snapshot(asker, "jpeg", 5.0))
    assert await snapshot(asker, "jpeg", 0.05) == b""
    assert [held[:2] for held in asker.held] == [("encoder", "jpeg")]
    ring.put(b"a picture", time.monotonic_ns(), time.time_ns())
    assert await patient == b"a picture"
    assert asker.held == set()


async def test_an_old_picture_is_none_whatever_the_clock_of_the_device_says(asker: Any, ring: RingWriter) -> None:
    ring.put(b"old", time.monotonic_ns() - 2 * FRESH_NS, time.time_ns())
    assert await snapshot(asker, "jpeg", 0.05) == b""
    ring.put(b"new", time.monotonic_ns(), time.time_ns() - 3600 * 10**9)
    assert await snapshot(asker, "jpeg", 5.0) == b"new"


async def test_a_cancelled_one_holds_nothing(asker: Any) -> None:
    task = asyncio.create_task(snapshot(asker, "jpeg", 5.0))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert asker.held == set()
