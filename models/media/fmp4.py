"""Fragmented MP4 (ISO/IEC 14496-12, -14, -15): one H.264 track and, where there is sound, one AAC track.

What is written can be played up to its last whole fragment, wherever the writer was stopped. Decoding order is order of
presentation: what comes here has no B pictures.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from models.media import annexb

VIDEO_SCALE, AUDIO_SCALE = 90_000, 16_000  # ticks per second
VIDEO_TRACK, AUDIO_TRACK = 1, 2
AAC_SAMPLES = 1024  # in one frame
AAC_LC_16K_MONO = b"\x14\x08"  # AudioSpecificConfig, 14496-3 §1.6.2.1
AAC_SILENCE = b"\x01\x18\x20\x07"  # one frame, as FFmpeg encodes zeros
NS = 1_000_000_000
HIGH = 100  # profile_idc: always 4:2:0 with 8 bits
SYNC, NO_SYNC = 0x0200_0000, 0x0101_0000  # sample_flags, 14496-12 §8.8.3.1
UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)


@dataclass(frozen=True, slots=True)
class Sample:
    """``at``: ns since the beginning of the file. Video: NAL units with four bytes of length; sound: raw AAC."""

    at: int
    data: bytes
    key: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """What a decoder must know of the video before its first sample."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    width: int
    height: int

    @property
    def codec(self) -> str:
        parsed = annexb.parse_sps(self.sps[0]) if self.sps else None
        return parsed.codec if parsed else ""


def sample_of(access_unit: bytes) -> bytes:
    """The access unit as a sample of the track: parameter sets stand in the head of the file."""
    left_out = (annexb.SPS, annexb.PPS, annexb.AUD)
    units = (unit for unit in annexb.nal_units(access_unit) if annexb.nal_type(unit) not in left_out)
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


# -------------------------------------------------------------------- the head
def head(picture: Picture, sound: bool) -> bytes:
    """ftyp and moov: what every fragment refers to."""
    tracks = [_track(VIDEO_TRACK, VIDEO_SCALE, b"vide", picture.width, picture.height, _avc1(picture))]
    extends = [_extends(VIDEO_TRACK)]
    if sound:
        tracks.append(_track(AUDIO_TRACK, AUDIO_SCALE, b"soun", 0, 0, _mp4a()))
        extends.append(_extends(AUDIO_TRACK))
    movie = _full(b"mvhd", 0, 0, struct.pack(">4I", 0, 0, 1000, 0), b"\0\1\0\0\1\0" + bytes(10), UNITY, bytes(24),
                  struct.pack(">I", AUDIO_TRACK + 1))  # fmt: skip
    brands = _box(b"ftyp", b"iso6", struct.pack(">I", 1), b"iso6isommp41")
    return brands + _box(b"moov", movie, *tracks, _box(b"mvex", *extends))


def _track(number: int, scale: int, handler: bytes, width: int, height: int, entry: bytes) -> bytes:
    volume = 0x0100 if handler == b"soun" else 0
    header = _full(
        b"tkhd", 0, 3, struct.pack(">5I", 0, 0, number, 0, 0), bytes(8), struct.pack(">4H", 0, 0, volume, 0), UNITY,
        struct.pack(">2I", width << 16, height << 16),
    )  # fmt: skip
    media = _full(b"mdhd", 0, 0, struct.pack(">4I2H", 0, 0, scale, 0, 0x55C4, 0))  # "und"
    name = _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"\0")
    kind = _full(b"vmhd", 0, 1, bytes(8)) if handler == b"vide" else _full(b"smhd", 0, 0, bytes(4))
    source = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    empty = [_full(name, 0, 0, bytes(4)) for name in (b"stts", b"stsc", b"stco")]
    table = _box(b"stbl", _full(b"stsd", 0, 0, struct.pack(">I", 1), entry), *empty, _full(b"stsz", 0, 0, bytes(8)))
    return _box(b"trak", header, _box(b"mdia", media, name, _box(b"minf", kind, source, table)))


def _avc1(picture: Picture) -> bytes:
    first = picture.sps[0]
    record = bytes((1, first[1], first[2], first[3], 0xFF, 0xE0 | len(picture.sps)))
    record += b"".join(struct.pack(">H", len(unit)) + unit for unit in picture.sps)
    record += bytes((len(picture.pps),)) + b"".join(struct.pack(">H", len(unit)) + unit for unit in picture.pps)
    if first[1] == HIGH:
        record += b"\xfd\xf8\xf8\0"  # chroma_format, bit depths, no SPS extensions
    size = struct.pack(">2H2I", picture.width, picture.height, 0x48_0000, 0x48_0000)
    about = struct.pack(">IH", 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    return _box(b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), size, about, _box(b"avcC", record))


def _mp4a() -> bytes:
    specific = _descriptor(5, AAC_LC_16K_MONO)
    decoder = _descriptor(4, b"\x40\x15", bytes(3), bytes(8), specific)  # AAC, audio stream; rates not said
    stream = _descriptor(3, struct.pack(">HB", AUDIO_TRACK, 0), decoder, _descriptor(6, b"\2"))
    about = struct.pack(">4HI", 1, 16, 0, 0, AUDIO_SCALE << 16)
    return _box(b"mp4a", bytes(6), struct.pack(">H", 1), bytes(8), about, _full(b"esds", 0, 0, stream))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes((tag, len(body))) + body


def _extends(track: int) -> bytes:
    return _full(b"trex", 0, 0, struct.pack(">5I", track, 1, 0, 0, 0))


# -------------------------------------------------------------------- fragments
def fragment(number: int, video: Sequence[Sample], until: int, audio: Sequence[Sample] = ()) -> bytes:
    """moof and mdat. ``number`` rises from 1; ``until``: ns at which the last picture ends."""
    runs = [(VIDEO_TRACK, VIDEO_SCALE, video, _ticks(until, VIDEO_SCALE))]
    if audio:
        runs.append((AUDIO_TRACK, AUDIO_SCALE, audio, _ticks(audio[-1].at, AUDIO_SCALE) + AAC_SAMPLES))
    runs = [run for run in runs if run[2]]
    size, moof = 0, b""
    for _ in range(2):  # the offsets in it depend on its own size
        at, parts = size + 8, []
        for track, scale, samples, end in runs:
            parts.append(_traf(track, scale, samples, end, at))
            at += sum(len(sample.data) for sample in samples)
        moof = _box(b"moof", _full(b"mfhd", 0, 0, struct.pack(">I", number)), *parts)
        size = len(moof)
    return moof + _box(b"mdat", *(sample.data for _, _, samples, _ in runs for sample in samples))


def _traf(track: int, scale: int, samples: Sequence[Sample], end: int, offset: int) -> bytes:
    times = [_ticks(sample.at, scale) for sample in samples]
    rows = [
        struct.pack(">3I", max(1, following - at), len(sample.data), SYNC if sample.key else NO_SYNC)
        for sample, at, following in zip(samples, times, [*times[1:], end], strict=True)
    ]
    header = _full(b"tfhd", 0, 0x02_0000, struct.pack(">I", track))  # offsets count from the moof
    time = _full(b"tfdt", 1, 0, struct.pack(">Q", times[0]))
    run = _full(b"trun", 0, 0x0701, struct.pack(">2I", len(rows), offset), *rows)
    return _box(b"traf", header, time, run)


def _ticks(at: int, scale: int) -> int:
    return round(at * scale / NS)


def _box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I", 8 + sum(map(len, parts))) + kind + b"".join(parts)


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


# -------------------------------------------------------------------- read again
def span(moof: bytes) -> tuple[int, bool]:
    """Of the body of a moof as ``fragment`` writes it: ms of video in it, and whether it begins with a sync sample."""
    at = moof.find(b"trun")
    track = moof.find(b"tfhd")
    if at < 0 or int.from_bytes(moof[track + 8 : track + 12], "big") != VIDEO_TRACK:
        return 0, False
    count = int.from_bytes(moof[at + 8 : at + 12], "big")
    rows = struct.iter_unpack(">3I", moof[at + 16 : at + 16 + 12 * count])
    durations, _, flags = zip(*rows, strict=True)
    return round(sum(durations) * 1000 / VIDEO_SCALE), flags[0] == SYNC
