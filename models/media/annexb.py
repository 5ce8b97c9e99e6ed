"""H.264 byte streams (ITU-T H.264 Annex B and ISO/IEC 14496-15 "AVCC"): NAL units, parameter sets, the codec string.

Nothing here raises on bytes from outside: what cannot be understood is ``None``, empty, or left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

START_CODE = b"\0\0\0\1"
SLICE, IDR, SEI, SPS, PPS, AUD = 1, 5, 6, 7, 8, 9  # nal_unit_type, table 7-1
RECOVERY_POINT = 6  # payloadType, table D.1
HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})  # 7.3.2.1.1
LARGEST_SIDE = 16_384  # luma samples; beyond it an SPS is taken for garbage
SPS_PARSED_BYTES = 256  # the size stands in the first bytes, before the VUI


@dataclass(frozen=True, slots=True)
class SequenceParameterSet:
    """``width``×``height`` are luma samples after cropping."""

    profile_idc: int
    constraints: int  # constraint_set flags and reserved bits, one byte
    level_idc: int
    width: int
    height: int

    @property
    def codec(self) -> str:
        return _codec(self.profile_idc, self.constraints, self.level_idc)


def nal_units(stream: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex-B stream, without start codes; bytes before the first start code are left out."""
    begin = stream.find(b"\0\0\1")
    while begin >= 0:
        following = stream.find(b"\0\0\1", begin + 3)
        unit = stream[begin + 3 : following if following >= 0 else len(stream)].rstrip(b"\0")  # trailing_zero_8bits
        if unit:
            yield unit
        begin = following


def nal_type(unit: bytes) -> int:
    """nal_unit_type; 0 (unspecified) for an empty unit."""
    return unit[0] & 0x1F if unit else 0


def has_idr(access_unit: bytes) -> bool:
    return any(nal_type(unit) == IDR for unit in nal_units(access_unit))


def is_recovery_point(unit: bytes) -> bool:
    """Whether an SEI unit holds a recovery point message (D.1.8): decoding may start here, though this is no IDR."""
    return nal_type(unit) == SEI and RECOVERY_POINT in _sei_kinds(unit)


def begins_without_idr(access_unit: bytes) -> bool:
    """Whether this is a place to begin at that is no IDR picture."""
    units = list(nal_units(access_unit))
    return any(map(is_recovery_point, units)) and not any(nal_type(one) == IDR for one in units)


def _sei_kinds(unit: bytes) -> Iterator[int]:
    """payloadType of each message, 7.3.2.3.1."""
    body, at = unit.replace(b"\0\0\3", b"\0\0"), 1
    while at + 2 < len(body):  # rbsp_trailing_bits is one byte
        kind, at = _sei_number(body, at)
        size, at = _sei_number(body, at)
        yield kind
        at += size


def _sei_number(body: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(body) and body[at] == 0xFF:
        value, at = value + 255, at + 1
    return value + (body[at] if at < len(body) else 0), at + 1


def parameter_sets(stream: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The SPS and the PPS units that stand in an Annex-B stream."""
    units = tuple(nal_units(stream))
    return tuple(u for u in units if nal_type(u) == SPS), tuple(u for u in units if nal_type(u) == PPS)


def join(units: Iterator[bytes] | tuple[bytes, ...]) -> bytes:
    """Annex-B with four-byte start codes."""
    return b"".join(START_CODE + unit for unit in units)


def access_unit(stream: bytes, sps: tuple[bytes, ...], pps: tuple[bytes, ...]) -> bytes:
    """One access unit as the ``video`` ring wants it: four-byte start codes, no delimiters, and the parameter sets
    in front of an IDR picture even where the source sent them only once."""
    units = tuple(unit for unit in nal_units(stream) if nal_type(unit) != AUD)
    kinds = {nal_type(unit) for unit in units}
    if IDR in kinds and SPS not in kinds:
        units = sps + (() if PPS in kinds else pps) + units
    return join(units)


def from_avcc(sample: bytes, length_size: int) -> bytes:
    """Annex-B of a length-prefixed sample (14496-15 §5.3.4.2); a truncated last unit is left out."""
    units = []
    at = 0
    while at + length_size <= len(sample):
        length = int.from_bytes(sample[at : at + length_size], "big")
        at += length_size
        if length == 0 or at + length > len(sample):
            break
        units.append(sample[at : at + length])
        at += length
    return join(tuple(units))


@dataclass(frozen=True, slots=True)
class AvcConfiguration:
    """AVCDecoderConfigurationRecord, 14496-15 §5.3.3.1."""

    length_size: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]


def parse_avcc(record: bytes) -> AvcConfiguration | None:
    """The configuration in an MP4's extradata; None where it is something else (Annex-B begins with a zero)."""
    if len(record) < 7 or record[0] != 1:
        return None
    sps, at = _sets(record, 6, record[5] & 0x1F)
    pps, _ = _sets(record, at + 1, record[at]) if at < len(record) else ((), at)
    return AvcConfiguration((record[4] & 3) + 1, sps, pps)


def _sets(record: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    sets: list[bytes] = []
    for _ in range(count):
        length = int.from_bytes(record[at : at + 2], "big")
        unit = record[at + 2 : at + 2 + length]
        if length == 0 or len(unit) < length:
            return tuple(sets), len(record)
        sets.append(unit)
        at += 2 + length
    return tuple(sets), at


class _Bits:
    """RBSP bits, most significant first; ``IndexError`` at the end."""

    def __init__(self, unit: bytes) -> None:
        # 7.4.1: an emulation_prevention_three_byte follows every pair of zeros.
        self._bytes = unit.replace(b"\0\0\3", b"\0\0")
        self._at = 0

    def bit(self) -> int:
        byte = self._bytes[self._at >> 3]
        value = byte >> (7 - (self._at & 7)) & 1
        self._at += 1
        return value

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self.bit()
        return value

    def ue(self) -> int:
        """Exp-Golomb, 9.1."""
        zeros = 0
        while not self.bit():
            zeros += 1
            if zeros > 32:
                raise IndexError("not an Exp-Golomb code")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def codec_string(access_unit: bytes) -> str:
    """Of the SPS inside, whether or not the rest of it is understood; "" where there is none."""
    sets = (unit for unit in nal_units(access_unit) if nal_type(unit) == SPS and len(unit) > 3)
    return next((_codec(*unit[1:4]) for unit in sets), "")


def _codec(profile_idc: int, constraints: int, level_idc: int) -> str:
    """RFC 6381 §3.3: ``avc1.PPCCLL``."""
    return f"avc1.{profile_idc:02X}{constraints:02X}{level_idc:02X}"


def parse_sps(unit: bytes) -> SequenceParameterSet | None:
    """Profile, level and size of an SPS unit (7.3.2.1.1); None where it is not one."""
    if nal_type(unit) != SPS or len(unit) < 5:
        return None
    try:
        width, height = _size(_Bits(unit[4 : 4 + SPS_PARSED_BYTES]), unit[1])
    except IndexError:
        return None
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        return None
    return SequenceParameterSet(unit[1], unit[2], unit[3], width, height)


def _size(bits: _Bits, profile_idc: int) -> tuple[int, int]:
    bits.ue()  # seq_parameter_set_id
    chroma_format, separate_planes = 1, 0
    if profile_idc in HIGH_PROFILES:
        chroma_format = bits.ue()
        separate_planes = bits.bit() if chroma_format == 3 else 0
        bits.ue()  # bit_depth_luma_minus8
        bits.ue()  # bit_depth_chroma_minus8
        bits.bit()  # qpprime_y_zero_transform_bypass_flag
        if bits.bit():
            _skip_scaling_matrix(bits, 8 if chroma_format != 3 else 12)
    bits.ue()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.ue()  # max_num_ref_frames
    bits.bit()  # gaps_in_frame_num_value_allowed_flag
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frame_mbs_only = bits.bit()
    height = map_units * 16 * (2 - frame_mbs_only)
    if not frame_mbs_only:
        bits.bit()  # mb_adaptive_frame_field_flag
    bits.bit()  # direct_8x8_inference_flag
    if bits.bit():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        array_type = 0 if separate_planes else chroma_format
        unit_x = 2 if array_type in (1, 2) else 1
        unit_y = (2 if array_type == 1 else 1) * (2 - frame_mbs_only)
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y
    return width, height


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.ue()  # pic_order_cnt_type
    if kind == 0:
        bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.bit()
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def _skip_scaling_matrix(bits: _Bits, lists: int) -> None:
    for index in range(lists):
        if not bits.bit():
            continue
        last, following = 8, 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.se()) % 256
            last = following or last
