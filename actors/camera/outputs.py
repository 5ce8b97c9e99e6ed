"""The rings that the camera fills."""

from collections.abc import Callable

from actors.camera.source import SourceInfo, SourcePacket
from actors.shared.media.shared_ring import MakeRing, Ring, SharedRing
from config.clock import wall_of
from models.media import i420, ring
from models.media.decimate import Decimator
from models.media.h264_stream import H264Stream
from models.media.hevc import HevcStream
from models.media.privacy_mask import PrivacyMask
from models.media.sizes import Size
from models.media.sound_track import SoundTrack
from models.media.tier import FRAMES, Tier

FRAMES_KEPT = 4
JPEGS_KEPT = 2  # of the largest size; most are much smaller
JPEG_LARGEST_MIN = 500_000
UNITS_KEPT = 3  # of the largest size: 15 MB with overhead, a group of 20 s at 6 Mbit/s
UNIT_LARGEST = 3_000_000
UNIT_SLOTS = 1024
SLOTS = 64
SOUND_LARGEST = 32_768
SOUND_KEPT = 8
SOUND_SLOTS = 256


class FramesOutput:
    """Scaled, rotated I420 pictures of one tier, with the privacy mask applied before they can be read."""

    def __init__(self, make_ring: MakeRing, tier: Tier) -> None:
        self.privacy_mask = PrivacyMask()
        self._make_ring = make_ring
        self._name = tier.ring(FRAMES)
        self._ring: Ring | None = None
        self._decimator = Decimator()
        self._broken = True  # the next picture does not continue the previous one
        self._shape: tuple[Size, int] = ((0, 0), 0)

    def interrupt(self) -> None:
        self._broken = True

    def put(
        self, picture: i420.Picture, size: Size, rotation: int, fps: float, upright: int, whole: Size | None = None
    ) -> bool:
        """Write the picture, unless it exceeds ``fps``; True if it was written.

        ``rotation``: the total rotation; ``upright``: the part of it from the setting. ``whole``: the size of the same
        picture in the main tier, if this is the small one.
        """
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
            self._ring = self._make_ring(self._name, length, FRAMES_KEPT, SLOTS)
        flat = self._ring.ring.place(length)
        i420.write(picture, flat, *size, rotation)
        self.privacy_mask.paint(flat, width, height, upright)
        flags = (ring.FULL_RANGE if picture.full_range else 0) | (ring.DISCONTINUITY if self._broken else 0)
        flags |= ring.STAND_IN if picture.stand_in else 0
        spare = ring.packed_size(*whole) if whole else 0
        self._ring.ring.publish(
            length, picture.pts, wall_of(picture.pts), flags, width, height, ring.FORMAT_I420, spare
        )
        self._ring.ring_bell()
        self._broken = False
        return True


def frames_outputs(make_ring: MakeRing) -> dict[Tier, FramesOutput]:
    return {tier: FramesOutput(make_ring, tier) for tier in Tier}


class JpegPassthrough:
    """An MJPEG camera's own pictures, unchanged."""

    def __init__(self, make_ring: MakeRing, info: SourceInfo) -> None:
        self._ring = SharedRing(make_ring, "jpeg", JPEGS_KEPT, SLOTS)
        self._size = info.size
        self._largest = max(JPEG_LARGEST_MIN, i420.size_of(*info.size))
        self._broken = True

    def put(self, source_packet: SourcePacket) -> None:
        picture = source_packet.data
        self._largest = max(self._largest, len(picture) * 5 // 4)
        if self._ring.renewed(self._largest):
            self._broken = True
        width, height = self._size
        flags = ring.DISCONTINUITY if self._broken else 0
        about = {"flags": flags, "width": width, "height": height, "format": ring.FORMAT_JPEG}
        self._ring.put(picture, source_packet.pts, wall_of(source_packet.pts), **about)
        self._broken = False

    def close(self) -> None:
        self._ring.close()


class SoundOutput:
    """The encoded sound of the source's own connection, for the microphone."""

    def __init__(self, make_ring: MakeRing, track: SoundTrack) -> None:
        self._head = track.head()
        self._ring = make_ring("sound", SOUND_LARGEST, SOUND_KEPT, SOUND_SLOTS)

    def put(self, source_packet: SourcePacket) -> None:
        if len(self._head) + len(source_packet.data) <= SOUND_LARGEST:
            self._ring.put(
                self._head + source_packet.data,
                source_packet.pts,
                wall_of(source_packet.pts),
                format=ring.FORMAT_PACKET,
            )

    def close(self) -> None:
        self._ring.close()


class VideoPassthrough:
    """A camera's own access units, made uniform, in the ring ``video`` (H.264) or ``hevc`` (H.265)."""

    def __init__(self, make_ring: MakeRing, info: SourceInfo, extradata: bytes, next_generation: Callable[[], int]):
        hevc = info.codec == "hevc"
        self._ring = SharedRing(make_ring, "hevc" if hevc else "video", UNITS_KEPT, UNIT_SLOTS)
        self._format = ring.FORMAT_H265 if hevc else ring.FORMAT_H264
        self._stream = HevcStream(extradata) if hevc else H264Stream(extradata)
        self._size = info.size
        self._next_generation = next_generation
        self._generation = 0
        self._broken = True  # nothing is written until the next keyframe

    def put(self, source_packet: SourcePacket) -> None:
        unit, key = self._stream.unit(source_packet.data)
        if not unit or len(unit) > UNIT_LARGEST:
            self._broken = True
            return
        if self._ring.renewed(UNIT_LARGEST):
            self._broken = True
        flags = ring.KEY | ring.PARAMETER_SETS if key else 0
        if self._broken:
            if not flags:
                return
            self._generation = self._next_generation()
            flags |= ring.DISCONTINUITY
            self._broken = False
        width, height = self._size
        self._ring.put(
            unit,
            source_packet.pts,
            wall_of(source_packet.pts),
            flags=flags,
            width=width,
            height=height,
            format=self._format,
            spare=self._generation,
        )

    def close(self) -> None:
        self._ring.close()
