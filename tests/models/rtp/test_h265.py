"""H.265 in RTP, there and back."""

from hypothesis import given
from hypothesis import strategies as st

from models.media.annexb import START_CODE, join
from models.media.hevc import HevcStream, nal_type
from models.rtp import h265
from models.rtp.depacketise import H265

VPS, SPS, PPS = bytes((32 << 1, 1, 7)), bytes((33 << 1, 1, 8, 8, 8)), bytes((34 << 1, 1, 9))
IDR, TRAIL = 19, 1


def unit(kind: int, size: int) -> bytes:
    return bytes((kind << 1, 1)) + b"\x55" * size


@given(st.lists(st.tuples(st.sampled_from([TRAIL, IDR, 39]), st.integers(1, 5000)), min_size=1, max_size=8))
def test_what_is_packed_is_unpacked(shape: list[tuple[int, int]]) -> None:
    units = [*(unit(kind, size) for kind, size in shape), unit(TRAIL, 1)]
    payloads = [b"".join(map(bytes, payload)) for payload in h265.packetise(units, 1388)]
    assert all(len(payload) <= 1388 for payload in payloads)
    unpacker, frames = H265(), []
    for number, payload in enumerate(payloads):
        frames += unpacker.feed(payload, 1, number == len(payloads) - 1, follows=True)
    [frame] = frames
    assert frame.data == join(tuple(units))
    assert frame.key == any(kind == IDR for kind, _ in shape)


def test_parameter_sets_share_a_packet() -> None:
    first, second = h265.packetise([VPS, SPS, PPS, unit(IDR, 10)], 1388)
    assert bytes(first[0])[0] >> 1 == h265.AGGREGATION
    assert bytes(second[0]) == unit(IDR, 10)


def test_a_lost_fragment_costs_the_picture_and_no_other() -> None:
    payloads = [b"".join(map(bytes, payload)) for payload in h265.packetise([unit(TRAIL, 4000)], 1388)]
    unpacker = H265()
    assert unpacker.feed(payloads[0], 1, False, follows=True) == []
    assert unpacker.feed(payloads[2], 1, True, follows=False) == []
    assert [frame.ticks for frame in unpacker.feed(unit(TRAIL, 9), 2, True, follows=True)] == [2]


def hvcc() -> bytes:
    arrays = b"".join(bytes((one[0] >> 1, 0, 1, 0, len(one))) + one for one in (VPS, SPS, PPS))
    return b"\1" + bytes(20) + b"\3" + b"\3" + arrays


def test_parameter_sets_stand_before_each_picture_to_begin_with() -> None:
    apart = HevcStream(hvcc())
    picture = unit(IDR, 3)
    data, key = apart.unit(len(picture).to_bytes(4, "big") + picture)
    assert (data, key) == (join((VPS, SPS, PPS, picture)), True)
    inside = HevcStream(b"")
    assert inside.unit(START_CODE + picture) == (START_CODE + picture, False)  # nobody could begin with it
    assert inside.unit(join((VPS, SPS, PPS, picture))) == (join((VPS, SPS, PPS, picture)), True)
    assert inside.unit(START_CODE + unit(TRAIL, 2)) == (START_CODE + unit(TRAIL, 2), False)
    assert nal_type(b"") == 63
    assert not HevcStream(hvcc()[:30]).unit(b"\0\0")[1]
