"""Sound for RTSP and clips, encoded once for all."""

from collections.abc import Callable

import numpy as np

from actors.encoder.demand_worker import DemandWorker
from actors.runtime.rings import RingReader, RingWriter
from actors.shared.media.audio_encoder import AudioEncoder
from config.clock import wall_of
from models.media import ring
from models.media.ring import Entry

LARGEST = 4096
RECORDS = 32
SLOTS = 256


class AudioWorker(DemandWorker):
    newest_wins = False

    def __init__(self, reader: RingReader, make_ring: Callable[[str, int, int, int], RingWriter], codec: str) -> None:
        super().__init__("audio encoder", reader)
        self._make_ring = make_ring
        self._codec = codec
        self._encoder: AudioEncoder | None = None
        self._ring: RingWriter | None = None
        self._broken = True

    def idle(self) -> None:
        self._encoder = None

    def take(self, entry: Entry) -> None:
        if self._encoder is None or not self._encoder.continues(entry.pts):
            self._encoder = AudioEncoder(self._codec)
            self._broken = True
        if self._ring is None:
            self._ring = self._make_ring("audio", LARGEST, RECORDS, SLOTS)
        for frame in self._encoder.feed(np.frombuffer(entry.data, np.int16), entry.pts):
            flags = ring.DISCONTINUITY if self._broken else 0
            about = {"flags": flags, "format": self._encoder.codec.ring_format}
            self._ring.put(frame.data, frame.pts, wall_of(frame.pts), **about)
            self._broken = False
