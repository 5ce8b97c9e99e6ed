"""What the camera passes through, looked at from outside: the view of a stream that is not encoded here."""

from actors.encoder.demand_worker import DemandWorker
from actors.runtime.rings import RingReader
from models.media import annexb
from models.media.decimate import RateMeter
from models.media.ring import Entry

NS = 1_000_000_000


class PassthroughFollower(DemandWorker):
    """Reads ``video`` as any consumer does, and keeps the figures."""

    newest_wins = False

    def __init__(self, reader: RingReader) -> None:
        super().__init__("h264 pass-through", reader)
        self.meter = RateMeter()
        self.codec = ""
        self.size = (0, 0)
        self.generation = 0
        self.units = 0

    def rest(self) -> None:
        """Nothing to give back."""

    def take(self, entry: Entry) -> None:
        self.meter.add(entry.pts / NS, len(entry.data))  # what lay in the ring came earlier
        self.units += 1
        self.generation = entry.spare
        self.size = (entry.width, entry.height)
        if entry.key:
            sps, _ = annexb.parameter_sets(entry.data)
            parsed = annexb.parse_sps(sps[0]) if sps else None
            self.codec = parsed.codec if parsed else ""
