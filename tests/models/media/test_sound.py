"""Blocks, levels, the talk lock, the jitter buffer, and what may be spoken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.media.pcm import BLOCK_BYTES, SAMPLE_NS, Blocks, level_db, spare_of
from models.media.talk_back import BYTES_PER_S, MOST_BYTES, START_BYTES, JitterBuffer, TalkLock
from models.media.tts_text import clean, is_voice

MS = 1_000_000


def test_levels() -> None:
    square = np.tile(np.array([32767, -32767], np.int16), 160)
    assert level_db(square) == pytest.approx(0, abs=0.01)
    assert level_db((square / 10).astype(np.int16)) == pytest.approx(-20, abs=0.05)
    assert level_db(np.zeros(320, np.int16)) == -100
    assert spare_of(-35.0) == 3500


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=40))
def test_blocks_lose_nothing_and_are_evenly_stamped(lengths: list[int]) -> None:
    blocks = Blocks()
    total, got, pts = sum(lengths), [], 7_000_000_000
    samples = np.arange(total, dtype=np.int64).astype(np.int16)
    at = 0
    for length in lengths:
        got += blocks.feed(samples[at : at + length], pts + at * SAMPLE_NS)
        at += length
    assert len(got) == total // 320
    assert b"".join(block.data for block in got) == samples[: len(got) * 320].tobytes()
    assert [block.pts for block in got] == [pts + number * 20 * MS for number in range(len(got))]
    assert [block.gap for block in got] == [number == 0 for number in range(len(got))]


def test_a_gap_in_the_sound_is_marked_and_jitter_is_not() -> None:
    blocks = Blocks()
    piece = np.ones(320, np.int16)
    blocks.feed(piece, 0)
    [late] = blocks.feed(piece, 20 * MS + 15 * MS)  # 15 ms late: smoothed
    assert (late.gap, late.pts < 22 * MS) == (False, True)
    [after] = blocks.feed(piece, 500 * MS)
    assert (after.gap, after.pts) == (True, 500 * MS)


def test_one_talker_at_a_time() -> None:
    lock = TalkLock()
    assert lock.take("anna", 0)
    assert not lock.take("ben", 0.5)
    assert lock.take("anna", 0.6)
    assert not lock.take("ben", 1.2)
    assert lock.take("ben", 1.31)  # anna was silent for 700 ms
    lock.release("anna")
    assert lock.held(1.4)
    lock.release("ben")
    assert lock.take("anna", 1.41)


def test_jitter_buffer_waits_plays_and_ends() -> None:
    buffer = JitterBuffer()
    buffer.put(bytes(START_BYTES - 2))
    assert buffer.take(BLOCK_BYTES) == b""
    buffer.put(bytes(BLOCK_BYTES))
    taken = 0
    while piece := buffer.take(BLOCK_BYTES):
        taken += len(piece)
    assert taken == START_BYTES - 2 + BLOCK_BYTES
    buffer.put(b"ab", end=True)
    assert buffer.take(BLOCK_BYTES) == b"ab"  # short, but that is all there is
    assert buffer.drained


def test_jitter_buffer_drops_the_oldest() -> None:
    buffer = JitterBuffer()
    second = np.arange(BYTES_PER_S // 2, dtype=np.int16).tobytes()
    buffer.put(second)
    assert buffer.dropped == BYTES_PER_S - MOST_BYTES
    assert buffer.take(MOST_BYTES) == second[-MOST_BYTES:]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("  Hello\n\tworld\x00\x1b[31m ", "Hello world [31m"),
        ("Grüß Gott, 你好", "Grüß Gott, 你好"),
        ("\u202eevil\u200b", "evil"),
        ("x" * 600, "x" * 500),
        ("\x07", ""),
    ],
)
def test_text_is_cleaned(text: str, spoken: str) -> None:
    assert clean(text) == spoken


@pytest.mark.parametrize(
    ("name", "good"), [("en", True), ("de+f2", True), ("en-us", True), ("../x", False), ("", False), ("a;b", False)]
)
def test_voice_names(name: str, good: bool) -> None:
    assert is_voice(name) is good
