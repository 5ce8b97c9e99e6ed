"""RTCP (RFC 3550 §6): sender reports with CNAME and BYE out, receiver reports in."""

import struct
from dataclasses import dataclass

from models.rtp.clock import ntp_time
from models.rtp.packet import TIMESTAMP_MASK, VERSION

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
_CNAME = 1
_REPORT_BLOCK = struct.Struct("!IBBHIIII")
_REPORTS_MAX = 31  # the count has five bits


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one source (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256, since its last report
    cumulative_lost: int
    highest_sequence: int
    jitter: int  # ticks
    last_sr: int
    delay_since_last_sr: int  # 1/65536 s


@dataclass(frozen=True, slots=True)
class Received:
    """All that mattered in one compound packet."""

    reports: tuple[ReportBlock, ...]
    goodbye: bool


def sender_report(ssrc: int, wall_ns: int, timestamp: int, packets: int, octets: int, cname: str) -> bytes:
    """A compound packet: SR without report blocks, SDES with the CNAME.

    ``timestamp`` and ``wall_ns`` are the same moment: that is what players synchronise sound and picture by.
    """
    seconds, fraction = ntp_time(wall_ns)
    report = struct.pack(
        "!BBHIIIIII",
        VERSION << 6,
        SENDER_REPORT,
        6,
        ssrc,
        seconds,
        fraction,
        timestamp,
        packets & TIMESTAMP_MASK,
        octets & TIMESTAMP_MASK,
    )
    return report + _source_description(ssrc, cname)


def goodbye(ssrc: int) -> bytes:
    """BYE of one source (RFC 3550 §6.6)."""
    return struct.pack("!BBHI", VERSION << 6 | 1, GOODBYE, 1, ssrc)


def parse(compound: bytes) -> Received:
    """Read what a client sent; anything that is not understood is passed over."""
    reports: list[ReportBlock] = []
    bye = False
    at = 0
    while at + 4 <= len(compound):
        first, kind, words = struct.unpack_from("!BBH", compound, at)
        end = at + 4 + 4 * words
        if first >> 6 != VERSION or end > len(compound):
            break
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            blocks_at = at + (28 if kind == SENDER_REPORT else 8)
            reports += _report_blocks(compound, blocks_at, end, first & _REPORTS_MAX)
        elif kind == GOODBYE:
            bye = True
        at = end
    return Received(tuple(reports), bye)


def _report_blocks(compound: bytes, at: int, end: int, count: int) -> list[ReportBlock]:
    blocks = []
    for _ in range(count):
        if at + _REPORT_BLOCK.size > end:
            break
        ssrc, fraction, high, low, highest, jitter, last_sr, delay = _REPORT_BLOCK.unpack_from(compound, at)
        lost = high << 16 | low
        if lost & 0x80_0000:  # 24 bits, signed: duplicates make it negative
            lost -= 1 << 24
        blocks.append(ReportBlock(ssrc, fraction, lost, highest, jitter, last_sr, delay))
        at += _REPORT_BLOCK.size
    return blocks


def _source_description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    chunk = struct.pack("!IBB", ssrc, _CNAME, len(name)) + name + b"\0"
    chunk += b"\0" * (-len(chunk) % 4)
    return struct.pack("!BBH", VERSION << 6 | 1, SOURCE_DESCRIPTION, len(chunk) // 4) + chunk
