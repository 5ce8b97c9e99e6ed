"""Pictures to JPEG, in a separate thread so that it never delays the video."""

import numpy as np

from actors.encoder.demand_worker import DemandWorker
from actors.runtime.rings import RingReader
from actors.shared.media import jpeg
from actors.shared.media.shared_ring import MakeRing, SharedRing
from models.media import ring
from models.media.decimate import Decimator
from models.media.i420 import size_of
from models.media.ring import Entry
from models.media.tier import JPEG, Tier

RECORDS = 2  # of the largest size; most pictures are a tenth of it
SLOTS = 64
LEAST_LARGEST = 256_000
FALLBACK_QUALITY = 50  # for a picture that does not fit: noise at quality 100


class JpegWorker(DemandWorker):
    def __init__(self, reader: RingReader, make_ring: MakeRing, tier: Tier) -> None:
        super().__init__(f"jpeg encoder {tier}", reader)
        self.quality = 85
        self.fps = 0.0  # maximum per second; 0: every picture
        self._ring = SharedRing(make_ring, tier.ring(JPEG), RECORDS, SLOTS)
        self._decimator = Decimator()
        self._broken = True

    def idle(self) -> None:
        self._broken = True
        if not self.own:
            self._ring.close()

    def begin_anew(self) -> None:
        self._broken = True

    def take(self, entry: Entry) -> None:
        self._decimator.fps = self.fps
        if not self._decimator.wants(entry.pts):
            return
        flat = np.frombuffer(entry.data, np.uint8)
        full_range = bool(entry.flags & ring.FULL_RANGE)
        largest = max(LEAST_LARGEST, size_of(entry.width, entry.height))
        data = jpeg.encode(flat, entry.width, entry.height, self.quality, full_range)
        if len(data) > largest:
            data = jpeg.encode(flat, entry.width, entry.height, FALLBACK_QUALITY, full_range)
        if not self.own:
            return  # the camera has taken over the ring meanwhile
        if self._ring.renewed(largest):
            self._broken = True
        flags = ring.DISCONTINUITY if self._broken or entry.flags & ring.DISCONTINUITY else 0
        about = {"flags": flags, "width": entry.width, "height": entry.height, "format": ring.FORMAT_JPEG}
        self._ring.put(data, entry.pts, entry.wall, **about)
        self._broken = False
