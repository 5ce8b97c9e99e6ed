"""Pictures of a V4L2 device by memory-mapped buffers, for pixel formats that FFmpeg does not request.

Numbers and layouts: linux/videodev2.h, on 64 bit.
"""

import errno
import fcntl
import mmap
import os
import select
import struct
from contextlib import suppress

import numpy as np

from actors.camera.v4l2 import BUF_TYPE_VIDEO_CAPTURE
from models.media.sizes import Size

VIDIOC_S_FMT, VIDIOC_S_PARM, VIDIOC_REQBUFS = 0xC0D05605, 0xC0CC5616, 0xC0145608
VIDIOC_QUERYBUF, VIDIOC_QBUF, VIDIOC_DQBUF = 0xC0585609, 0xC058560F, 0xC0585611
VIDIOC_STREAMON, VIDIOC_STREAMOFF = 0x40045612, 0x40045613
MEMORY_MMAP = 1
FLAG_ERROR, CLOCK_MASK, CLOCK_MONOTONIC = 0x40, 0xE000, 0x2000
BUFFERS = 4
NS, US = 1_000_000_000, 1_000
BITS = {"nv21": 12, "yvyu422": 16, "rgb24": 24, "bgr24": 24}  # per pixel, of what is read here
_FORMAT = struct.Struct("=I4xIIIIII176x")  # type, width, height, pixelformat, field, bytesperline, sizeimage
_BUFFER = struct.Struct("=IIIII4xqq16sIIQIII4x")


class Stream:
    """Open and running. Every method raises ``OSError`` if the device refuses."""

    def __init__(self, path: str, fourcc: str, pixels: str, size: Size, fps: float) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._maps: list[mmap.mmap] = []
        self._pixels = pixels
        try:
            self.size, self._row = self._choose(fourcc, size)
            self._pace(fps)
            self._begin()
        except BaseException:
            self.close()
            raise

    def _choose(self, fourcc: str, size: Size) -> tuple[Size, int]:
        """The actual size, and the bytes per row."""
        code = struct.unpack("<I", fourcc.encode("latin-1"))[0]
        answer = bytearray(_FORMAT.pack(BUF_TYPE_VIDEO_CAPTURE, *size, code, 1, 0, 0))
        fcntl.ioctl(self._descriptor, VIDIOC_S_FMT, answer)
        _, width, height, given, _, row, _ = _FORMAT.unpack(answer)
        if given != code or not width or not height:
            raise OSError(errno.EINVAL, "a format other than the one it offered")
        least = width * (8 if self._pixels == "nv21" else BITS[self._pixels]) // 8
        return (width, height), max(row, least)

    def _pace(self, fps: float) -> None:
        question = struct.pack("=IIIIIII", BUF_TYPE_VIDEO_CAPTURE, 0, 0, 1000, round(fps * 1000), 0, 0)
        with suppress(OSError):  # it has a fixed rate
            fcntl.ioctl(self._descriptor, VIDIOC_S_PARM, bytearray(question.ljust(204, b"\0")))

    def _begin(self) -> None:
        request = bytearray(struct.pack("=IIIII", BUFFERS, BUF_TYPE_VIDEO_CAPTURE, MEMORY_MMAP, 0, 0))
        fcntl.ioctl(self._descriptor, VIDIOC_REQBUFS, request)
        for index in range(struct.unpack_from("=I", request)[0]):
            buffer = self._ask(VIDIOC_QUERYBUF, index)
            offset, length = buffer[10], buffer[11]
            self._maps.append(mmap.mmap(self._descriptor, length, offset=offset))
            self._ask(VIDIOC_QBUF, index)
        fcntl.ioctl(self._descriptor, VIDIOC_STREAMON, struct.pack("=I", BUF_TYPE_VIDEO_CAPTURE))

    def _ask(self, request: int, index: int) -> tuple[int, ...]:
        question = _BUFFER.pack(index, BUF_TYPE_VIDEO_CAPTURE, 0, 0, 0, 0, 0, b"", 0, MEMORY_MMAP, 0, 0, 0, 0)
        answer = bytearray(question)
        fcntl.ioctl(self._descriptor, request, answer)
        return _BUFFER.unpack(answer)

    def read(self, timeout_s: float) -> tuple[bytes, int] | None:
        """(picture without padding, CLOCK_MONOTONIC ns of its capture or 0); None if none arrived completely."""
        if not select.select([self._descriptor], [], [], timeout_s)[0]:
            return None
        try:
            buffer = self._ask(VIDIOC_DQBUF, 0)
        except BlockingIOError:
            return None
        index, used, flags, seconds, microseconds = buffer[0], buffer[2], buffer[3], buffer[5], buffer[6]
        try:
            data = None if flags & FLAG_ERROR else self._packed(self._maps[index][:used])
        finally:
            self._ask(VIDIOC_QBUF, index)
        stamp = seconds * NS + microseconds * US if flags & CLOCK_MASK == CLOCK_MONOTONIC else 0
        return (data, stamp) if data is not None else None

    def _packed(self, data: bytes) -> bytes | None:
        width, height = self.size
        rows = height * 3 // 2 if self._pixels == "nv21" else height
        row = width if self._pixels == "nv21" else width * BITS[self._pixels] // 8
        if len(data) < self._row * (rows - 1) + row:
            return None
        if row == self._row:
            return data[: row * rows]
        padded = np.frombuffer(data.ljust(self._row * rows, b"\0"), np.uint8)[: self._row * rows]
        return padded.reshape(rows, self._row)[:, :row].tobytes()

    def close(self) -> None:
        with suppress(OSError):
            fcntl.ioctl(self._descriptor, VIDIOC_STREAMOFF, struct.pack("=I", BUF_TYPE_VIDEO_CAPTURE))
        for one in self._maps:
            one.close()
        os.close(self._descriptor)
