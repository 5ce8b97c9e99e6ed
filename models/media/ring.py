"""A ring of records over one shared buffer: one writer that never waits, any number of readers that never block it.

Layout, native byte order, all fields u64:

    header   (128 bytes)  magic, capacity, slots, head, reserved, epoch, writer pid, spare …
    index    (128 bytes × slots)  sequence, position, length, pts, wall, flags, width, height, format, spare …
    data     (capacity bytes)

Positions count all bytes ever written; ``position % capacity`` is the offset. Before the writer touches an offset it
raises ``reserved``: everything older than ``reserved - capacity`` is invalid. A reader copies, then checks that what
it copied was still valid. The writer reserves one largest record ahead of the one it writes: between the reservation
and the first byte lie the bell's system calls, which is what makes the check sound on weakly ordered processors too.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x49504352494E4731
WORD = 8
HEADER = 128
SLOT = 128
H_MAGIC, H_CAPACITY, H_SLOTS, H_HEAD, H_RESERVED, H_EPOCH, H_PID = range(7)
S_SEQUENCE, S_POSITION, S_LENGTH, S_PTS, S_WALL, S_FLAGS, S_WIDTH, S_HEIGHT, S_FORMAT = range(9)

KEY = 1  # the record begins with an IDR (video)
FULL_RANGE = 2  # luma 0–255 (frames); limited range 16–235 without it
DISCONTINUITY = 4  # what came before in this stream is not continued by this record
PARAMETER_SETS = 8  # SPS and PPS are inside (video)
STAND_IN = 16  # no camera: the test pattern instead (frames)

FORMAT_I420 = 1
FORMAT_JPEG = 2
FORMAT_H264 = 3
FORMAT_S16 = 4
FORMAT_AAC = 5
FORMAT_OPUS = 6
FORMAT_PCMU = 7
FORMAT_H265 = 9
FORMAT_PACKET = 8  # ``models.media.sound_track``


class Entry(NamedTuple):
    """One record, copied out. ``pts``: CLOCK_MONOTONIC ns of the capture; ``wall``: Unix ns of the same moment.

    ``spare``: for video the generation; for pcm the level in −centi-dBFS (3500 = −35 dBFS); for frames_sub the size of
    the same picture in frames, packed.
    """

    epoch: int
    sequence: int  # from 1, rises by one with each record of this epoch
    pts: int
    wall: int
    flags: int
    width: int
    height: int
    format: int
    spare: int
    data: bytes

    @property
    def key(self) -> bool:
        return bool(self.flags & KEY)


S_SPARE = 9


def size_of(capacity: int, slots: int) -> int:
    """Bytes of the whole buffer."""
    return HEADER + SLOT * slots + capacity


def packed_size(width: int, height: int) -> int:
    """A size in one word, for ``spare``."""
    return width << 16 | height


def unpacked_size(word: int) -> tuple[int, int] | None:
    """None for 0."""
    return (word >> 16, word & 0xFFFF) if word else None


class _Ring:
    def __init__(self, buffer: memoryview) -> None:
        # Words as a memoryview: reading one costs a tenth of what it does with NumPy, and is as indivisible.
        self._header = buffer[:HEADER].cast("Q")
        if self._header[H_MAGIC] != MAGIC:
            raise ValueError("not a ring")
        self.capacity = self._header[H_CAPACITY]
        self.slots = self._header[H_SLOTS]
        self.epoch = self._header[H_EPOCH]
        if len(buffer) != size_of(self.capacity, self.slots):
            raise ValueError("a ring of another size")
        index_end = HEADER + SLOT * self.slots
        self._index = buffer[HEADER:index_end].cast("Q")
        self._data = buffer[index_end:]

    @property
    def head(self) -> int:
        """Sequence of the newest record, 0 before the first."""
        return self._header[H_HEAD]

    def _slot(self, sequence: int) -> int:
        """Where the words of a record's index entry begin."""
        return sequence % self.slots * (SLOT // WORD)


class Writer(_Ring):
    """The one writer. ``buffer`` must be writable and zeroed."""

    def __init__(self, buffer: memoryview, capacity: int, slots: int, largest: int, epoch: int, pid: int) -> None:
        if capacity < 3 * largest:
            raise ValueError("a ring holds at least three of its largest records")
        header = buffer[:HEADER].cast("Q")
        header[H_CAPACITY], header[H_SLOTS], header[H_EPOCH], header[H_PID] = capacity, slots, epoch, pid
        header[H_RESERVED] = largest
        header[H_MAGIC] = MAGIC
        super().__init__(buffer)
        self.largest = largest
        self._position = 0
        self._sequence = 0

    def place(self, length: int) -> NDArray[np.uint8]:
        """Where the next record of ``length`` bytes goes, for filling it in place; ``publish`` makes it visible.

        Raises:
            ValueError: the record is larger than ``largest``.
        """
        if length > self.largest:
            raise ValueError(f"a record of {length} bytes, the ring takes {self.largest}")
        offset = self._position % self.capacity
        if offset + length > self.capacity:  # a record never wraps: skip to the start
            self._position += self.capacity - offset
            self._header[H_RESERVED] = self._position + 2 * self.largest
            offset = 0
        return np.frombuffer(self._data[offset : offset + length], np.uint8)

    def publish(
        self,
        length: int,
        pts: int,
        wall: int,
        flags: int = 0,
        width: int = 0,
        height: int = 0,
        format: int = 0,
        spare: int = 0,
    ) -> int:
        """Make the record in ``place(length)`` the newest one; its sequence."""
        sequence = self._sequence + 1
        slot = self._slot(sequence)
        self._index[slot + S_SEQUENCE] = 0
        fields = (self._position, length, pts, wall, flags, width, height, format, spare)
        for word, value in enumerate(fields, slot + S_POSITION):
            self._index[word] = value
        self._index[slot + S_SEQUENCE] = sequence
        self._header[H_HEAD] = sequence
        self._sequence = sequence
        self._position += -(-length // 64) * 64
        self._header[H_RESERVED] = self._position + 2 * self.largest
        return sequence

    def put(self, data: bytes | memoryview | NDArray[np.uint8], pts: int, wall: int, **about: int) -> int:
        """Copy one record in; its sequence."""
        record = np.frombuffer(data, np.uint8) if not isinstance(data, np.ndarray) else data.reshape(-1)
        self.place(record.size)[:] = record
        return self.publish(record.size, pts, wall, **about)


def forget(buffer: memoryview) -> None:
    """Make every record unreadable, including for a read in progress. The writer continues with the next record.

    Raises:
        ValueError: not a ring.
    """
    ring = _Ring(buffer)
    for slot in range(0, ring.slots * (SLOT // WORD), SLOT // WORD):
        ring._index[slot + S_SEQUENCE] = 0


class Reader(_Ring):
    """One of many readers; keeps no state in the buffer."""

    def read(self, sequence: int) -> Entry | None:
        """A copy of the record; None if it was not written yet or has been overwritten."""
        slot = self._slot(sequence)
        fields = self._index[slot : slot + S_SPARE + 1].tolist()
        found, position, length, pts, wall, flags, width, height, format, spare = fields
        if found != sequence or sequence == 0:
            return None
        offset = position % self.capacity
        if offset + length > self.capacity:
            return None
        data = bytes(self._data[offset : offset + length])
        if self._index[slot + S_SEQUENCE] != sequence or self._header[H_RESERVED] - position > self.capacity:
            return None
        return Entry(self.epoch, sequence, pts, wall, flags, width, height, format, spare, data)

    def newest(self) -> Entry | None:
        """The newest record; None in an empty ring."""
        for _ in range(8):
            head = self.head
            if head == 0:
                return None
            entry = self.read(head)
            if entry is not None:
                return entry
        return None

    def holds(self, entry: Entry) -> bool:
        """Whether this record can be read now. It may be overwritten at any time."""
        return entry.epoch == self.epoch and self._index[self._slot(entry.sequence) + S_SEQUENCE] == entry.sequence

    def nearest(self, pts: int) -> Entry | None:
        """The readable record whose ``pts`` is closest; None in an empty ring."""
        alive = range(self.oldest_sequence(), self.head + 1)
        by_distance = sorted(alive, key=lambda sequence: abs(self._index[self._slot(sequence) + S_PTS] - pts))
        return next((entry for sequence in by_distance if (entry := self.read(sequence)) is not None), None)

    def oldest_sequence(self) -> int:
        """The oldest record that can still be read; head + 1 in an empty ring."""
        head = self.head
        alive_from = self._header[H_RESERVED] - self.capacity
        for sequence in range(max(1, head - self.slots + 1), head + 1):
            slot = self._slot(sequence)
            if self._index[slot + S_SEQUENCE] == sequence and self._index[slot + S_POSITION] >= alive_from:
                return sequence
        return head + 1

    def newest_key(self) -> int:
        """Sequence of the newest readable record with KEY; 0 where there is none."""
        for sequence in range(self.head, self.oldest_sequence() - 1, -1):
            slot = self._slot(sequence)
            if self._index[slot + S_SEQUENCE] == sequence and self._index[slot + S_FLAGS] & KEY:
                return sequence
        return 0
