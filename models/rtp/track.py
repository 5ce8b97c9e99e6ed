"""One encoded stream and its numbering, common to all sessions: packetised once, framed once, sent many times."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.rtp import rtcp
from models.rtp.packet import HEADER_BYTES, MARKER, PACKET_MAX, SEQUENCE_MASK, TIMESTAMP_MASK, VERSION
from models.rtp.packetise import Payload

INTERLEAVED_BYTES = 4  # "$", channel, length: RFC 2326 §10.12
CHANNELS_KEPT = 2
RUN_PACKETS_MAX = 44  # UDP segmentation offload: at most 64 segments and 65507 bytes in one call

_INTERLEAVED = struct.Struct("!cBH")
_FRAMED = struct.Struct("!cBHBBHII")  # that, and the RTP header


def interleaved(channel: int, packet: bytes) -> bytes:
    """One RTP or RTCP packet in ``$`` framing."""
    return _INTERLEAVED.pack(b"$", channel, len(packet)) + packet


@dataclass(slots=True)
class Unit:
    """The packets of one access unit (or one audio frame), in every form a session may want, each made at most once."""

    framed: bytes  # all packets in ``$`` framing for ``channel``
    channel: int
    sizes: list[int]  # of the packets
    sequence_number: int  # of the first packet
    timestamp: int
    pts: int  # CLOCK_MONOTONIC ns
    key: bool  # a decoder may start here
    _others: dict[int, bytes] = field(default_factory=dict)
    _runs: tuple[bytes, ...] | None = None

    @property
    def packets(self) -> Iterator[bytes]:
        at = 0
        for size in self.sizes:
            at += INTERLEAVED_BYTES
            yield self.framed[at : at + size]
            at += size

    def interleaved(self, channel: int) -> bytes:
        """All packets in ``$`` framing for one channel; the same object for every session.

        Only a few channels are kept: a session that wants an unusual one costs time, and not memory for each unit.
        """
        if channel == self.channel:
            return self.framed
        other = self._others.get(channel)
        if other is None:
            other = b"".join(interleaved(channel, packet) for packet in self.packets)
            if len(self._others) < CHANNELS_KEPT:
                self._others[channel] = other
        return other

    def renumbered(self, channel: int, skipped: int) -> bytes:
        """``interleaved`` for a session that was not sent ``skipped`` packets: its own numbers have no hole."""
        framed = bytearray(self.interleaved(channel))
        at = INTERLEAVED_BYTES + 2
        sequence_number = self.sequence_number - skipped
        for size in self.sizes:
            framed[at : at + 2] = (sequence_number & SEQUENCE_MASK).to_bytes(2, "big")
            sequence_number += 1
            at += INTERLEAVED_BYTES + size
        return bytes(framed)

    def stamped(self, timestamp: int, pts: int) -> "Unit":
        """The same packets with another timestamp, for one session."""
        framed, stamp = bytearray(self.framed), timestamp & TIMESTAMP_MASK
        at = INTERLEAVED_BYTES + 4
        for size in self.sizes:
            framed[at : at + 4] = stamp.to_bytes(4, "big")
            at += INTERLEAVED_BYTES + size
        return Unit(bytes(framed), self.channel, self.sizes, self.sequence_number, stamp, pts, self.key)

    def runs(self) -> tuple[bytes, ...]:
        """Packets joined for UDP segmentation offload: ``PACKET_MAX`` bytes each, the last of a run may be shorter."""
        if self._runs is None:
            runs: list[bytes] = []
            run: list[bytes] = []
            for packet in self.packets:
                run.append(packet)
                if len(packet) < PACKET_MAX or len(run) == RUN_PACKETS_MAX:
                    runs.append(b"".join(run))
                    run = []
            if run:
                runs.append(b"".join(run))
            self._runs = tuple(runs)
        return self._runs


@dataclass(slots=True)
class Track:
    """Numbers packets. ``ssrc`` and the first ``sequence_number`` are random (RFC 3550 §5.1) and come from outside."""

    payload_type: int
    ssrc: int
    sequence_number: int  # of the packet to come
    marker: bool = True  # on the last packet of a unit: H.264 (RFC 6184 §5.1) and AAC (RFC 3640 §3.1)
    channel: int = 0  # that most clients ask for when they want this track interleaved
    packets: int = 0
    octets: int = 0  # payload only

    def pack(self, payloads: Sequence[Payload], timestamp: int, pts: int, key: bool = True) -> Unit:
        """Number, stamp and frame the payloads of one access unit, in one go."""
        number = first = self.sequence_number
        last = len(payloads) - 1 if self.marker else -1
        parts: list[bytes | memoryview] = []
        sizes: list[int] = []
        for index, payload in enumerate(payloads):
            size = HEADER_BYTES
            for part in payload:
                size += len(part)
            second = self.payload_type | MARKER if index == last else self.payload_type
            parts.append(_FRAMED.pack(b"$", self.channel, size, VERSION << 6, second, number, timestamp, self.ssrc))
            parts += payload
            sizes.append(size)
            number = (number + 1) & SEQUENCE_MASK
        self.sequence_number = number
        self.packets += len(sizes)
        self.octets += sum(sizes) - HEADER_BYTES * len(sizes)
        return Unit(b"".join(parts), self.channel, sizes, first, timestamp, pts, key)

    def sender_report(self, wall_ns: int, timestamp: int, cname: str) -> bytes:
        """The report for the moment ``wall_ns``, which is ``timestamp`` on this track's clock."""
        return rtcp.sender_report(self.ssrc, wall_ns, timestamp, self.packets, self.octets, cname)
