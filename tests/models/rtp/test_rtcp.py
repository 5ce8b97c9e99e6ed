"""RFC 3550 §6.4, §6.5, §6.6."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from models.rtp.rtcp import ReportBlock, goodbye, parse, sender_report


def test_sender_report_with_cname() -> None:
    packet = sender_report(0x11223344, 1_700_000_000 * 10**9, 0x55667788, 10, 12_000, "cam")
    assert packet.hex() == (
        "80c80006" "11223344" "e8fe6f80" "00000000" "55667788" "0000000a" "00002ee0"
        "81ca0003" "11223344" "010363616d000000"
    )  # fmt: skip


def test_goodbye() -> None:
    assert goodbye(0x11223344).hex() == "81cb000111223344"


def test_a_receiver_report_is_read() -> None:
    block = struct.pack("!IBBHIIII", 7, 64, 0xFF, 0xFFFE, 1000, 20, 30, 40)
    packet = struct.pack("!BBHI", 0x81, 201, 7, 99) + block + goodbye(99)
    received = parse(packet)
    assert received.reports == (ReportBlock(7, 64, -2, 1000, 20, 30, 40),)
    assert received.goodbye


def test_more_blocks_announced_than_there_are() -> None:
    assert parse(struct.pack("!BBHI", 0x9F, 201, 1, 99)).reports == ()


@given(st.binary(max_size=200))
def test_nothing_from_outside_raises(data: bytes) -> None:
    parse(data)
