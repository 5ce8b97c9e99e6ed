"""Access units and parameter sets, against what x264 and FFmpeg really write, and against noise."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.media import annexb


def encoded(width: int, height: int, profile: str = "main", pictures: int = 3) -> list[bytes]:
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt, context.time_base = width, height, "yuv420p", Fraction(1, 25)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": profile, "aud": "1", "threads": "1"}
    units = []
    for number in range(pictures):
        frame = av.VideoFrame(width, height, "yuv420p")
        frame.pts = number
        units += [bytes(packet) for packet in context.encode(frame)]
    return units


@pytest.mark.parametrize(
    ("width", "height", "profile"),
    [
        (1280, 720, "baseline"),
        (1920, 1080, "main"),  # 1088 rows, cropped
        (640, 360, "high"),
        (854, 480, "main"),
        (322, 242, "high"),
    ],
)
def test_size_and_codec_string_of_a_real_sps(width: int, height: int, profile: str) -> None:
    [sps] = annexb.parameter_sets(encoded(width, height, profile)[0])[0]
    parsed = annexb.parse_sps(sps)
    assert parsed is not None
    assert (parsed.width, parsed.height) == (width, height)
    assert parsed.codec == f"avc1.{sps[1:4].hex().upper()}"


def bits_of(*codes: int | str) -> bytes:
    """Numbers as ue(v), strings as they are; filled up with the stop bit."""
    text = "".join(c if isinstance(c, str) else f"{c + 1:b}".rjust(2 * (c + 1).bit_length() - 1, "0") for c in codes)
    text += "1" + "0" * (-(len(text) + 1) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


@pytest.mark.parametrize(
    ("body", "size"),
    [
        # id 0, 4:2:0, 8 bit, no bypass, a scaling matrix whose lists are all flat by delta -8; POC type 2; 1 reference
        (bits_of(0, 1, 0, 0, "0", "1", *(["0"] * 8), 0, 2, 1, "0", 19, 14, "1", "1", "0", "0"), (320, 240)),
        # interlaced 1080: 34 map units of fields, cropped by 2 units of 4 lines
        (bits_of(0, 1, 0, 0, "0", "0", 0, 2, 1, "0", 119, 33, "0", "1", "1", "1", 0, 0, 0, 2, "0"), (1920, 1080)),
        # 4:4:4: one crop unit is one sample
        (bits_of(0, 3, "0", 0, 0, "0", "0", 0, 2, 1, "0", 19, 14, "1", "1", "1", 1, 1, 0, 3, "0"), (318, 237)),
        # POC type 1 with two offsets
        (bits_of(0, 1, 0, 0, "0", "0", 0, 1, "0", 0, 0, 2, 4, 5, 1, "0", 19, 14, "1", "1", "0", "0"), (320, 240)),
    ],
)
def test_rarer_parameter_sets_written_by_hand(body: bytes, size: tuple[int, int]) -> None:
    parsed = annexb.parse_sps(bytes((0x67, 100, 0, 40)) + body)
    assert parsed is not None
    assert (parsed.width, parsed.height) == size


def test_access_unit_gets_the_parameter_sets_it_lacks() -> None:
    whole = encoded(640, 360)[0]
    sps, pps = annexb.parameter_sets(whole)
    bare = annexb.join(tuple(u for u in annexb.nal_units(whole) if annexb.nal_type(u) == annexb.IDR))
    unit = annexb.access_unit(bare, sps, pps)
    assert [annexb.nal_type(u) for u in annexb.nal_units(unit)] == [annexb.SPS, annexb.PPS, annexb.IDR]
    assert unit.startswith(annexb.START_CODE)
    normal = annexb.access_unit(whole, (), ())
    assert annexb.AUD not in {annexb.nal_type(u) for u in annexb.nal_units(normal)}
    assert annexb.has_idr(normal)


def test_a_following_picture_is_left_as_it_is() -> None:
    first, second, _ = encoded(640, 360)
    sps, pps = annexb.parameter_sets(first)
    assert not annexb.has_idr(second)
    assert annexb.SPS not in {annexb.nal_type(u) for u in annexb.nal_units(annexb.access_unit(second, sps, pps))}


def test_mp4_samples_become_annex_b() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((360, 320), np.uint8), "yuv420p")))
        container.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer) as container:
        stream = container.streams.video[0]
        configuration = annexb.parse_avcc(bytes(stream.codec_context.extradata or b""))
        sample = bytes(next(container.demux(stream)))
    assert configuration is not None
    assert (len(configuration.sps), len(configuration.pps)) == (1, 1)
    unit = annexb.access_unit(annexb.from_avcc(sample, configuration.length_size), configuration.sps, configuration.pps)
    decoder = av.CodecContext.create("h264", "r")
    frames = [*decoder.decode(av.Packet(unit)), *decoder.decode(None)]
    assert (frames[0].width, frames[0].height) == (320, 240)


def test_a_truncated_sample_loses_only_its_last_unit() -> None:
    sample = (3).to_bytes(4, "big") + b"\x41ab" + (900).to_bytes(4, "big") + b"\x41c"
    assert annexb.from_avcc(sample, 4) == annexb.START_CODE + b"\x41ab"


@given(st.binary(max_size=400))
def test_noise_never_raises(data: bytes) -> None:
    units = list(annexb.nal_units(data))
    assert all(units)
    annexb.parse_sps(data)
    annexb.parse_sps(b"\x67" + data)
    annexb.parse_avcc(b"\x01" + data)
    annexb.from_avcc(data, 4)
    annexb.access_unit(data, (b"\x67",), (b"\x68",))


@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda raw: b"\x41" + raw.replace(b"\0", b"\x55")), max_size=6))
def test_join_and_split_are_inverse(units: list[bytes]) -> None:
    assert list(annexb.nal_units(annexb.join(tuple(units)))) == units
