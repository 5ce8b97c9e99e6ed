"""The rings that the camera fills."""

from collections.abc import Callable
from typing import Protocol

from actors.camera.source import Shot, SourceInfo
from actors.media.clock import wall_of
from actors.media.jpeg import STANDARD_TABLES
from models.media import annexb, i420, ring
from models.media.decimate import Decimator
from models.media.jpeg import whole
from models.media.sizes import Size

FRAMES_KEPT = 4
JPEGS_KEPT = 8
JPEG_LARGEST = 4_000_000
UNITS_KEPT = 8  # of the largest size; the usual ones are much smaller
UNIT_LARGEST = 2_000_000
UNIT_SLOTS = 256
SLOTS = 64


class Ring(Protocol):
    """What is used of ``actors.runtime.rings.RingWriter``."""

    ring: ring.Writer

    @property
    def largest(self) -> int: ...
    def put(self, data: bytes | memoryview, pts: int, wall: int, **about: int) -> int: ...
    def ring_bell(self) -> None: ...
    def close(self) -> None: ...


MakeRing = Callable[[str, int, int, int], Ring]  # name, largest, records, slots


class FramesOutput:
    """Scaled, turned I420 pictures."""

    def __init__(self, make_ring: MakeRing) -> None:
        self._make_ring = make_ring
        self._ring: Ring | None = None
        self._decimator = Decimator()
        self._broken = True  # the next picture does not continue the one before
        self._shape: tuple[Size, int] = ((0, 0), 0)

    def interrupt(self) -> None:
        self._broken = True

    def put(self, picture: i420.Picture, size: Size, rotation: int, fps: float) -> bool:
        """Write the picture, unless it is one too many for ``fps``; True if it was written."""
        self._decimator.fps = fps
        if not self._decimator.wants(picture.pts):
            return False
        if (size, rotation) != self._shape:
            self._shape, self._broken = (size, rotation), True
        width, height = i420.turned(*size, rotation)
        length = i420.size_of(width, height)
        if self._ring is None or self._ring.largest < length:
            if self._ring is not None:
                self._ring.close()
            self._ring = self._make_ring("frames", length, FRAMES_KEPT, SLOTS)
        i420.write(picture, self._ring.ring.place(length), *size, rotation)
        flags = (ring.FULL_RANGE if picture.full_range else 0) | (ring.DISCONTINUITY if self._broken else 0)
        self._ring.ring.publish(length, picture.pts, wall_of(picture.pts), flags, width, height, ring.FORMAT_I420)
        self._ring.ring_bell()
        self._broken = False
        return True


class JpegPassthrough:
    """An MJPEG camera's own pictures, untouched."""

    def __init__(self, make_ring: MakeRing, info: SourceInfo) -> None:
        self._ring = make_ring("jpeg", JPEG_LARGEST, JPEGS_KEPT, SLOTS)
        self._size = info.size
        self._broken = True

    def put(self, shot: Shot) -> None:
        picture = whole(shot.data, STANDARD_TABLES)
        if not picture or len(picture) > JPEG_LARGEST:
            return
        width, height = self._size
        flags = ring.DISCONTINUITY if self._broken else 0
        about = {"flags": flags, "width": width, "height": height, "format": ring.FORMAT_JPEG}
        self._ring.put(picture, shot.pts, wall_of(shot.pts), **about)
        self._broken = False

    def close(self) -> None:
        self._ring.close()


class VideoPassthrough:
    """An H.264 camera's own access units, made uniform: Annex-B, parameter sets before each IDR."""

    def __init__(self, make_ring: MakeRing, info: SourceInfo, extradata: bytes, next_generation: Callable[[], int]):
        self._ring = make_ring("video", UNIT_LARGEST, UNITS_KEPT, UNIT_SLOTS)
        self._size = info.size
        self._avcc = annexb.parse_avcc(extradata)
        sets = (self._avcc.sps, self._avcc.pps) if self._avcc else annexb.parameter_sets(extradata)
        self._sps, self._pps = sets
        self._next_generation = next_generation
        self._generation = 0
        self._broken = True  # nothing is written until the next IDR

    def interrupt(self) -> None:
        self._broken = True

    def put(self, shot: Shot) -> None:
        stream = annexb.from_avcc(shot.data, self._avcc.length_size) if self._avcc else shot.data
        idr = annexb.has_idr(stream)
        if idr:
            sps, pps = annexb.parameter_sets(stream)
            self._sps, self._pps = sps or self._sps, pps or self._pps
        unit = annexb.access_unit(stream, self._sps, self._pps)
        if not unit or len(unit) > UNIT_LARGEST:
            self._broken = True
            return
        flags = ring.KEY | ring.PARAMETER_SETS if idr and self._sps and self._pps else 0
        if self._broken:
            if not flags:
                return
            self._generation = self._next_generation()
            flags |= ring.DISCONTINUITY
            self._broken = False
        width, height = self._size
        self._ring.put(
            unit,
            shot.pts,
            wall_of(shot.pts),
            flags=flags,
            width=width,
            height=height,
            format=ring.FORMAT_H264,
            spare=self._generation,
        )

    def close(self) -> None:
        self._ring.close()
