"""Two clocks: CLOCK_MONOTONIC for order and intervals, Unix time for people."""

import time

MILLISECOND = 1_000_000


def wall_of(monotonic_ns: int) -> int:
    """Unix ns of a moment given in CLOCK_MONOTONIC ns, by what both clocks say now."""
    return monotonic_ns + time.time_ns() - time.monotonic_ns()


def unix_ms() -> int:
    return time.time_ns() // MILLISECOND
