"""One H.264 encoder: pictures in, access units out, without delay."""

from dataclasses import dataclass
from fractions import Fraction

import av
import av.error
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from models.media import annexb
from models.media.i420 import size_of
from models.media.quality import bitrate

CLOCK_RATE = 90_000
NS_PER_TICK = Fraction(1_000_000_000, CLOCK_RATE)
SOFTWARE, HARDWARE = "libx264", "h264_v4l2m2m"
PRESETS = ("superfast", "ultrafast")  # the second one if the first takes too long
LEAST_BUFFER = 1_000_000  # bits
JPEG_RANGE, MPEG_RANGE = 2, 1  # AVCOL_RANGE_*


@dataclass(frozen=True, slots=True)
class Shape:
    """The parameters that cannot be changed while an encoder is open."""

    width: int
    height: int
    fps: int  # nominal; the true times are in the pts
    full_range: bool


@dataclass(frozen=True, slots=True)
class AccessUnit:
    data: bytes  # Annex-B, four-byte start codes
    key: bool  # an IDR, with SPS and PPS in front
    pts: int  # CLOCK_MONOTONIC ns


class H264Encoder:
    """``target`` may be changed at any time; everything else is in ``shape``.

    ``rate``: actual pictures per second, which players are told (H.264 annex E, VUI); 0: unknown.
    """

    def __init__(
        self, shape: Shape, target: int, name: str = SOFTWARE, preset: str = PRESETS[0], rate: float = 0.0
    ) -> None:
        self.shape = shape
        self.name = name
        self.codec = ""  # RFC 6381, from the first SPS
        self._sps: tuple[bytes, ...] = ()
        self._pps: tuple[bytes, ...] = ()
        context = av.CodecContext.create(name, "w")
        assert isinstance(context, av.VideoCodecContext)
        self._context = context
        context.width, context.height, context.pix_fmt = shape.width, shape.height, "yuv420p"
        context.time_base = Fraction(1, CLOCK_RATE)
        context.framerate = Fraction(max(1, min(round(rate), shape.fps)) if rate else shape.fps, 1)
        context.color_range = JPEG_RANGE if shape.full_range else MPEG_RANGE
        context.gop_size = shape.fps * 10  # IDRs are requested by time, not by count
        context.max_b_frames = 0
        # x264 can change the bit rate while running only with constant bit rate, and not above the maximum it was
        # opened with. So it is opened with the highest rate for this size, which is lowered before the first picture.
        most = bitrate(shape.width, shape.height, shape.fps, 100)
        context.bit_rate = most
        if name == SOFTWARE:
            context.thread_count = 1  # more would split each picture into several slices
            context.options = {
                "preset": preset,
                "tune": "zerolatency",
                "profile": "main",
                "forced-idr": "1",
                "maxrate": str(most),
                "bufsize": str(max(target, LEAST_BUFFER)),
            }
        context.open()
        context.bit_rate = target

    def set_target(self, target: int) -> None:
        """Bits per second, from the next picture on."""
        self._context.bit_rate = target

    def encode(self, flat: NDArray[np.uint8], pts: int, key: bool) -> AccessUnit | None:
        """``flat``: an I420 picture of the shape's size; ``pts`` in ns, rising. None: nothing came out yet."""
        frame = av.VideoFrame.from_numpy_buffer(flat.reshape(-1, self.shape.width), format="yuv420p")
        frame.pts = round(pts / NS_PER_TICK)
        frame.time_base = Fraction(1, CLOCK_RATE)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        packets = self._context.encode(frame)
        if not packets:
            return None
        return self._unit(b"".join(bytes(packet) for packet in packets), pts)

    def _unit(self, stream: bytes, pts: int) -> AccessUnit:
        sps, pps = annexb.parameter_sets(stream)
        if sps and sps != self._sps:
            parsed = annexb.parse_sps(sps[0])
            self.codec = parsed.codec if parsed else ""
        self._sps, self._pps = sps or self._sps, pps or self._pps
        return AccessUnit(annexb.access_unit(stream, self._sps, self._pps), annexb.has_idr(stream), pts)


def works(name: str) -> bool:
    """Whether this encoder works on this device, which only a trial can show."""
    shape = Shape(640, 480, 30, full_range=False)
    try:
        encoder = H264Encoder(shape, 1_000_000, name)
        grey = np.full(size_of(640, 480), 128, np.uint8)
        return any(encoder.encode(grey, number * 33_000_000, key=number == 0) for number in range(4))
    except (av.error.FFmpegError, OSError, ValueError):
        return False


def best_encoder() -> str:
    """The hardware encoder if it works, otherwise x264."""
    return HARDWARE if works(HARDWARE) else SOFTWARE
