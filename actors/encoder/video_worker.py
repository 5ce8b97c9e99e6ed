"""Pictures to H.264, encoded once for all."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from actors.encoder.demand_worker import DemandWorker
from actors.encoder.h264 import PRESETS, SOFTWARE, H264Encoder, Shape
from actors.runtime.rings import RingReader
from actors.shared.media.shared_ring import MakeRing, SharedRing
from models.media import ring
from models.media.decimate import Decimator, RateMeter
from models.media.i420 import size_of
from models.media.quality import bitrate
from models.media.ring import Entry
from models.media.tier import VIDEO, Tier

NS = 1_000_000_000
GOP_NS = 2 * NS
FORCED_EVERY_NS = NS  # an IDR is 5–10 times a P picture: one bad client must not raise everyone's bit rate
RECORDS = 4
SLOTS = 256
LEAST_LARGEST = 500_000
SMOOTHING = 0.1
FAR_FEWER = 0.7  # of the wanted rate
SLOW_SHARE = 0.6  # of the time between two pictures
SLOW_AFTER = 30  # pictures


@dataclass(frozen=True, slots=True)
class VideoState:
    """A snapshot of the state that the actor publishes."""

    running: bool = False
    encoder: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    generation: int = 0
    target: int = 0  # bit/s


class VideoWorker(DemandWorker):
    def __init__(
        self,
        reader: RingReader,
        make_ring: MakeRing,
        next_generation: Callable[[], int],
        encoder_name: str,
        on_change: Callable[[VideoState], object],
        tier: Tier,
    ) -> None:
        super().__init__(f"h264 encoder {tier}", reader)
        self.quality = 60
        self.nominal_fps = 30
        self.source_fps = 0.0  # measured; 0: unknown
        self.told_fps = 0.0  # what players are told when the encoder is opened; 0: unknown
        self.fps = 0.0  # maximum per second; 0: every picture
        self.keyframe_wanted = False
        self.meter = RateMeter()
        self.encoded = 0
        self.dropped = 0
        self.ms = 0.0  # per picture, smoothed
        self.state = VideoState()
        self._next_generation = next_generation
        self.encoder_name = encoder_name
        self._preset = PRESETS[0]
        self._on_change = on_change
        self._encoder: H264Encoder | None = None
        self._ring = SharedRing(make_ring, tier.ring(VIDEO), RECORDS, SLOTS)
        self._decimator = Decimator()
        self._generation = 0
        self._target = 0
        self._broken = True
        self._last_sequence = 0
        self._last_key = 0
        self._last_pts = 0
        self._since_open = 0
        self._opened_with = 0.0

    def idle(self) -> None:
        self._last_sequence = 0
        if self._encoder is not None:
            self._encoder = None
            self._tell()
        if not self.own:
            self._ring.close()

    def begin_anew(self) -> None:
        self._encoder = None

    def take(self, entry: Entry) -> None:
        self._decimator.fps = self.fps
        if self._last_sequence and entry.sequence > self._last_sequence + 1:
            self.dropped += entry.sequence - self._last_sequence - 1
        self._last_sequence = entry.sequence
        if entry.pts <= self._last_pts or not self._decimator.wants(entry.pts):
            return
        self._last_pts = entry.pts
        encoder = self._right_encoder(entry)
        began = time.monotonic()
        unit = encoder.encode(np.frombuffer(entry.data, np.uint8), entry.pts, self._key_is_due(entry.pts))
        self._weigh((time.monotonic() - began) * 1000)
        if unit is None:
            return
        if unit.key:
            self._last_key = entry.pts
        self._put(unit.data, unit.key, entry)

    def _right_encoder(self, entry: Entry) -> H264Encoder:
        """The open encoder, or a new one (a new generation) if the shape of the picture has changed."""
        shape = Shape(entry.width, entry.height, self.nominal_fps, bool(entry.flags & ring.FULL_RANGE))
        target = bitrate(shape.width, shape.height, self._true_fps(), self.quality)
        if self._encoder is None or self._encoder.shape != shape or self._told_wrong():
            self._opened_with = self.told_fps
            self._encoder = H264Encoder(shape, target, self.encoder_name, self._preset, self.told_fps)
            self._generation = self._next_generation()
            self._broken, self._target, self._last_key, self._since_open = True, target, 0, 0
        elif target != self._target:
            self._encoder.set_target(target)
            self._target = target
            self._tell()
        return self._encoder

    def _told_wrong(self) -> bool:
        """Whether it was opened before the rate was known, and the rate is far lower than players were told."""
        return not self._opened_with and 0 < self.told_fps < FAR_FEWER * self.nominal_fps

    def _true_fps(self) -> float:
        return min(limit for limit in (self.fps, self.source_fps, float(self.nominal_fps)) if limit > 0)

    def _key_is_due(self, pts: int) -> bool:
        since = pts - self._last_key
        if self.keyframe_wanted and since >= FORCED_EVERY_NS:
            self.keyframe_wanted = False
            return True
        return since >= GOP_NS

    def _put(self, data: bytes, key: bool, entry: Entry) -> None:
        largest = max(LEAST_LARGEST, size_of(entry.width, entry.height) // 2)
        if len(data) > largest:
            self._broken = self.keyframe_wanted = True  # what follows would reference it
            self.dropped += 1
            return
        if not self.own:
            return  # the camera has taken over the ring meanwhile
        if self._ring.renewed(largest):
            self._broken = True
        if self._broken and not key:
            self.keyframe_wanted = True
            return
        flags = (ring.KEY | ring.PARAMETER_SETS if key else 0) | (ring.DISCONTINUITY if self._broken else 0)
        self._ring.put(
            data,
            entry.pts,
            entry.wall,
            flags=flags,
            width=entry.width,
            height=entry.height,
            format=ring.FORMAT_H264,
            spare=self._generation,
        )
        self.encoded += 1
        self.meter.add(time.monotonic(), len(data))
        if self._broken:
            self._broken = False
            self._tell()

    def _weigh(self, ms: float) -> None:
        """Switch to the faster preset permanently if this one takes too much of the available time."""
        self._since_open += 1
        self.ms += SMOOTHING * (ms - self.ms)
        slow = self.ms > SLOW_SHARE * 1000 / max(1.0, self.fps or self.nominal_fps)
        if slow and self._since_open > SLOW_AFTER and self._preset != PRESETS[-1] and self.encoder_name == SOFTWARE:
            self._preset = PRESETS[-1]
            self._encoder = None

    def _tell(self) -> None:
        encoder = self._encoder
        if encoder is None:
            self.state = VideoState(generation=self._generation)
        else:
            shape = encoder.shape
            self.state = VideoState(
                True, self.encoder_name, encoder.codec, shape.width, shape.height, self._generation, self._target
            )
        self.post(self._on_change, self.state)
