from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.rtp.clock import AudioClock, VideoClock, ntp_time

S = 1_000_000_000


def test_ntp_of_unix_time() -> None:
    assert ntp_time(0) == (2_208_988_800, 0)
    assert ntp_time(1_700_000_000 * S + S // 2) == (1_700_000_000 + 2_208_988_800, 1 << 31)


def test_video_timestamps_are_those_of_capture() -> None:
    clock = VideoClock(90_000, base=10)
    assert [clock.next(pts) for pts in (0, S // 30, S)] == [10, 3010, 90_010]
    assert clock.at(2 * S) == 180_010


def test_video_timestamps_wrap_and_never_stand() -> None:
    clock = VideoClock(90_000, base=0xFFFF_FFFF)
    assert [clock.next(S), clock.next(S), clock.next(S // 2)] == [89_999, 90_000, 90_001]


def test_audio_counts_samples_while_capture_times_jitter() -> None:
    clock = AudioClock(16_000, base=0)
    stamps = [clock.next(pts, 1024) for pts in (S, S + 70_000_000, S + 120_000_000, S + 195_000_000)]
    assert stamps == [16_000, 17_024, 18_048, 19_072]


def test_a_hole_in_the_sound_moves_the_count() -> None:
    clock = AudioClock(16_000, base=0)
    clock.next(S, 1024)
    assert clock.next(2 * S, 1024) == 32_000
    assert clock.at(3 * S) == 48_000


def test_a_slow_sound_card_shows_in_the_report_and_not_in_the_samples() -> None:
    clock = AudioClock(16_000, base=0)
    pts = 0
    for _ in range(2_000):
        clock.next(pts, 1024)
        pts += 64_006_400  # 100 ppm slower than the capture clock
    counted = 2_000 * 1024
    assert abs(clock.at(pts) - counted) < 16  # 1 ms


@given(st.lists(st.integers(min_value=0, max_value=10**13), max_size=50))
def test_audio_never_goes_back(times: list[int]) -> None:
    clock = AudioClock(48_000, base=0)
    ticks = [clock.next(pts, 960) for pts in times]
    assert all((b - a) % 2**32 >= 960 for a, b in pairwise(ticks))
