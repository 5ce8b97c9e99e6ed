"""Pictures and sound for the mock server: a few seconds of a moving scene, encoded once."""

import base64
import functools
import io
import math
import struct
from fractions import Fraction

import av
import numpy as np

WIDTH, HEIGHT, FPS, PICTURES = 640, 360, 15, 30
CODEC = "avc1.42C01E"


def scene(index: int) -> np.ndarray:
    """RGB: a soft room, and something that walks through it."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[..., 0] = 60 + 50 * y / HEIGHT
    picture[..., 1] = 78 + 40 * y / HEIGHT + 10 * np.sin(x / 40)
    picture[..., 2] = 96 + 30 * x / WIDTH
    picture[250:, :] = picture[250:, :] * 0.7
    left = 60 + int(440 * index / PICTURES)
    picture[120:310, left : left + 60] = (196, 164, 132)
    picture[90:125, left + 15 : left + 45] = (222, 190, 160)
    return picture


@functools.cache
def access_units() -> tuple[bytes, ...]:
    """One GOP in Annex-B; the first is an IDR with its parameter sets."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt, codec.framerate = WIDTH, HEIGHT, "yuv420p", FPS
    codec.time_base = Fraction(1, FPS)
    codec.options = {"profile": "baseline", "tune": "zerolatency", "preset": "ultrafast", "g": str(PICTURES)}
    units = []
    for index in range(PICTURES):
        frame = av.VideoFrame.from_ndarray(scene(index), format="rgb24")
        frame.pts = index
        units += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(units + [bytes(packet) for packet in codec.encode(None)])


@functools.cache
def jpegs() -> tuple[bytes, ...]:
    return tuple(_jpeg(scene(index)) for index in range(PICTURES))


def _jpeg(picture: np.ndarray) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], "yuvj420p"
        for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return out.getvalue()


@functools.cache
def tone_chunk() -> str:
    """40 ms of 440 Hz at about −20 dBFS: base64 of s16le mono 16 kHz."""
    samples = (round(4600 * math.sin(2 * math.pi * 450 * n / 16000)) for n in range(640))
    return base64.b64encode(b"".join(struct.pack("<h", sample) for sample in samples)).decode()
