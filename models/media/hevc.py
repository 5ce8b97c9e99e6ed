"""H.265 byte streams (ITU-T H.265 Annex B and ISO/IEC 14496-15 "hvcC"): NAL units and parameter sets.

Nothing here raises on bytes from outside: what cannot be understood is left out.
"""

from models.media.annexb import from_avcc, join, nal_units

VPS, SPS, PPS, AUD, FILLER, PREFIX_SEI = 32, 33, 34, 35, 38, 39  # nal_unit_type, table 7-1
IRAP = range(16, 24)  # BLA, IDR, CRA: pictures that a decoder may begin with
SETS = (VPS, SPS, PPS)


def nal_type(unit: bytes) -> int:
    """nal_unit_type; 63 (unspecified) for an empty unit."""
    return unit[0] >> 1 & 0x3F if unit else 63


class HevcStream:
    """A camera's access units made uniform: Annex-B, parameter sets before each picture to begin with."""

    def __init__(self, extradata: bytes) -> None:
        """``extradata``: parameter sets as Annex-B, or an HEVCDecoderConfigurationRecord (14496-15 §8.3.3.1)."""
        self._length_size = 0
        self._sets: dict[int, tuple[bytes, ...]] = {}
        if len(extradata) > 22 and extradata[0] == 1:
            self._length_size = (extradata[21] & 3) + 1
            self._learn(_arrays(extradata))
        else:
            self._learn(tuple(nal_units(extradata)))

    def unit(self, data: bytes) -> tuple[bytes, bool]:
        """(access unit, whether a decoder may begin with it)"""
        stream = from_avcc(data, self._length_size) if self._length_size else data
        units = tuple(unit for unit in nal_units(stream) if nal_type(unit) not in (AUD, FILLER))
        self._learn(units)
        key = any(nal_type(unit) in IRAP for unit in units) and all(self._sets.get(kind) for kind in SETS)
        if key:
            units = tuple(one for kind in SETS for one in self._sets[kind]) + tuple(
                unit for unit in units if nal_type(unit) not in SETS
            )
        return join(units), key

    def _learn(self, units: tuple[bytes, ...]) -> None:
        for kind in SETS:
            found = tuple(unit for unit in units if nal_type(unit) == kind)
            if found:
                self._sets[kind] = found


def _arrays(record: bytes) -> tuple[bytes, ...]:
    """The NAL units in a decoder configuration record; as far as it is whole."""
    units: list[bytes] = []
    at = 23
    for _ in range(record[22]):
        if at + 3 > len(record):
            break
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            length = int.from_bytes(record[at : at + 2], "big")
            units.append(record[at + 2 : at + 2 + length])
            at += 2 + length
    return tuple(filter(None, units))
