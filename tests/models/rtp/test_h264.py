"""RFC 6184 §5.6–§5.8, golden bytes and the way back."""

from hypothesis import given
from hypothesis import strategies as st

from models.rtp.h264 import aggregate, fragment, packetise

SPS, PPS, SEI, IDR = b"\x67\x42\xc0\x1f", b"\x68\xce\x3c\x80", b"\x06\x05\x01", b"\x65" + bytes(range(1, 31))


def joined(payloads: list[tuple[bytes | memoryview, ...]]) -> list[bytes]:
    return [b"".join(payload) for payload in payloads]


def depacketise(payloads: list[bytes]) -> list[bytes]:
    """What a receiver makes of them: an independent reading of the RFC, for the tests."""
    units: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F
        if kind == 24:
            at = 1
            while at < len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                units.append(payload[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 28:
            if payload[1] & 0x80:
                units.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)))
            units[-1] += payload[2:]
        else:
            units.append(payload)
    return units


def test_parameter_sets_share_a_stap_a() -> None:
    first, second = joined(packetise([SPS, PPS, IDR], 1388))
    assert first == bytes.fromhex("78 0004 6742c01f 0004 68ce3c80")
    assert second == IDR


def test_a_long_unit_becomes_fu_a_of_equal_size() -> None:
    payloads = joined(fragment(IDR, 12))
    assert [payload[:2] for payload in payloads] == [b"\x7c\x85", b"\x7c\x05", b"\x7c\x45"]
    assert [len(payload) for payload in payloads] == [12, 12, 12]
    assert depacketise(payloads) == [IDR]


def test_a_single_small_unit_needs_no_aggregation() -> None:
    assert aggregate([SPS]) == (SPS,)


def test_delimiters_and_filler_are_not_sent() -> None:
    assert joined(packetise([b"\x09\xf0", IDR, b"\x0c\xff"], 1388)) == [IDR]


def test_parameter_sets_that_do_not_fit_one_packet_are_sent_alone() -> None:
    big = b"\x67" + bytes(40)
    assert depacketise(joined(packetise([big, PPS, IDR], 32))) == [big, PPS, IDR]


unit = st.builds(
    lambda kind, rest: bytes((0x60 | kind,)) + rest,
    st.sampled_from([1, 5, 6, 7, 8]),
    st.binary(min_size=1, max_size=200),
)


@given(st.lists(unit, min_size=1, max_size=8), st.integers(min_value=16, max_value=100))
def test_every_access_unit_comes_back_whole(units: list[bytes], payload_max: int) -> None:
    payloads = joined(packetise(units, payload_max))
    assert all(len(payload) <= payload_max for payload in payloads)
    assert depacketise(payloads) == units
