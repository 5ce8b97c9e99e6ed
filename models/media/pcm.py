"""Sound as s16le mono at 16 kHz: blocks of 20 ms, levels, and when each block was heard."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
BLOCK_SAMPLES = 320  # 20 ms
BLOCK_BYTES = 2 * BLOCK_SAMPLES
SAMPLE_NS = 1_000_000_000 // RATE
SILENCE_DB = -100.0
JUMP_NS = 60_000_000  # largest difference between sample count and clock; beyond it the clock is used
PULL = 0.02  # share of a smaller difference that is made up with each piece: cards do not run at exactly 16 kHz


def level_db(samples: NDArray[np.int16]) -> float:
    """RMS in dBFS (a full-scale square wave is 0), not below -100."""
    if samples.size == 0:
        return SILENCE_DB
    power = float(np.mean(np.square(samples.astype(np.float64)))) / 32768.0**2
    return max(SILENCE_DB, 10 * float(np.log10(power))) if power > 0 else SILENCE_DB


@dataclass(frozen=True, slots=True)
class Block:
    """640 bytes. ``pts``: CLOCK_MONOTONIC ns of the first sample; ``gap``: sound is missing before it."""

    data: bytes
    pts: int
    level_db: float
    gap: bool


@dataclass(slots=True)
class Blocks:
    """Cuts pieces of any length into blocks and gives them even time stamps."""

    _rest: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    _next_pts: int | None = None  # of the first sample in ``_rest``
    _gap: bool = True

    def feed(self, samples: NDArray[np.int16], pts: int) -> list[Block]:
        """``pts``: CLOCK_MONOTONIC ns of the first of ``samples``, as exactly as it is known."""
        expected = None if self._next_pts is None else self._next_pts + self._rest.size * SAMPLE_NS
        if expected is None or abs(pts - expected) > JUMP_NS:
            self._rest = np.zeros(0, np.int16)
            self._next_pts, self._gap = pts, True
        else:
            assert self._next_pts is not None
            self._next_pts += int((pts - expected) * PULL)
        self._rest = np.concatenate((self._rest, samples))
        blocks = []
        while self._rest.size >= BLOCK_SAMPLES:
            block, self._rest = self._rest[:BLOCK_SAMPLES], self._rest[BLOCK_SAMPLES:]
            blocks.append(Block(block.tobytes(), self._next_pts, level_db(block), self._gap))
            self._next_pts += BLOCK_SAMPLES * SAMPLE_NS
            self._gap = False
        return blocks


def spare_of(db: float) -> int:
    """A level as the ``pcm`` ring carries it: −centi-dBFS, never negative."""
    return max(0, round(-db * 100))
