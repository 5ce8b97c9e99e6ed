"""One access unit as RTP payloads: what H.264 (RFC 6184) and H.265 (RFC 7798) have in common."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Payload = tuple[bytes | memoryview, ...]  # parts that are joined behind the RTP header


@dataclass(frozen=True, slots=True)
class Packetiser:
    """``small``: NAL unit types that share an aggregation packet, whose own header has ``header_bytes``.

    Types in ``not_sent`` and units of fewer than ``shortest`` bytes are left out.
    """

    nal_type: Callable[[bytes], int]
    small: frozenset[int]
    not_sent: frozenset[int]
    aggregate: Callable[[Sequence[bytes]], Payload]
    fragment: Callable[[bytes, int], list[Payload]]
    header_bytes: int
    shortest: int

    def __call__(self, nal_units: Iterable[bytes], payload_max: int) -> list[Payload]:
        """Payloads of one access unit, each of at most ``payload_max`` bytes; the small units share one."""
        payloads: list[Payload] = []
        small: list[bytes] = []
        small_bytes = self.header_bytes
        for nal_unit in nal_units:
            kind = self.nal_type(nal_unit)
            if kind in self.not_sent or len(nal_unit) < self.shortest:
                continue
            if kind in self.small and small_bytes + 2 + len(nal_unit) <= payload_max:
                small.append(nal_unit)
                small_bytes += 2 + len(nal_unit)
                continue
            if small:
                payloads.append(self.aggregate(small))
                small, small_bytes = [], self.header_bytes
            if len(nal_unit) <= payload_max:
                payloads.append((nal_unit,))
            else:
                payloads.extend(self.fragment(nal_unit, payload_max))
        if small:
            payloads.append(self.aggregate(small))
        return payloads
