"""From packets to pictures, only while somebody wants pictures.

For a codec with references, the packets since the last keyframe are kept, so that the first picture is available as
soon as somebody watches, and not only at the camera's next keyframe.
"""

import time
from collections.abc import Iterator

import av
import av.error
import numpy as np

from actors.camera.deinterlacer import Deinterlacer
from actors.camera.source import SourceInfo, SourcePacket
from actors.shared.media.container import SourceError
from models.media import annexb
from models.media.i420 import Picture, Plane
from models.media.sizes import Size

KEPT_PACKETS = 1000  # 30 s at 30 per second
KEPT_BYTES = 24_000_000
LONG_GROUP = 50  # packets
GARBAGE_IN_A_ROW = 100  # packets that could not be decoded; then the source is unusable
HURRY_FOR_S = 4.0
BUSY_SHARE = 0.9  # of the time between packets that decoding may take
SMOOTHING = 0.02
PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"})
JPEG_RANGE = 2  # AVCOL_RANGE_JPEG
NS = 1_000_000_000


def picture_of(frame: av.VideoFrame, pts: int) -> Picture:
    """The planes of a decoded frame, cropped to even sides, without copying if the format is planar."""
    if frame.format.name not in PLANAR:
        frame = frame.reformat(format="yuv420p")
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    step_x = 1 if "444" in frame.format.name else 2
    step_y = 2 if "420" in frame.format.name else 1
    y = _plane(frame.planes[0], width, height)
    u, v = (_plane(frame.planes[i], width // step_x, height // step_y) for i in (1, 2))
    full_range = frame.format.name.startswith("yuvj") or int(frame.color_range) == JPEG_RANGE
    return Picture(y, u, v, pts, full_range)


def _plane(plane: av.video.plane.VideoPlane, width: int, height: int) -> Plane:
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height].reshape(
        plane.height, plane.line_size
    )
    return rows[:height, :width]


class Decoder:
    def __init__(self, info: SourceInfo, context: av.VideoCodecContext | None) -> None:
        self._info = info
        self._context = context
        self._kept: list[SourcePacket] = []
        self._kept_bytes = 0
        self._newest_key = 0  # where it is in ``_kept``
        self._running = False  # the decoder has got the last keyframe and everything since
        self.long_groups = False  # so that it takes long to begin in the middle of one
        self._garbage = 0
        self._share = 0.0
        self._hurry_until = 0.0
        self._fields = Deinterlacer()
        self.size: Size | None = None  # of the last picture, as coded

    @property
    def too_slow(self) -> bool:
        """Pictures are being skipped because decoding takes longer than they last."""
        return time.monotonic() < self._hurry_until

    def skip(self, source_packet: SourcePacket) -> None:
        """A packet whose picture nobody wants now."""
        if self._info.intra:
            return
        self._running = False
        if source_packet.key:
            self._forget_before(source_packet)
        elif not self._kept:
            return  # incomplete: useless until the next keyframe
        self._kept.append(source_packet)
        self._kept_bytes += len(source_packet.data)
        self.long_groups = self.long_groups or len(self._kept) > LONG_GROUP
        if len(self._kept) > KEPT_PACKETS or self._kept_bytes > KEPT_BYTES:
            self._kept = []
            self._kept_bytes = self._newest_key = 0

    def _forget_before(self, key: SourcePacket) -> None:
        """Drop what is not needed to show the pictures from now on.

        After a recovery point, pictures are complete only when everything has been refreshed once, so one more is kept.
        """
        refreshed = self._info.codec == "h264" and annexb.begins_without_idr(key.data)
        self._kept = self._kept[self._newest_key :] if refreshed else []
        self._newest_key = len(self._kept)
        self._kept_bytes = sum(len(source_packet.data) for source_packet in self._kept)

    def pictures(self, source_packet: SourcePacket) -> Iterator[Picture]:
        """The pictures from this packet: usually one, more after a pause, none at first.

        Raises:
            SourceError: the source delivers garbage.
        """
        if source_packet.draw is not None:
            yield source_packet.draw()
            return
        if self._info.intra:
            for frame in self._decode(source_packet):
                yield from self._whole(frame)
            return
        if not self._running:
            yield from self._catch_up()
        if source_packet.restart:
            yield from self._flush()
        for frame in self._decode(source_packet):
            yield from self._whole(frame)
        self._remember_key(source_packet)

    def _remember_key(self, source_packet: SourcePacket) -> None:
        """While running, packets are still kept, so that no new keyframe is needed after a pause."""
        running = self._running
        self.skip(source_packet)
        self._running = running

    def _catch_up(self) -> Iterator[Picture]:
        """Decode what was kept; only the last picture is needed."""
        self._running = True
        assert self._context is not None
        self._context.flush_buffers()
        last: av.VideoFrame | None = None
        for source_packet in self._kept:
            for frame in self._decode(source_packet):
                last = frame
        if last is not None:
            yield from self._whole(last)

    def _flush(self) -> Iterator[Picture]:
        assert self._context is not None
        try:
            frames = self._context.decode(None)
        except av.error.FFmpegError:
            frames = []
        for frame in frames:
            if frame.pts is not None:
                yield from self._whole(frame)
        self._context.flush_buffers()

    def _decode(self, source_packet: SourcePacket) -> Iterator[av.VideoFrame]:
        assert self._context is not None
        packet = av.Packet(source_packet.data)
        packet.pts = source_packet.pts if source_packet.stamped else None
        began = time.monotonic()
        self._context.skip_frame = "NONKEY" if began < self._hurry_until and not self._info.intra else "DEFAULT"
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError:
            self._garbage += 1
            if self._garbage >= GARBAGE_IN_A_ROW:
                raise SourceError(f"{self._info.title} delivers pictures that cannot be decoded") from None
            return
        if frames:
            self._garbage = 0
        for frame in frames:
            if frame.pts is None:
                frame.pts = source_packet.pts
            yield frame
        self._weigh(time.monotonic() - began)

    def _whole(self, frame: av.VideoFrame) -> Iterator[Picture]:
        self.size = (frame.width, frame.height)
        for one in self._fields.pictures(frame) if frame.interlaced_frame else (frame,):
            if one.pts is not None:
                yield picture_of(one, one.pts)

    def _weigh(self, spent_s: float) -> None:
        """Compare the time for decoding and processing the picture with the time available."""
        self._share += SMOOTHING * (spent_s * self._info.fps - self._share)
        if self._share > BUSY_SHARE and not self._info.intra:
            self._hurry_until = time.monotonic() + HURRY_FOR_S
            self._share = 0.0
