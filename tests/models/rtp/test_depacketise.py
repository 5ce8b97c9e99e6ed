"""What cameras send, byte by byte."""

import numpy as np
import pytest
import simplejpeg

from actors.shared.media.jpeg import STANDARD_TABLES
from models.media.annexb import join
from models.rtp.depacketise import H264, AacHbr, EachPacket, Frame, Latm, Whole, latm_config
from models.rtp.jpeg import Jpeg
from models.rtp.receiver import MediaSync, Receiver
from tests.actors.shared.media.rtsp_stand_in import jpeg_payloads

SPS, PPS = b"\x67\x42\xc0\x1f", b"\x68\xce\x3c\x80"
IDR, FIRST, SECOND = b"\x65\x88\x84", b"\x41\x9a\x11", b"\x41\x40\x22"


def test_single_and_aggregated_units() -> None:
    stap = b"\x78" + b"".join(len(one).to_bytes(2, "big") + one for one in (SPS, PPS))
    unpacker = H264()
    assert unpacker.feed(stap, 5, False, True) == []
    assert unpacker.feed(IDR, 5, True, True) == [Frame(join((SPS, PPS, IDR)), 5, True)]


def test_a_marker_on_parameter_sets_ends_no_picture() -> None:
    unpacker = H264()
    assert unpacker.feed(SPS, 5, True, True) == unpacker.feed(PPS, 5, True, True) == []
    assert unpacker.feed(IDR, 5, True, True) == [Frame(join((SPS, PPS, IDR)), 5, True)]


def test_markers_on_every_slice_are_not_believed_for_long() -> None:
    unpacker, frames = H264(), []
    for ticks in (1, 2, 3):
        for one in (FIRST, SECOND):
            frames += unpacker.feed(one, ticks, True, True)
    assert frames[-1] == Frame(join((FIRST, SECOND)), 2, False)


def test_a_camera_without_markers() -> None:
    unpacker = H264()
    assert unpacker.feed(FIRST, 1, False, True) == []
    assert unpacker.feed(FIRST, 2, False, True) == [Frame(join((FIRST,)), 1, False)]


def test_a_picture_with_a_hole_is_left_out() -> None:
    unpacker = H264()
    unpacker.feed(FIRST, 1, False, True)
    assert unpacker.feed(SECOND, 1, True, False) == []
    assert unpacker.feed(FIRST, 2, True, True) == [Frame(join((FIRST,)), 2, False)]


def test_aac_whole_several_and_in_parts() -> None:
    unpacker = AacHbr()
    assert unpacker.feed(b"\0\x10\0\x18abc", 0, True, True) == [Frame(b"abc", 0)]
    several = b"\0\x20" + (2 << 3).to_bytes(2, "big") + (3 << 3).to_bytes(2, "big") + b"abcde"
    assert unpacker.feed(several, 10, True, True) == [Frame(b"ab", 10), Frame(b"cde", 1034)]
    part = b"\0\x10" + (6 << 3).to_bytes(2, "big")
    assert unpacker.feed(part + b"abc", 20, False, True) == []
    assert unpacker.feed(part + b"def", 20, True, True) == [Frame(b"abcdef", 20)]
    for rubbish in (b"", b"\0", b"\xff\xff", b"\0\x10\xff\xff"):
        assert AacHbr().feed(rubbish, 0, True, True) == []


def test_latm() -> None:
    assert Latm().feed(bytes((255, 2)) + b"x" * 257 + bytes((1,)) + b"y", 0, True, True) == [
        Frame(b"x" * 257, 0),
        Frame(b"y", 1024),
    ]
    assert latm_config(bytes.fromhex("40002820"))[:2] == bytes.fromhex("1410")
    assert latm_config(b"\xff\xff\xff\xff") == b""


def test_plain_sound_and_spread_pictures() -> None:
    assert EachPacket(4).feed(b"headbody", 3, False, True) == [Frame(b"body", 3)]
    assert EachPacket(4).feed(b"head", 3, False, True) == []
    unpacker = Whole(lambda payload: payload.startswith(b"I"))
    unpacker.feed(b"I1", 1, False, True)
    assert unpacker.feed(b"2", 1, True, True) == [Frame(b"I12", 1, True)]


@pytest.mark.parametrize("subsampling", ["420", "422"])
def test_jpeg_comes_out_as_it_went_in(subsampling: str) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (48, 64, 3), np.uint8)
    sent = simplejpeg.encode_jpeg(picture, 80, "BGR", subsampling)
    payloads = jpeg_payloads(sent)
    unpacker, frames = Jpeg(STANDARD_TABLES), []
    for number, payload in enumerate(payloads):
        frames += unpacker.feed(payload, 9, number == len(payloads) - 1, True)
    [frame] = frames
    assert np.array_equal(simplejpeg.decode_jpeg(frame.data), simplejpeg.decode_jpeg(sent))
    assert Jpeg(STANDARD_TABLES).feed(payloads[-1][:9], 9, True, True) == []


def rtp(sequence: int, ticks: int, body: bytes = b"x", first: int = 0x80) -> bytes:
    return bytes((first, 96)) + sequence.to_bytes(2, "big") + ticks.to_bytes(4, "big") + b"\0\0\0\7" + body


def test_order_wrapping_padding_and_extensions() -> None:
    receiver = Receiver(96, 90_000)
    assert receiver.take(rtp(65_535, (1 << 32) - 1)) == (b"x", (1 << 32) - 1, False, True)
    assert receiver.take(rtp(0, 9)) == (b"x", (1 << 32) + 9, False, True)
    assert receiver.take(rtp(0, 9)) is None  # twice
    assert receiver.take(rtp(3, 9)) == (b"x", (1 << 32) + 9, False, False)  # two are lost
    extended = rtp(4, 9, b"\xbe\xde\0\1abcdbody\0\0\3", 0xB0)
    assert receiver.take(extended) == (b"body", (1 << 32) + 9, False, True)
    assert receiver.take(b"\x80\x61" + rtp(5, 9)[2:]) is None  # another payload type
    assert receiver.take(b"\x80") is None


def test_the_relation_of_sound_and_picture_is_believed_when_it_lasts() -> None:
    relation = MediaSync()
    assert relation.shifted(5) == (5, 1)
    relation.learn(False, 1_000_000_000)
    relation.learn(True, 1_250_000_000)
    assert relation.shifted(5) == (250_000_005, 0)
    relation.learn(False, 90_000_000_000)  # its clock was set, and the sound does not know yet
    assert relation.shifted(5) == (250_000_005, 0)
    relation.learn(True, 90_250_000_000)
    assert relation.shifted(5)[0] // 1_000_000 == 250
