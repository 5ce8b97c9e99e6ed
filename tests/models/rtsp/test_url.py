import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.media.tier import Tier
from models.rtsp.url import StreamUrl, parse, sub_base, tier_of, track_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("rtsp://h:8554/stream", StreamUrl("rtsp://h:8554/stream", "/stream", {}, None), id="plain"),
        pytest.param("rtsp://h/stream/", StreamUrl("rtsp://h/stream", "/stream", {}, None), id="a slash at the end"),
        pytest.param("rtsp://h", StreamUrl("rtsp://h", "/", {}, None), id="no path"),
        pytest.param("rtsp://h/", StreamUrl("rtsp://h", "/", {}, None), id="the root"),
        pytest.param("rtsp://h/a/b/trackID=1", StreamUrl("rtsp://h/a/b", "/a/b", {}, 1), id="a track"),
        pytest.param("rtsp://h/s?audio=0", StreamUrl("rtsp://h/s", "/s", {"audio": "0"}, None), id="a query"),
        pytest.param(
            "rtsp://h/s?audio=0/trackID=0", StreamUrl("rtsp://h/s", "/s", {"audio": "0"}, 0), id="track behind query"
        ),
        pytest.param("rtsp://[::1]:8554/s", StreamUrl("rtsp://[::1]:8554/s", "/s", {}, None), id="IPv6"),
        pytest.param("/s", StreamUrl("/s", "/s", {}, None), id="relative"),
        pytest.param("", StreamUrl("", "/", {}, None), id="empty"),
    ],
)
def test_parse(url: str, expected: StreamUrl) -> None:
    assert parse(url) == expected


@pytest.mark.parametrize(
    ("url", "tier"),
    [
        ("rtsp://h/cam", Tier.MAIN),
        ("rtsp://h/", Tier.MAIN),
        ("rtsp://h/cam2", Tier.SUB),
        ("rtsp://h/cam2/trackID=1", Tier.SUB),
        ("rtsp://h/cam?tier=sub", Tier.SUB),
        ("rtsp://h/?tier=sub/trackID=0", Tier.SUB),
        ("rtsp://h/cam2?tier=main", Tier.MAIN),
        ("rtsp://h/cam?tier=tiny", Tier.MAIN),
    ],
)
def test_tier_of(url: str, tier: Tier) -> None:
    assert tier_of(parse(url), "/cam") == tier


@pytest.mark.parametrize(
    ("url", "base"),
    [("rtsp://h:8554/cam?tier=sub", "rtsp://h:8554/cam2"), ("rtsp://h/?tier=sub", "rtsp://h/cam2"), ("/cam2", "/cam2")],
)
def test_a_query_is_no_part_of_the_small_streams_base(url: str, base: str) -> None:
    assert sub_base(parse(url), "/cam") == base


def test_track_url() -> None:
    assert parse(track_url("rtsp://h/s", 1)).track == 1


@given(st.text(max_size=200) | st.text("rtsp:/?&=trackID0123", max_size=60))
def test_nothing_from_outside_raises(url: str) -> None:
    assert parse(url).path.startswith("/")
