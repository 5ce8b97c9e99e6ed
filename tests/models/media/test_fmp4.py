"""Fragmented MP4, read by FFmpeg: what went in comes out, in order, with its times."""

from pathlib import Path

import av
import pytest

from actors.recorder.file import scan
from models.media import annexb, fmp4
from models.media.fmp4 import Picture, Sample
from tests.actors.shared.media.clips import Clip, clip

NS = 1_000_000_000
STEP = NS // 25


def samples(given: Clip) -> tuple[Picture, list[Sample]]:
    sps, pps = annexb.parameter_sets(given.units[0].data)
    made = [Sample(n * STEP, fmp4.sample_of(unit.data), unit.key) for n, unit in enumerate(given.units)]
    return Picture(sps, pps, 160, 120), made


def write(path: Path, sound: bool = True, rest: bytes = b"") -> tuple[list[Sample], list[Sample]]:
    picture, video = samples(clip(pictures=75))
    audio = [Sample(round(n * 1024 * NS / 16_000), fmp4.AAC_SILENCE) for n in range(46)] if sound else []
    parts = [fmp4.head(picture, sound)]
    for number in range(3):
        begin, until = number * NS, (number + 1) * NS
        heard = [one for one in audio if begin <= one.at < until]
        parts.append(fmp4.fragment(number + 1, video[number * 25 : number * 25 + 25], until, heard))
    path.write_bytes(b"".join(parts) + rest)
    return video, audio


@pytest.mark.parametrize("sound", [True, False])
def test_what_went_in_comes_out(tmp_path: Path, sound: bool) -> None:
    path = tmp_path / "clip.mp4"
    video, audio = write(path, sound)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
        seen = [packet for packet in packets if packet.stream.type == "video"]
        heard = [packet for packet in packets if packet.stream.type == "audio"]
        assert [bytes(packet) for packet in seen] == [sample.data for sample in video]
        assert [packet.is_keyframe for packet in seen] == [sample.key for sample in video]
        assert [round(float((packet.pts or 0) * packet.time_base) * NS / STEP) for packet in seen] == list(range(75))
        assert {packet.duration for packet in seen} == {3600}
        assert [bytes(packet) for packet in heard] == [sample.data for sample in audio]
        assert [packet.pts for packet in heard] == [1024 * n for n in range(len(audio))]
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert [(frame.width, frame.height) for frame in frames] == [(160, 120)] * 75
    if sound:
        with av.open(str(path)) as container:
            assert not any(frame.to_ndarray().any() for frame in container.decode(audio=0)), "it is silence"


@pytest.mark.parametrize("cut", [1, 8, 500])
def test_half_a_fragment_harms_nothing(tmp_path: Path, cut: int) -> None:
    whole, torn = tmp_path / "whole.mp4", tmp_path / "torn.mp4"
    write(whole)
    parts = scan(whole)
    assert [(ms, key) for _, _, ms, key in parts] == [(1000, True)] * 3
    torn.write_bytes(whole.read_bytes()[:-cut])
    assert scan(torn) == parts[:2]
    write(torn, rest=b"\0\0\0\x10moofgarbage")
    assert scan(torn) == parts


def test_high_profile_says_its_format() -> None:
    head = fmp4.head(Picture((b"\x67\x64\x00\x1f",), (b"\x68\xee",), 64, 48), sound=False)
    assert head[head.index(b"avcC") + 4 :].startswith(
        b"\1\x64\0\x1f\xff\xe1\0\4\x67\x64\0\x1f\1\0\2\x68\xee\xfd\xf8\xf8\0"
    )
