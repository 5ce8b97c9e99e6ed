"""The frame rate, estimated from a few time stamps."""

from itertools import pairwise

ASSUMED_FPS = 25.0  # where nothing says it
FASTEST = 120.0  # beyond it, it is a clock rate and not a frame rate
NEAR = 0.02
USUAL = (1.0, 2.0, 5.0, 10.0, 12.5, 15.0, 20.0, 24.0, 25.0, 30.0, 50.0, 60.0)
NS = 1_000_000_000


def rate_of(stamps: list[int]) -> float:
    """``stamps``: ns, ascending. The rate of the usual distance, rounded to a usual rate; 0: cannot be told."""
    distances = sorted(later - earlier for earlier, later in pairwise(stamps) if later > earlier)
    if not distances:
        return 0.0
    rate = NS / distances[len(distances) // 2]
    if rate > FASTEST:
        return 0.0
    usual = min(USUAL, key=lambda one: abs(one - rate))
    return usual if abs(usual - rate) < NEAR * usual else rate
