import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.streams import StreamReader

from models.http.websocket_frames import BINARY, TEXT, V1_HEADER, AccessUnit, frame
from models.media.annexb import codec_string
from models.media.ring import KEY, PARAMETER_SETS, Entry
from tests.api.stage import DELTA, IDR, delta, idr


def parsed(data: bytes) -> Frame:
    """As somebody else's library reads it."""
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parser)
    return done.value.value  # type: ignore[no-any-return]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_what_rfc_6455_says(length: int) -> None:
    read = parsed(frame(BINARY, bytes(length), b"head"[: min(4, length)]))
    assert (read.opcode, read.fin, len(read.data)) == (BINARY, True, length + min(4, length))


@given(st.binary(max_size=300))
def test_any_text_survives(data: bytes) -> None:
    read = parsed(frame(TEXT, data))
    assert bytes(read.data) == data


def test_raw_is_the_access_unit_alone() -> None:
    unit = AccessUnit(idr(1))
    assert bytes(parsed(unit.frame("raw", True)).data) == IDR
    assert unit.frame("raw", False) is unit.frame("raw", True)  # built once for everybody


def test_v1_has_24_bytes_in_front() -> None:
    entry = Entry(1, 2**32 + 5, 9_000, 8_000, KEY | PARAMETER_SETS, 64, 48, 3, 2**16 + 2, IDR)
    data = bytes(parsed(AccessUnit(entry).frame("v1", True)).data)
    assert V1_HEADER.unpack(data[:24]) == (1, 7, 2, 5, 9, 8)
    assert data[24:] == IDR
    assert bytes(parsed(AccessUnit(delta(6)).frame("v1", False)).data)[1] == 0


@pytest.mark.parametrize(
    ("unit", "codec"),
    [
        pytest.param(IDR, "avc1.42C01F", id="after four-byte start codes"),
        pytest.param(b"\0\0\1\x09\x10\0\0\1\x67\x64\x00\x28\xac", "avc1.640028", id="after a delimiter, short codes"),
        pytest.param(DELTA, "", id="no SPS"),
        pytest.param(b"\0\0\1\x67\x64", "", id="cut off"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_the_codec_string_comes_from_the_sps(unit: bytes, codec: str) -> None:
    assert codec_string(unit) == codec


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    assert isinstance(codec_string(data), str)
