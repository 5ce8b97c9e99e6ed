"""Measures a stream that the camera passes through and that is not encoded here."""

from actors.encoder.demand_worker import DemandWorker
from actors.runtime.rings import RingReader
from models.media import annexb
from models.media.decimate import RateMeter
from models.media.ring import Entry

NS = 1_000_000_000


class PassthroughFollower(DemandWorker):
    """Reads ``video`` like any consumer, and keeps statistics."""

    newest_wins = False

    def __init__(self, reader: RingReader) -> None:
        super().__init__("h264 pass-through", reader)
        self.meter = RateMeter()
        self.codec = ""
        self.size = (0, 0)
        self.generation = 0
        self.units = 0

    def idle(self) -> None:
        """Nothing to release."""

    def take(self, entry: Entry) -> None:
        self.meter.add(entry.pts / NS, len(entry.data))  # entries already in the ring arrived earlier
        self.units += 1
        self.generation = entry.spare
        self.size = (entry.width, entry.height)
        if entry.key:
            sps, _ = annexb.parameter_sets(entry.data)
            parsed = annexb.parse_sps(sps[0]) if sps else None
            self.codec = parsed.codec if parsed else ""
