"""Short clips for the stand-in cameras, encoded here: access units with their times, as an encoder leaves them."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np

from models.media import test_picture
from models.media.i420 import size_of

RATE = 25
NOISES = 7  # different ones
NAMES = {"libx264": "h264", "libx265": "hevc", "mjpeg": "mjpeg", "mpeg4": "mpeg4"}
GLOBAL_HEADER = 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER


@dataclass(frozen=True)
class Unit:
    data: bytes  # Annex-B, or the whole frame
    pts: float  # seconds
    dts: float
    key: bool


@dataclass(frozen=True)
class Clip:
    codec: str
    units: tuple[Unit, ...]
    extradata: bytes = b""

    @property
    def seconds(self) -> float:
        return len(self.units) / RATE


@cache
def clip(
    codec: str = "libx264", pictures: int = 50, size: tuple[int, int] = (160, 120), noise: float = 0, **options: str
) -> Clip:
    """``options`` of the encoder; "_" in a name stands for "-". By default no B-frames and a key each second.

    ``noise``: its standard deviation, of 255.
    """
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.time_base = *size, Fraction(1, RATE)
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.framerate = Fraction(RATE)
    context.thread_count = 1
    x26x = {"preset": "ultrafast", "bf": "0", "g": "25"} if codec.startswith("libx26") else {}
    chosen = x26x | {name.replace("_", "-"): value for name, value in options.items()}
    if codec == "libx265":
        chosen["x265-params"] = f"log-level=none:bframes={chosen['bf']}:keyint={chosen['g']}:repeat-headers=1"
    context.options = chosen
    if codec == "mpeg4":
        context.gop_size, context.max_b_frames = RATE, 0
        context.flags |= GLOBAL_HEADER
    packets = []
    grain = np.random.default_rng(1).normal(0, noise, (NOISES, size_of(*size))).astype(np.int16) if noise else ()
    for number in range(pictures):
        flat = np.empty(size_of(*size), np.uint8)
        test_picture.draw(flat, *size, number, number * 10**9 // RATE)
        if noise:
            flat = np.clip(flat + grain[number % NOISES], 0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_numpy_buffer(flat.reshape(-1, size[0]), context.pix_fmt)
        frame.pts, frame.time_base = number, context.time_base
        packets += context.encode(frame)
    packets += context.encode(None)
    begin = packets[0].dts or 0
    units = [
        Unit(bytes(p), ((p.pts or 0) - begin) / RATE, ((p.dts or 0) - begin) / RATE, p.is_keyframe) for p in packets
    ]
    return Clip(
        {"libx264": "h264", "libx265": "hevc", "mjpeg": "mjpeg", "mpeg4": "mpeg4"}[codec],
        tuple(units),
        bytes(context.extradata or b""),
    )
