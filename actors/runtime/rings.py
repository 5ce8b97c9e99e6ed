"""Rings as files in shared memory, and the bell that announces new records.

``multiprocessing.shared_memory`` is not used, because on Python 3.11 a reader that dies unlinks it for all. A restarted
writer makes a *new* file and renames it into place; readers see the new epoch and follow. If /dev/shm is too small
(a container may have 16 MB), the file is a link to memory that only its writer holds: memfd_create(2), proc(5) fd.
The bell is a datagram of one byte to each reader's socket under ``run_dir/bells/<ring>/``: it takes 97 µs, and a full
socket means that the reader has been notified already.

Not guaranteed: that a reader sees every record. One that falls behind loses the oldest, which shows as a gap in
``sequence``; a record may be overwritten while it is being copied, and is then skipped.
"""

import asyncio
import contextlib
import errno
import itertools
import mmap
import os
import secrets
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from models.media.ring import DISCONTINUITY, Entry, Reader, Writer, forget, size_of

LOOK_FOR_READERS_S = 0.5
LOOK_FOR_WRITER_S = 0.25
SOUND_RINGS = frozenset({"pcm", "audio", "sound"})
BATCH = 16  # entries per iteration of the loop: a reader that fell behind must not block it
_serial = itertools.count(1)
_Take = Callable[[], Entry | None]
_Deliver = Callable[[Entry], None]


class RingWriter:
    """Create with ``Actor.ring_writer``. ``records`` of the ``largest`` size fit, and ``slots`` are told apart."""

    def __init__(self, shm_dir: Path, run_dir: Path, name: str, largest: int, records: int, slots: int) -> None:
        self.name = name
        self.path = shm_dir / name
        self._bells = run_dir / "bells" / name
        self._bells.mkdir(parents=True, exist_ok=True)
        capacity = (records + 2) * largest
        size = size_of(capacity, slots)
        new = shm_dir / f"{name}.{os.getpid()}.{next(_serial)}"
        self._file = _make_file(new, size)
        self._map = mmap.mmap(self._file.fileno(), size)
        epoch = time.time_ns() // 1000 * 4096 + secrets.randbelow(4096)
        self.ring = Writer(memoryview(self._map), capacity, slots, largest, epoch % 2**63, os.getpid())
        new.rename(self.path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._readers: list[str] = []
        self._looked = 0.0
        self._changed = 0  # when the directory of the readers was, at the last look

    @property
    def largest(self) -> int:
        return self.ring.largest

    def put(self, data: bytes | memoryview, pts: int, wall: int, **about: int) -> int:
        """Copy one record in and ring; see ``models.media.ring.Writer.put``."""
        sequence = self.ring.put(data, pts, wall, **about)
        self.ring_bell()
        return sequence

    def ring_bell(self) -> None:
        """Notify the readers; call it after ``ring.publish``."""
        now, changed = time.monotonic(), self._bells.stat().st_mtime_ns
        if changed != self._changed or now - self._looked > LOOK_FOR_READERS_S:  # two changes may have the same time
            self._looked, self._changed = now, changed
            self._readers = [str(path) for path in self._bells.iterdir()]
        for address in self._readers:
            try:
                self._socket.sendto(b"!", address)
            except BlockingIOError:
                continue  # it has been notified already
            except OSError:
                self._looked = 0.0
                with contextlib.suppress(OSError):
                    os.unlink(address)  # its process is gone

    def close(self) -> None:
        """Remove the ring, if it is still ours."""
        self._socket.close()
        with contextlib.suppress(OSError):
            if Reader(memoryview(_map_file(self.path))).epoch == self.ring.epoch:
                self.path.unlink()
        self._file.close()


def _make_file(path: Path, size: int) -> BinaryIO:
    """A file of ``size`` bytes at ``path``. Raises OSError if there is not enough memory."""
    file = open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b", 0)  # noqa: SIM115 — the ring's
    try:
        try:
            os.posix_fallocate(file.fileno(), 0, size)  # a full /dev/shm is an error here, not a SIGBUS later
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            file.close()
            path.unlink()
            file = open(os.memfd_create(path.name), "r+b", 0)  # noqa: SIM115
            os.posix_fallocate(file.fileno(), 0, size)
            path.symlink_to(f"/proc/{os.getpid()}/fd/{file.fileno()}")
    except BaseException:
        file.close()
        path.unlink(missing_ok=True)
        raise
    return file


def _map_file(path: Path, writable: bool = False) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
    try:
        access = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        return mmap.mmap(descriptor, os.fstat(descriptor).st_size, mmap.MAP_SHARED, access)
    finally:
        os.close(descriptor)


def forget_pictures(shm_dir: Path) -> None:
    """Make the content of every ring of pictures unreadable, including that of dead writers."""
    for path in shm_dir.iterdir():
        if path.name.partition(".")[0] in SOUND_RINGS:
            continue
        try:
            forget(memoryview(_map_file(path, writable=True)))
        except FileNotFoundError:
            continue  # just replaced, or the memory of a writer that is gone
        except ValueError:
            continue  # a file that is just being created: empty, or without its header


class RingReader:
    """Create with ``Actor.ring_reader``. Use each reader in one place only: it remembers what it has returned.

    It follows a restarted writer automatically; the first entry then carries DISCONTINUITY.
    """

    def __init__(self, shm_dir: Path, run_dir: Path, name: str) -> None:
        self.name = name
        self._path = shm_dir / name
        bells = run_dir / "bells" / name
        bells.mkdir(parents=True, exist_ok=True)
        self._bell_path = bells / f"{os.getpid()}.{next(_serial)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._bell_path))
        self._reader: Reader | None = None
        self._inode = (0, 0)
        self._looked = 0.0
        self._last = 0
        self._fresh = False

    # ---------------------------------------------------------------- without waiting
    def peek(self) -> Entry | None:
        """The newest entry, whether it was returned before or not."""
        self._follow_writer()
        return self._reader.newest() if self._reader else None

    def holds(self, entry: Entry) -> bool:
        """Whether returned entries could still be read: their ring still exists, and has not been cleared."""
        return self._reader is not None and self._reader.holds(entry)

    def nearest(self, pts: int) -> Entry | None:
        """The entry whose ``pts`` is closest, whether it was returned before or not."""
        self._follow_writer()
        return self._reader.nearest(pts) if self._reader else None

    def take_newest(self) -> Entry | None:
        """The newest entry if it has not been returned yet."""
        self._follow_writer()
        if self._reader is None or self._reader.head <= self._last:
            return None
        entry = self._reader.newest()
        return self._give(entry) if entry and entry.sequence > self._last else None

    def take_next(self) -> Entry | None:
        """The next entry in order; after falling behind, the oldest one left (a gap in ``sequence``)."""
        self._follow_writer()
        reader = self._reader
        if reader is None or reader.head <= self._last:
            return None
        entry = reader.read(self._last + 1)
        while entry is None and reader.head > self._last:
            oldest = reader.oldest_sequence()
            if oldest > reader.head:
                return None
            entry = reader.read(oldest)
        return self._give(entry) if entry else None

    def seek_key(self) -> bool:
        """Let ``take_next`` continue at the newest key entry; False if the ring has none."""
        self._follow_writer()
        key = self._reader.newest_key() if self._reader else 0
        if key:
            self._last = key - 1
        return bool(key)

    def seek_end(self) -> None:
        """Let ``take_next`` continue with what arrives from now on."""
        self._follow_writer()
        if self._reader:
            self._last = self._reader.head

    def _give(self, entry: Entry) -> Entry:
        self._last = entry.sequence
        if self._fresh:
            self._fresh = False
            return entry._replace(flags=entry.flags | DISCONTINUITY)
        return entry

    def _follow_writer(self) -> None:
        now = time.monotonic()
        if self._reader is not None and now - self._looked < LOOK_FOR_WRITER_S:
            return
        self._looked = now
        try:
            status = self._path.stat()
            inode = (status.st_dev, status.st_ino)
            if inode == self._inode:
                return
            reader = Reader(memoryview(_map_file(self._path)))
        except (OSError, ValueError):
            return  # no writer yet, or just being replaced: tried again later
        self._fresh = self._reader is not None
        self._reader, self._inode, self._last = reader, inode, 0

    # ---------------------------------------------------------------- in the actor's loop
    async def newest(self, timeout_s: float) -> Entry | None:
        """Wait for the newest entry not returned yet; None after ``timeout_s``."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while True:
            entry = self.take_newest()
            if entry is not None:
                return entry
            left = deadline - loop.time()
            if left <= 0:
                return None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_FOR_WRITER_S)):
                    await loop.sock_recv(self._socket, 1)
            self._drain()

    async def follow(self, deliver: _Deliver, in_order: bool) -> None:
        """Call ``deliver`` with each entry (or, if not ``in_order``, the newest) as it arrives, until cancelled.

        Exceptions of ``deliver`` are raised here. The loop itself calls it, because waking a task for each entry took
        twice as long.
        """
        loop = asyncio.get_running_loop()
        end: asyncio.Future[None] = loop.create_future()
        take = self.take_next if in_order else self.take_newest

        def hand_over(at_most: int) -> bool:
            """Whether there may be more."""
            try:
                for _ in range(at_most):
                    if (entry := take()) is None:
                        return False
                    deliver(entry)
            except Exception as error:  # noqa: BLE001 (raised again by whoever awaits)
                if not end.done():
                    end.set_exception(error)
                return False
            return True

        def rung() -> None:
            try:
                self._socket.recv(1)
            except BlockingIOError:
                return
            hand_over(1)

        loop.add_reader(self._socket, rung)
        try:
            while (
                not end.done()
            ):  # the bell may miss a new reader at first, and does not ring for each entry if the socket is full
                more = hand_over(BATCH)
                await asyncio.wait((end,), timeout=0 if more else LOOK_FOR_WRITER_S)
            await end
        finally:
            loop.remove_reader(self._socket)

    # ---------------------------------------------------------------- in a worker thread
    def wait_newest(self, timeout_s: float) -> Entry | None:
        """Like ``newest``, blocking."""
        return self._block(self.take_newest, timeout_s)

    def wait_next(self, timeout_s: float) -> Entry | None:
        """Like ``next``, blocking."""
        return self._block(self.take_next, timeout_s)

    def _block(self, take: _Take, timeout_s: float) -> Entry | None:
        deadline = time.monotonic() + timeout_s
        while True:
            entry = take()
            if entry is not None:
                return entry
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            select.select([self._socket], [], [], min(left, LOOK_FOR_WRITER_S))
            self._drain()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(1)

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(OSError):
            self._bell_path.unlink()
