"""One open source and its outputs, until it ends or the settings need another one."""

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from actors.camera.decoder import GARBAGE_IN_A_ROW, Decoder
from actors.camera.outputs import FramesOutput, JpegPassthrough, SoundOutput, VideoPassthrough
from actors.camera.source import MODAL, Source, SourcePacket
from actors.shared.media.container import SourceError
from actors.shared.media.jpeg import STANDARD_TABLES
from actors.shared.media.shared_ring import MakeRing
from models.media import annexb, sizes
from models.media.decimate import NS, Decimator, RateMeter
from models.media.i420 import Picture, turned
from models.media.jpeg import jpeg_size, whole
from models.media.sizes import Size
from models.media.stall_detector import StallDetector
from models.media.tier import FRAMES, SubTierRequest, Tier

SAMPLED_BYTES = 65_536  # of a packet, compared with the last one
REORDERED_NS = 1_000_000  # anything less is the drift correction of the clock
OWN_RINGS = {"h264": "video", "hevc": "hevc"}  # of packets that are passed through
SMALL = Tier.SUB.ring(FRAMES)
LINGER_S = 30.0  # of long groups decoding goes on so long: many ask for a picture every ten seconds
AS_FAST = 0.95  # a requested rate above this share of the source's means every picture


def fingerprint(data: bytes) -> int:
    """Equal for equal packets, cheap for large ones."""
    step = len(data) // SAMPLED_BYTES + 1
    return zlib.crc32(data[::step] if step > 1 else data)


def coded_size(codec: str, source_packet: SourcePacket) -> Size | None:
    """The size of the pictures from this packet on, if it contains it."""
    if codec == "mjpeg":
        return jpeg_size(source_packet.data)
    if codec != "h264" or not source_packet.key:
        return None
    sps, _ = annexb.parameter_sets(source_packet.data)
    parsed = annexb.parse_sps(sps[0]) if sps else None
    return (parsed.width, parsed.height) if parsed else None


class OpenSource:
    def __init__(
        self,
        source: Source,
        frames: Mapping[Tier, FramesOutput],
        make_ring: MakeRing,
        next_generation: Callable[[], int],
        stall: StallDetector,
    ) -> None:
        self.source = source
        self.info = source.info
        self.decoder = Decoder(source.info, source.codec_context())
        self.meter = RateMeter()
        self.shots = 0
        self._frames, self._small = frames[Tier.MAIN], frames[Tier.SUB]
        self._make_ring = make_ring
        self._next_generation = next_generation
        self._jpeg: JpegPassthrough | None = None
        self._video: VideoPassthrough | None = None
        self._sound: SoundOutput | None = None
        self._newest = 0  # pts
        self._damaged = 0  # pictures in a row
        self._looked_at = float("-inf")  # when somebody last wanted pictures
        self._stall = stall
        self._stall.opened(time.monotonic())
        self._counted, self._small_counted = Decimator(), Decimator()
        self._seen = False  # whether decoded pictures were counted last
        self.interrupt()

    def size(self, wanted: Size | None) -> Size:
        """The size of the pictures for a requested size."""
        if self.info.kind in MODAL:
            return (self.info.size[0] // 2 * 2, self.info.size[1] // 2 * 2)
        return sizes.choose(wanted, self.info.sizes)

    def fps(self, wanted: int) -> float:
        """0: every picture."""
        return 0.0 if wanted >= self.info.fps * AS_FAST else float(wanted)

    def passthrough(self, wanted: Size | None, fps: int, rotation: int) -> tuple[str, ...]:
        """Rings that the source's own packets may fill."""
        if self._frames.privacy_mask.on or rotation or not self.info.live:
            return ()
        if not self.info.shape.plain or self.size(wanted) != self.info.size:
            return ()
        if self.info.codec == "mjpeg":
            return ("jpeg",)
        begins = not self.info.reordered and not self.info.without_idr  # viewers can start with it and show it at once
        fits = self.info.codec in OWN_RINGS and begins and self.fps(fps) == 0
        return (OWN_RINGS[self.info.codec],) if fits else ()

    def interrupt(self) -> None:
        """What comes next does not continue what came before."""
        self._frames.interrupt()
        self._small.interrupt()

    def take(
        self,
        source_packet: SourcePacket,
        demand: frozenset[str],
        wanted: Size | None,
        fps: int,
        rotation: int,
        sub: SubTierRequest = SubTierRequest(),  # noqa: B008 (frozen)
    ) -> None:
        """Pass one packet on to those who want it.

        Raises:
            SourceError: the source delivers garbage, or always the same picture.
        """
        if source_packet.sound:
            self._take_sound(source_packet, demand)
            return
        if self.info.codec == "mjpeg" and self.info.live:
            jpeg = whole(source_packet.data, STANDARD_TABLES)
            if not jpeg:
                return self._left_out()
            self._damaged = 0
            source_packet = replace(source_packet, data=jpeg)
        self._note_size(coded_size(self.info.codec, source_packet))
        now = time.monotonic()
        self._note_order(source_packet)
        self._stall.seen(now, fingerprint(source_packet.data) if self.info.live and source_packet.data else None)
        if verdict := self._stall.verdict(now):
            raise SourceError(f"{self.info.title} gives {verdict}")
        self.shots += 1
        own = self.passthrough(wanted, fps, rotation)
        thinned = self.fps(fps)
        self._counted.fps = thinned
        wanted_now = self._counted.wants(source_packet.pts)
        if self.info.intra and not wanted_now:
            return
        seen = FRAMES in demand and not self.info.intra  # then decoded pictures are counted
        if wanted_now and not seen:
            self.meter.add(source_packet.pts / NS)
            self._seen = False
        self._pass_through(source_packet, demand, own)
        large, small = FRAMES in demand, SMALL in demand
        if not large:
            self._frames.interrupt()
        if not small:
            self._small.interrupt()
        elif self.info.intra:  # skipped pictures are not even decoded
            self._small_counted.fps = sub.fps
            small = self._small_counted.wants(source_packet.pts)
        if large or small:
            self._looked_at = now
        elif not self.decoder.long_groups or now - self._looked_at > LINGER_S:
            self.decoder.skip(source_packet)
            return
        for picture in self.decoder.pictures(source_packet):
            self._note_size(self.decoder.size)
            size = self.size(wanted)
            place = self.info.shape.place(size, rotation)
            if large:
                written = self._frames.put(picture, *place, thinned if not self.info.intra else 0.0, rotation)
                if written and seen:
                    self._count(picture)
            if small:
                smaller = self.info.shape.place(sizes.fitted(size, sub.box), rotation)
                rate = sub.fps if not self.info.intra else 0.0
                self._small.put(picture, *smaller, rate, rotation, whole=turned(*place[0], place[1]))

    def _count(self, picture: Picture) -> None:
        if not self._seen:
            self.meter.forget_from(picture.pts / NS)  # decoded from the last keyframe on: already counted
            self._seen = True
        self.meter.add(picture.pts / NS)

    def _note_order(self, source_packet: SourcePacket) -> None:
        """Pictures that arrive in another order than they are shown must be sorted, and so re-encoded."""
        if source_packet.pts < self._newest - REORDERED_NS and not self.info.reordered and not self.info.intra:
            self.info = replace(self.info, reordered=True)
        self._newest = source_packet.pts
        if (
            source_packet.key
            and self.info.codec == "h264"
            and not self.info.without_idr
            and annexb.begins_without_idr(source_packet.data)
        ):
            self.info = replace(self.info, without_idr=True)

    def _note_size(self, size: Size | None) -> None:
        """Some cameras use another size at night."""
        if size is None or size == self.info.size or self.info.kind in MODAL:
            return
        self.info = replace(self.info, size=size)
        self.info = replace(self.info, sizes=sizes.ladder(self.info.shape.upright))
        self._close_passed()

    def _left_out(self) -> None:
        """An incomplete JPEG, or none at all."""
        self._damaged += 1
        if self._damaged >= GARBAGE_IN_A_ROW:
            raise SourceError(f"{self.info.title} delivers pictures that cannot be decoded")
        self.silent()

    def _take_sound(self, source_packet: SourcePacket, demand: frozenset[str]) -> None:
        track = self.source.sound
        if "sound" in demand and track is not None:
            self._sound = self._sound or SoundOutput(self._make_ring, track)
            self._sound.put(source_packet)
        elif self._sound is not None:
            self._sound.close()
            self._sound = None
        self.silent()

    def _pass_through(self, source_packet: SourcePacket, demand: frozenset[str], own: tuple[str, ...]) -> None:
        if "jpeg" not in own and self._jpeg is not None:
            self._jpeg.close()
            self._jpeg = None
        passed = OWN_RINGS.get(self.info.codec) in own
        if not passed and self._video is not None:
            self._video.close()
            self._video = None
        if "jpeg" in own and "jpeg" in demand:
            self._jpeg = self._jpeg or JpegPassthrough(self._make_ring, self.info)
            self._jpeg.put(source_packet)
        if passed:  # even while nobody watches: viewers start with the group of pictures in the ring
            if self._video is None:
                context = self.source.codec_context()
                extradata = bytes(context.extradata or b"") if context is not None else b""
                self._video = VideoPassthrough(self._make_ring, self.info, extradata, self._next_generation)
            self._video.put(source_packet)

    def silent(self) -> None:
        """Nothing arrived. Raises ``SourceError`` if that lasts."""
        if self.info.live and (verdict := self._stall.verdict(time.monotonic())):
            raise SourceError(f"{self.info.title} gives {verdict}")

    def still(self) -> Picture:
        """The next picture at its full size; raises ``SourceError``."""
        while True:
            source_packet = self.source.read()
            if source_packet is None or source_packet.sound:
                self.silent()
                continue
            if pictures := list(self.decoder.pictures(source_packet)):
                return pictures[-1]

    def _close_passed(self) -> None:
        for output in (self._jpeg, self._video):
            if output is not None:
                output.close()
        self._jpeg = self._video = None

    def close(self) -> None:
        self.interrupt()
        self._close_passed()
        if self._sound is not None:
            self._sound.close()
        self.source.close()
