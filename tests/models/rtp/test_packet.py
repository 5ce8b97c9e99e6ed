"""Golden bytes of RFC 3550."""

from hypothesis import given
from hypothesis import strategies as st

from models.rtp.packet import RtpHeader, parse_header


def test_the_fixed_header_is_that_of_rfc_3550_5_1() -> None:
    header = RtpHeader(payload_type=96, marker=True, sequence_number=0x1234, timestamp=0xDEADBEEF, ssrc=0xCAFEBABE)
    assert header.encode() == bytes.fromhex("80e01234deadbeefcafebabe")
    assert parse_header(header.encode() + b"payload") == header


@given(st.binary(max_size=64))
def test_nothing_from_outside_raises(data: bytes) -> None:
    parse_header(data)
