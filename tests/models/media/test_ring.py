"""The ring: what was written is read whole, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.media.ring import KEY, Reader, Writer, size_of


def ring(largest: int = 100, records: int = 4, slots: int = 8) -> tuple[Writer, Reader]:
    capacity = (records + 2) * largest
    buffer = memoryview(bytearray(size_of(capacity, slots)))
    writer = Writer(buffer, capacity, slots, largest, epoch=7, pid=1)
    return writer, Reader(buffer)


def test_an_empty_ring_has_no_newest() -> None:
    _, reader = ring()
    assert reader.newest() is None
    assert reader.head == 0
    assert reader.newest_key() == 0


def test_a_record_comes_out_as_it_went_in() -> None:
    writer, reader = ring()
    sequence = writer.put(b"hello", pts=5, wall=6, flags=KEY, width=2, height=4, format=3, spare=9)
    entry = reader.newest()
    assert entry is not None
    assert (entry.sequence, entry.data, entry.pts, entry.wall, entry.width, entry.height) == (
        sequence,
        b"hello",
        5,
        6,
        2,
        4,
    )
    assert entry.key
    assert entry.spare == 9
    assert entry.epoch == 7


def test_an_overwritten_record_is_gone() -> None:
    writer, reader = ring()
    for number in range(20):
        writer.put(bytes([number]) * 100, pts=number, wall=0)
    assert reader.read(1) is None
    oldest = reader.oldest_sequence()
    assert 1 < oldest <= reader.head
    assert reader.read(oldest) is not None


def test_a_record_that_is_being_overwritten_is_not_given_out() -> None:
    writer, reader = ring(records=1)
    writer.put(b"a" * 100, pts=0, wall=0)
    kept = reader.head
    for number in range(3):
        writer.place(100)[:] = 66  # half-way into a write: not published
        entry = reader.read(kept)
        assert entry is None or entry.data == b"a" * 100
        writer.publish(100, pts=number, wall=0)


def test_too_large_a_record_is_an_error() -> None:
    writer, _ = ring()
    with pytest.raises(ValueError, match="101 bytes"):
        writer.put(b"x" * 101, pts=0, wall=0)


def test_the_newest_key_is_found() -> None:
    writer, reader = ring()
    for number in range(4):
        writer.put(b"x", pts=number, wall=0, flags=KEY if number in (0, 2) else 0)
    assert reader.newest_key() == 3


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=60), st.integers(1, 6), st.integers(2, 9))
def test_whatever_is_read_is_what_was_written(records: list[bytes], room: int, slots: int) -> None:
    writer, reader = ring(records=room, slots=slots)
    for number, record in enumerate(records, 1):
        writer.put(record, pts=number, wall=0)
        newest = reader.newest()
        assert newest is not None
        assert newest.data == record
        for sequence in range(1, number + 1):
            entry = reader.read(sequence)
            assert entry is None or entry.data == records[sequence - 1]
