"""What waits to be played keeps its time when the source's clock jumps."""

from actors.shared.media.network_feed import Sample
from actors.shared.media.playout import ScheduledSample, captured
from models.media.source_clock import NS, StreamClock


def test_a_jump_leaves_what_waits_at_its_own_time() -> None:
    clock = StreamClock()
    for second in range(3):
        clock.feed(second * NS, (100 + second) * NS)
    waiting = ScheduledSample(
        103 * NS, 1, Sample(False, b"", 2 * NS, 102 * NS), clock, clock.breaks, captured(clock, 2 * NS)
    )
    before = waiting.pts
    clock.feed(1000 * NS, 103 * NS)  # a new sender report: the camera's time is another one
    assert clock.breaks == 1
    assert waiting.pts == before == 102 * NS
