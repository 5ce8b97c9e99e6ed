"""Which pictures of a stream a detector sees."""

from models.detect.detector import NS


class Pace:
    """Lets through at most ``rate`` samples a second, evenly, whatever the rate of the source."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._next: int | None = None

    def due(self, pts: int) -> bool:
        interval = int(NS / self.rate)
        if self._next is None or abs(pts - self._next) > 2 * interval:
            self._next = pts  # the first one, or the source was away, or its clock began anew
        # Up to a sixth early is on time, or the jitter of a 30 fps source would make 7.5 of 10 a second.
        if pts < self._next - interval // 6:
            return False
        self._next += interval
        return True
