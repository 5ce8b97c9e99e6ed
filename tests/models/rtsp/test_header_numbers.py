import pytest

from models.rtsp.header_numbers import whole
from models.rtsp.sdp_parser import parse


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("96", 96), ("", -1), ("-1", -1), ("²", -1), ("٣", -1), ("9" * 5000, -1)]
)
def test_whole(text: str, number: int) -> None:
    assert whole(text) == number


def test_a_camera_that_writes_nonsense_is_no_crash() -> None:
    assert [track.payload_type for track in parse(f"m=video 0 RTP/AVP ²\r\nm=audio 0 RTP/AVP {'9' * 5000}").tracks] == [
        -1,
        -1,
    ]
